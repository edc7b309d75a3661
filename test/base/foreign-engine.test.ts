// The same bits in another engine: base runs in QuickJS (compiled to WebAssembly) and in V8.
//
// Exact math, streams, entity draws, laws and digests are exactly what a run's fingerprint hangs
// on; an engine with its own number formatting, sorting and library functions must agree on all.

import { join } from "node:path";
import { buildSync } from "esbuild";
import { getQuickJS } from "quickjs-emscripten";
import { expect, it } from "vitest";

const SOURCE = `
import { RollingDigest } from "./rolling-digest.ts";
import { exp, ln, log1p, pow } from "./exact-math.ts";
import { EntityDraws } from "./entity-draws.ts";
import { entityHash } from "./hash-text.ts";
import { seededStream } from "./random-stream.ts";
import { lawFromSpec } from "./law-from-spec.ts";
import { sha256Hex } from "./sha256.ts";
import { WideInt } from "./wide-sum.ts";
import { formatDuration, parseDuration } from "./duration-text.ts";

const digest = new RollingDigest();
const stream = seededStream("7/0/foreign");
for (let draw = 0; draw < 5000; draw++) {
  const x = (stream.nextUnit() - 0.5) * 1400;
  for (const value of [exp(x), ln(exp(x / 2)), log1p(exp(x / 3)), pow(exp(x / 9), x / 40)]) {
    digest.addNumber(value);
  }
}
const draws = new EntityDraws("7/0/foreign");
for (const spec of [
  { law: "exponential", mean: 3 },
  { law: "weibull", shape: 0.7, scale: 3600 },
  { law: "lognormal", median: 60, sigma: 1.4 },
  { law: "pareto", shape: 0.9, scale: 1, max: 1e6 },
  { law: "gamma", shape: 2.5, mean: 10 },
  { law: "zipf", exponent: 1.1, count: 500 },
  { law: "mixture", laws: [{ law: "uniform", min: 1, max: 2 }, { law: "constant", value: 9 }] },
]) {
  const { law } = lawFromSpec(spec);
  for (let pod = 0; pod < 500; pod++) {
    const hash = entityHash("default/web", pod);
    digest.addNumber(law.sample((k) => draws.unit(hash, k)));
  }
}
const total = new WideInt();
for (let step = 1; step < 1000; step++) total.addProduct(step * 9007199254, step * 104729);
digest.addText(total.toDecimalText());
digest.addNumber(total.dividedBy(86400000001));
digest.addText(formatDuration(parseDuration("1h0.000007s")));
digest.addText(sha256Hex("gr\\u00fc\\u00dfe \\ud83d\\ude00"));
globalThis.result = digest.hex();
`;

it("V8 and QuickJS agree on every bit", async () => {
  const bundle = buildSync({
    stdin: {
      contents: SOURCE,
      loader: "ts",
      resolveDir: join(import.meta.dirname, "../../src/base"),
    },
    bundle: true,
    format: "iife",
    platform: "neutral",
    target: "es2023",
    write: false,
    logLevel: "silent",
  }).outputFiles[0]!.text;

  const scope: { result?: string } = {};
  new Function("globalThis", bundle)(scope);
  const quickJs = await getQuickJS();
  const foreign = quickJs.evalCode(`${bundle}; globalThis.result`);

  expect(scope.result).toMatch(/^[0-9a-f]{16}$/);
  expect(foreign).toBe(scope.result);
  expect(scope.result).toBe("7a9e59be58d03016");
});
