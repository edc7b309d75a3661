// Same scenario, same seed, same bytes: twice in one process, in processes that differ in everything a
// result must not depend on, with invariants on and off, and in another engine.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { getQuickJS } from "quickjs-emscripten";
import { describe, expect, it } from "vitest";
import { prepareRun, readScenario, type Scenario, startRun } from "../../src/experiment/index.ts";
import type { RunResult } from "../../src/metrics/index.ts";

const ROOT = join(import.meta.dirname, "../..");
const SCENARIOS = join(ROOT, "scenarios");

/** Virtual time per scenario in these tests: enough for arrivals, faults and evictions to begin. */
const SHORTENED: Readonly<Record<string, string>> = {
  "first-run": "2h",
  "batch-arrivals": "4m",
  "five-thousand-nodes": "8s",
  // long enough to meet what they expect at their ends
  "pod-life": "20m",
  "node-troubles": "40m",
};

interface Given {
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  readonly horizon: string;
}

const names = readdirSync(SCENARIOS)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.slice(0, -".yaml".length));

function given(name: string): Given {
  const text = readFileSync(join(SCENARIOS, `${name}.yaml`), "utf8");
  const reading = readScenario(text, { file: name });
  const files = referencedFiles(reading.scenario!);
  const horizon = SHORTENED[name] ?? "10m";
  return {
    text: text.replace(/horizon: \S+/, `horizon: ${horizon}`),
    files: Object.fromEntries(
      files.map((file) => [file, readFileSync(join(SCENARIOS, file), "utf8")]),
    ),
    horizon,
  };
}

function referencedFiles(scenario: Scenario): string[] {
  const references = [
    ...scenario.cluster.manifests,
    ...scenario.workload.manifests.flatMap((step) => step.files),
    ...scenario.workload.traces.flatMap((trace) => trace.files),
  ];
  return references.map((reference) => reference.file);
}

function run(
  { text, files }: Given,
  check: "none" | "check" | "deep" = "none",
  slice = 50_000,
): RunResult {
  const { scenario, document, problems } = readScenario(text, { file: "scenario.yaml" });
  expect(problems.filter((problem) => problem.severity === "error")).toEqual([]);
  const bytes = new Map(
    Object.entries(files).map(([name, content]) => [
      name,
      { name, bytes: new TextEncoder().encode(content) },
    ]),
  );
  const active = startRun(prepareRun({ scenario: scenario!, document: document!, files: bytes }), {
    check,
  });
  while (active.advance(slice));
  return active.finish();
}

describe.each(names)("%s", (name) => {
  const world = given(name);
  const first = run(world);

  it("has something to compare", () => {
    expect(first.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(first.counts.nodes).toBeGreaterThan(0);
  });

  it("gives the same bytes again in the same process, whatever the slices", () => {
    expect(JSON.stringify(run(world, "none", 777))).toBe(JSON.stringify(first));
  });

  it("gives the same bytes under --check", () => {
    expect(JSON.stringify(run(world, "check"))).toBe(JSON.stringify(first));
  });

  it("gives the same bytes in processes with other time zones, languages and heap sizes", () => {
    const surroundings = [
      { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", heap: 512 },
      { TZ: "America/St_Johns", LANG: "C", LC_ALL: "C", heap: 3000 },
    ];
    for (const { heap, ...env } of surroundings) {
      expect(inProcess(name, world.horizon, env, heap)).toBe(first.fingerprint);
    }
  });
});

it("gives the same bytes in another engine (QuickJS)", async () => {
  const world = given("first-run");
  const here = JSON.stringify(run(world));
  expect(await inQuickJs(world)).toBe(here);
}, 300_000);

function inProcess(
  name: string,
  horizon: string,
  env: Record<string, string>,
  heapMib: number,
): string {
  const folder = mkdtempSync(join(tmpdir(), "podsim-same-bytes-"));
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      `--max-old-space-size=${heapMib}`,
      join(ROOT, "dist/cli/main.js"),
      ...["run", join(SCENARIOS, `${name}.yaml`), "--for", horizon, "-o", "json", "-q"],
      ...["--output-dir", folder],
    ],
    { env: { PATH: process.env["PATH"] ?? "", ...env }, encoding: "utf8", maxBuffer: 1 << 28 },
  );
  rmSync(folder, { recursive: true });
  // A shortened run may miss what its scenario expects at the end: that is exit 1 and a whole result.
  if (status !== 0 && status !== 1) throw new Error(`exit ${status}: ${stderr}`);
  return (JSON.parse(stdout) as RunResult).fingerprint;
}

// The portable door as one script, with the two web interfaces that a bare engine lacks.
async function inQuickJs(world: Given): Promise<string> {
  const bundle = buildSync({
    stdin: { contents: QUICKJS_ENTRY, loader: "ts", resolveDir: join(ROOT, "src/experiment") },
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  const engine = await getQuickJS();
  const runtime = engine.newRuntime();
  runtime.setMaxStackSize(0);
  const context = runtime.newContext();
  const evaluate = (code: string): unknown => {
    const outcome = context.evalCode(code);
    if (outcome.error) throw new Error(JSON.stringify(context.dump(outcome.error)));
    const value: unknown = context.dump(outcome.value);
    outcome.value.dispose();
    return value;
  };
  evaluate(WEB_INTERFACES);
  evaluate(bundle.outputFiles[0]!.text);
  const result = evaluate(
    `globalThis.podsimRun(${JSON.stringify(world.text)}, ${JSON.stringify(world.files)})`,
  );
  context.dispose();
  runtime.dispose();
  return String(result);
}

const WEB_INTERFACES = `
globalThis.TextEncoder = class {
  encode(text) {
    const bytes = [];
    for (const c of unescape(encodeURIComponent(text))) bytes.push(c.charCodeAt(0));
    return Uint8Array.from(bytes);
  }
};
globalThis.TextDecoder = class {
  decode(bytes) {
    let text = "";
    for (const byte of bytes) text += "%" + byte.toString(16).padStart(2, "0");
    return decodeURIComponent(text);
  }
};
globalThis.structuredClone = (value) => JSON.parse(JSON.stringify(value));
`;

const QUICKJS_ENTRY = `
import { prepareRun, readScenario, startRun } from "./index.ts";
globalThis.podsimRun = (text, files) => {
  const { scenario, document } = readScenario(text, { file: "scenario.yaml" });
  const bytes = new Map(Object.entries(files).map(([name, content]) => [name, { name, bytes: new TextEncoder().encode(content) }]));
  const active = startRun(prepareRun({ scenario, document, files: bytes }));
  while (active.advance(50000));
  return JSON.stringify(active.finish());
};
`;
