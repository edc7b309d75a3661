// Every shipped scenario holds what it asserts with all invariants checked on the way, and each of its
// assertions can fail: the scenario is run again with one thing changed at a time (an object, an edit or a
// fault left out, all nodes dead, machines too small, too large or slow, no settings), and each threshold
// and expectation must fail in one of these runs.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError, readYaml } from "../../src/base/index.ts";
import { decodeScenario, prepareRun, type Scenario, runToEnd } from "../../src/experiment/index.ts";
import type { RunResult } from "../../src/metrics/index.ts";

const FOLDER = join(import.meta.dirname, "../../scenarios");
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.slice(0, -".yaml".length));

/** A cluster without a workload, for manifests to be applied to: it has nothing to assert. */
const WITHOUT_WORKLOAD = ["mixed-shapes"];

/** Runs of seconds, changed in few ways only. */
const LARGE: Readonly<Record<string, readonly string[]>> = {
  "five-thousand-nodes": ["without faults.0"],
  "batch-arrivals": ["slow machines"],
};

// An upper bound that only a much heavier load would pass.
const OVERCOMMITS = "overcommits<100";

/** Gates on a promise that no change above can break, and why. */
const UNBREAKABLE: Readonly<Record<string, readonly string[]>> = {
  // Two schedulers with names of their own never bind one pod twice.
  "two-schedulers": ["conflicts=0", OVERCOMMITS],
  // No start is missed in ten minutes while the controller works.
  cronjobs: ["events(CronJob/MissingJob)=0"],
};

type Plain = { [key: string]: unknown };

function readRaw(name: string): Plain {
  return readYaml(readFileSync(join(FOLDER, `${name}.yaml`), "utf8")).documents[0]!.value as Plain;
}

function run(raw: Plain, name: string, check: "none" | "deep" = "none"): RunResult {
  const { scenario, document, problems } = decodeScenario(raw, { file: name });
  if (scenario === undefined) throw new InputError(problems);
  return runToEnd(
    prepareRun({ scenario: scenario!, document: document!, files: filesOf(scenario!) }),
    { check },
  );
}

function filesOf({
  cluster,
  workload,
}: Scenario): Map<string, { name: string; bytes: Uint8Array }> {
  const references = [
    ...cluster.manifests,
    ...workload.manifests.flatMap((step) => step.files),
    ...workload.traces.flatMap((trace) => trace.files),
  ];
  return new Map(
    references.map(({ file }) => [file, { name: file, bytes: readFileSync(join(FOLDER, file)) }]),
  );
}

const gatesOf = (
  result: RunResult,
): readonly { readonly name: string; readonly passed: boolean }[] => [
  ...result.thresholds.map(({ expression, passed }) => ({ name: expression, passed })),
  ...result.expectations.map(({ about, atUs, fact, wanted, passed }) => ({
    name: `${about} at ${atUs ?? "the end"}: ${fact} ${wanted}`,
    passed,
  })),
];

/** None where the change makes a scenario that is refused before it runs. */
function gatesUnder(changed: Plain, name: string): ReturnType<typeof gatesOf> {
  try {
    return gatesOf(run(changed, name));
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

/** The lists whose members can be left out one by one. */
const LISTS = ["faults", "workload.edits", "workload.generators", "cluster.objects"];

/** The changes of a scenario, by name; each is made on a fresh copy. */
function changesOf(raw: Plain): Map<string, (copy: Plain) => void> {
  const changes = new Map<string, (copy: Plain) => void>();
  const steps = (listAt(raw, "workload.manifests") ?? []).map(
    (_, at) => `workload.manifests.${at}`,
  );
  for (const path of [...LISTS, ...steps.map((step) => `${step}.objects`)]) {
    for (const at of (listAt(raw, path) ?? []).keys()) {
      changes.set(`without ${path}.${at}`, (copy) => listAt(copy, path)!.splice(at, 1));
    }
  }
  changes.set("all nodes dead", (copy) => {
    copy["faults"] = [...(listAt(copy, "faults") ?? []), ...allNodes(copy).map(deadNode)];
  });
  changes.set("tiny machines", (copy) => {
    for (const pool of (listAt(copy, "cluster.nodePools") ?? []) as Plain[])
      pool["allocatable"] = { ...(pool["allocatable"] as Plain), cpu: "1m", pods: "1" };
  });
  changes.set("slow machines", (copy) => {
    copy["controlPlane"] = {
      ...(copy["controlPlane"] as Plain | undefined),
      ...{ schedulerCycle: "20s", apiWrite: "10s" },
    };
  });
  changes.set("without controlPlane", (copy) => delete copy["controlPlane"]);
  changes.set("huge machines", (copy) => {
    for (const pool of (listAt(copy, "cluster.nodePools") ?? []) as Plain[])
      pool["allocatable"] = { cpu: "1000", memory: "4Ti", pods: "1000" };
  });
  return changes;
}

function listAt(raw: Plain, path: string): unknown[] | undefined {
  let value: unknown = raw;
  for (const key of path.split(".")) value = (value as Plain | undefined)?.[key];
  return value as unknown[] | undefined;
}

function allNodes(raw: Plain): string[] {
  return ((listAt(raw, "cluster.nodePools") ?? []) as Plain[]).flatMap(({ name, count }) =>
    Array.from({ length: count as number }, (_, at) => `${String(name)}-${at}`),
  );
}

const deadNode = (node: string): object => ({ kind: "NodeCrash", node, at: "1s" });

describe("the scenario", () => {
  it.each(names)("%s holds what it asserts, and could fail to", { timeout: 120_000 }, (name) => {
    const raw = readRaw(name);
    const gates = gatesOf(run(raw, name, LARGE[name] === undefined ? "deep" : "none"));
    if (WITHOUT_WORKLOAD.includes(name)) {
      expect(gates).toEqual([]);
      return;
    }
    expect(gates.length).toBeGreaterThan(0);
    expect(gates.filter(({ passed }) => !passed)).toEqual([]);
    const waiting = new Set(gates.map((gate) => gate.name));
    for (const kept of UNBREAKABLE[name] ?? []) expect(waiting.delete(kept)).toBe(true);
    for (const [change, make] of changesOf(raw)) {
      if (waiting.size === 0) break;
      if (LARGE[name]?.includes(change) === false) continue;
      const copy = structuredClone(raw);
      make(copy);
      for (const gate of gatesUnder(copy, name)) if (!gate.passed) waiting.delete(gate.name);
    }
    expect([...waiting]).toEqual([]);
  });
});
