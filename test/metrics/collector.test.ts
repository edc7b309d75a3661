// The numbers of a run, recomputed from its rows; and the accounting invariants, bitten by mutants.

import { describe, expect, it } from "vitest";
import {
  prepareRun,
  decodeScenario,
  startRun,
  type ActiveRun,
} from "../../src/experiment/index.ts";
import { InvariantRegistry } from "../../src/engine/index.ts";
import {
  AccountingAudit,
  Collector,
  numberViolation,
  registerMetricsInvariants,
} from "../../src/metrics/index.ts";
import type {
  DecisionRow,
  EventRow,
  NodeRow,
  PodRow,
  RunResult,
  SampleRow,
} from "../../src/metrics/index.ts";

const SCENARIO = {
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "numbers" },
  run: { study: "terminating", horizon: "20m", seed: "1" },
  cluster: {
    nodePools: [
      {
        name: "n",
        count: 4,
        zones: ["a", "b"],
        allocatable: { cpu: "4", memory: "8Gi", pods: "20" },
      },
    ],
  },
  workload: {
    manifests: [
      {
        at: "0s",
        objects: [
          {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name: "web" },
            spec: {
              replicas: 5,
              selector: { matchLabels: { app: "web" } },
              template: {
                metadata: { labels: { app: "web" } },
                spec: {
                  containers: [
                    {
                      name: "c",
                      image: "web:1",
                      resources: { requests: { cpu: "900m", memory: "1Gi" } },
                    },
                  ],
                },
              },
            },
          },
        ],
      },
    ],
    generators: [
      {
        name: "job",
        arrivals: { process: "poisson", rate: 0.2 },
        pod: {
          spec: {
            restartPolicy: "Never",
            containers: [
              { name: "c", image: "job:1", resources: { requests: { cpu: "1", memory: "512Mi" } } },
            ],
          },
        },
        duration: { law: "exponential", mean: "40s" },
      },
    ],
  },
  faults: [{ kind: "NodeCrash", node: "n-1", at: "3m", repairAfter: "10m" }],
};

interface Rows {
  readonly pods: PodRow[];
  readonly nodes: NodeRow[];
  readonly samples: SampleRow[];
  readonly decisions: DecisionRow[];
  readonly events: EventRow[];
}

function started(rows?: Rows): ActiveRun {
  const { scenario } = decodeScenario(SCENARIO);
  return startRun(prepareRun({ scenario: scenario! }), {
    check: "deep",
    sinks: {
      pod: (row) => rows?.pods.push(row),
      node: (row) => rows?.nodes.push(row),
      sample: (row) => rows?.samples.push(row),
      decision: (row) => rows?.decisions.push(row),
      event: (row) => rows?.events.push(row),
    },
  });
}

function runWithRows(): { result: RunResult; rows: Rows } {
  const rows: Rows = { pods: [], nodes: [], samples: [], decisions: [], events: [] };
  const run = started(rows);
  while (run.advance(10_000));
  return { result: run.finish(), rows };
}

function percentile(values: number[], ratio: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(ratio * sorted.length)) - 1]!;
}

describe("the numbers of a run", () => {
  const { result, rows } = runWithRows();
  const endUs = result.end.atUs;

  it("agree with the rows of its pods", () => {
    expect(rows.pods.length).toBe(result.counts.podsCreated);
    expect(rows.pods.filter((pod) => pod.boundUs !== null).length).toBe(result.counts.podsBound);
    const waits = rows.pods.flatMap((pod) =>
      pod.boundUs === null ? [] : [pod.boundUs - pod.createdUs],
    );
    expect(result.pending.count).toBe(waits.length);
    for (const [ratio, value] of [
      [0.5, result.pending.p50Us],
      [0.9, result.pending.p90Us],
      [0.99, result.pending.p99Us],
    ] as const) {
      expect(value).toBe(percentile(waits, ratio));
    }
    const startups = rows.pods.flatMap((pod) =>
      pod.readyUs === null ? [] : [pod.readyUs - pod.createdUs],
    );
    expect(result.startup.count).toBe(startups.length);
    expect(result.startup.maxUs).toBe(Math.max(...startups));
    expect(rows.pods.filter((pod) => pod.departure === "evicted-by-taint").length).toBe(
      result.departures.evictedByTaintCount,
    );
    expect(result.departures.evictedByTaintCount).toBeGreaterThan(0);
  });

  it("agree with the rows of its decisions and events", () => {
    expect(rows.decisions.length).toBe(result.decisions.attemptsCount);
    expect(rows.decisions.filter((row) => row.result === "scheduled").length).toBe(
      result.decisions.scheduledCount,
    );
    expect(rows.decisions.reduce((sum, row) => sum + row.evaluated, 0)).toBe(
      result.decisions.nodesEvaluatedCount,
    );
    expect(rows.events.length).toBe(result.counts.events);
  });

  it("agree with the time series: the integral of a step function", () => {
    let cpu = 0n;
    let allocatable = 0n;
    for (const [index, row] of rows.samples.entries()) {
      const untilUs = rows.samples[index + 1]?.atUs ?? endUs;
      expect(untilUs).toBeGreaterThanOrEqual(row.atUs);
      cpu += BigInt(row.milliCpuRequested) * BigInt(untilUs - row.atUs);
      allocatable += BigInt(row.milliCpuAllocatable) * BigInt(untilUs - row.atUs);
    }
    const use = result.utilization.find((each) => each.resource === "cpu")!;
    expect(use.requestedRatio).toBeCloseTo(Number(cpu) / Number(allocatable), 9);
  });

  it("agree with the rows of its nodes: one was down for ten minutes", () => {
    const down = rows.nodes.find((node) => node.name === "n-1")!;
    expect(down.downUs).toBe(600_000_000);
    expect(down.notReadyUs).toBeGreaterThan(500_000_000);
    expect(rows.nodes.filter((node) => node.downUs > 0).length).toBe(1);
    expect(result.nodeAvailabilityRatio).toBeCloseTo(1 - 600 / (4 * 1200), 12);
    expect(rows.nodes.reduce((sum, node) => sum + node.podsBoundCount, 0)).toBe(
      result.counts.podsBound,
    );
  });

  it("say when the workload lacked replicas, and for how long", () => {
    const web = result.workloads.find((workload) => workload.name === "web")!;
    expect(web).toMatchObject({ kind: "Deployment", desiredCount: 5, readyAtEndCount: 5 });
    expect(web.longestDegradedUs).toBe(result.recoveryMaxUs);
    expect(web.longestDegradedUs!).toBeGreaterThan(300_000_000);
    expect(web.availabilityRatio!).toBeLessThan(1);
    expect(web.podsLostCount).toBeGreaterThan(0);
  });
});

describe("a node that is removed in the run", () => {
  it("keeps its row, with what it was and when it went; names that pods mention have none", () => {
    const removed = {
      ...SCENARIO,
      workload: {
        manifests: [
          {
            at: "0s",
            objects: [
              {
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name: "stray" },
                spec: { nodeName: "no-such-node", containers: [{ name: "c", image: "i:1" }] },
              },
            ],
          },
        ],
        edits: [{ at: "4m", delete: { object: "node/n-2" } }],
      },
      faults: [],
    };
    const { scenario, problems } = decodeScenario(removed);
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
    const nodes: NodeRow[] = [];
    const run = startRun(prepareRun({ scenario: scenario! }), {
      sinks: { node: (row) => nodes.push(row) },
    });
    while (run.advance(10_000));
    expect(run.finish().counts.nodes).toBe(3);
    expect(nodes.map((node) => node.name)).toEqual(["n-0", "n-1", "n-2", "n-3"]);
    const [, , gone] = nodes;
    expect(gone).toMatchObject({ zone: "a", milliCpuAllocatable: 4000, podsAllocatable: 20 });
    expect(gone!.removedUs).toBeGreaterThanOrEqual(240_000_000);
    expect(gone!.removedUs).toBeLessThan(240_100_000);
  });
});

describe("a pod that had finished before the run", () => {
  it("does not count as one that left early when it is deleted", () => {
    const finished = {
      ...SCENARIO,
      cluster: {
        ...SCENARIO.cluster,
        objects: [
          {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "old" },
            spec: { nodeName: "n-0", containers: [{ name: "c", image: "i:1" }] },
            status: { phase: "Succeeded" },
          },
        ],
      },
      workload: { edits: [{ at: "1m", delete: { object: "pod/old" } }] },
      faults: [],
    };
    const { scenario } = decodeScenario(finished);
    const pods: PodRow[] = [];
    const options = { check: "check", sinks: { pod: (row: PodRow) => pods.push(row) } } as const;
    const run = startRun(prepareRun({ scenario: scenario! }), options);
    while (run.advance(10_000));
    expect(run.finish().departures.deletedCount).toBe(0);
    expect(pods.map(({ name, departure }) => [name, departure])).toEqual([["old", ""]]);
  });
});

describe("accounting invariants", () => {
  // Each mutant changes one number that one invariant watches and nothing else.
  const mutants: [string, (collector: Collector, audit: AccountingAudit) => void][] = [
    ["I8", (collector) => shadow(collector, "departedCount", (value: number) => value + 1)],
    ["I8", (_collector, audit) => shadowGetter(audit, "departedCount", (value) => value - 1)],
    ["I66", (collector) => shadow(collector, "cpuArea", (value: bigint) => value + 1n)],
    ["I66", (collector) => shadow(collector, "nodeCpuArea", (value: bigint) => value + 1n)],
    ["I67", (collector) => shadow(collector, "cpuOfNodes", (value: number) => value + 1)],
    ["I68", (collector) => shadow(collector, "podArea", (value: bigint) => value - 1n)],
    ["I69", (_collector, audit) => shadowGetter(audit, "inSystem", (value) => value + 1)],
  ];

  it.each(mutants)("%s is broken by its mutant and holds without", (id, mutate) => {
    expect(broken(() => undefined)).toEqual([]);
    expect(broken(mutate)).toEqual([id]);
  });

  it("I79: nothing but numbers in a result", () => {
    expect(numberViolation({ a: [1, null, "x", { b: 0 }] })).toBeUndefined();
    expect(numberViolation({ a: [1, { b: Number.NaN }] })).toBe("result.a.1.b is NaN");
    expect(numberViolation({ a: -0 })).toBe("result.a is -0");
    expect(numberViolation({ a: 1 / 0 })).toBe("result.a is Infinity");
  });

  function broken(mutate: (collector: Collector, audit: AccountingAudit) => void): string[] {
    const run = started();
    const now = () => run.simulation.nowUs;
    const collector = new Collector(run.api, now);
    const audit = new AccountingAudit(run.api, now);
    // Both joined after the initial state was loaded, which holds no pods here.
    const registry = new InvariantRegistry({ deep: true, deepStride: 1 });
    registerMetricsInvariants(registry, run.api, collector, audit);
    while (run.advance(10_000));
    mutate(collector, audit);
    const found: string[] = [];
    try {
      registry.runAfterInstant();
      registry.runAtEnd();
    } catch (error) {
      found.push((error as { id: string }).id);
    }
    return found;
  }

  function shadow<T>(target: object, method: string, change: (value: T) => T): void {
    const original = (target as Record<string, (...args: unknown[]) => T>)[method]!;
    Object.defineProperty(target, method, {
      value: (...args: unknown[]) => change(original.apply(target, args)),
    });
  }

  function shadowGetter(target: object, name: string, change: (value: number) => number): void {
    const value = (target as Record<string, number>)[name]!;
    Object.defineProperty(target, name, { value: change(value) });
  }
});
