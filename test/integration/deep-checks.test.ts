// Every scenario that comes with podsim holds all invariants under deep checks, for as much of its time
// as the test can afford; what a deep check costs is printed, since it is bounded by nothing.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  prepareRun,
  readScenario,
  runToEnd,
  type RunOptions,
  type Scenario,
  startRun,
} from "../../src/experiment/index.ts";

const SCENARIOS = join(import.meta.dirname, "../../scenarios");
/** Virtual time, where ten minutes are too much or too little to see anything. */
const HORIZONS: Readonly<Record<string, string>> = {
  "first-run": "90m",
  "batch-arrivals": "2m",
  "five-thousand-nodes": "1s",
};

const names = readdirSync(SCENARIOS)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.slice(0, -".yaml".length));

function prepared(name: string): ReturnType<typeof prepareRun> {
  const horizon = HORIZONS[name] ?? "10m";
  const text = readFileSync(join(SCENARIOS, `${name}.yaml`), "utf8");
  const shortened = text.replace(/horizon: \S+/, `horizon: ${horizon}`);
  const { scenario, document } = readScenario(shortened, { file: name });
  const files = new Map(
    filesOf(scenario!).map((file) => [
      file,
      { name: file, bytes: readFileSync(join(SCENARIOS, file)) },
    ]),
  );
  return prepareRun({ scenario: scenario!, document: document!, files });
}

function filesOf({ cluster, workload }: Scenario): string[] {
  return [
    ...cluster.manifests,
    ...workload.manifests.flatMap((step) => step.files),
    ...workload.traces.flatMap((trace) => trace.files),
  ].map(({ file }) => file);
}

function timed(name: string, options: RunOptions): { readonly ms: number; readonly tests: number } {
  const begin = performance.now();
  const run = startRun(prepared(name), options);
  while (run.advance(50_000));
  run.finish();
  return { ms: performance.now() - begin, tests: run.simulation.invariants.testsRun };
}

describe("all invariants hold under deep checks in", () => {
  it.each(names)("%s", { timeout: 300_000 }, (name) => {
    const plain = timed(name, {});
    const deep = timed(name, { check: "deep" });
    console.log(`${name}: ${deep.tests} tests, ${(deep.ms / plain.ms).toFixed(1)} times as long`);
    expect(deep.tests).toBeGreaterThan(500);
  });

  it("a run that ends before its time as well", () => {
    const result = runToEnd(prepared("first-run"), { check: "deep", maxEvents: 2_000 });
    expect(result.end.reason).toBe("limit");
  });
});
