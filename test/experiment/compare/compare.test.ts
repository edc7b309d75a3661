// Claims about comparisons: alternatives meet the same worlds, only what is varied varies, and the
// verdicts are those of runs whose difference is known.

import { describe, expect, it } from "vitest";
import type { CompareRecord } from "../../../src/analysis/index.ts";
import {
  drawnOrder,
  reorderedObjects,
  replicationOf,
} from "../../../src/experiment/compare/varied-world.ts";
import {
  type CompareCell,
  type ComparePlan,
  cellsOf,
  compareCells,
  configuredScheduler,
  decodeScenario,
  defaultScheduler,
  policyScheduler,
  prepareRun,
  runCell,
  type RunScheduler,
  type Scenario,
  runScenario,
  startRun,
} from "../../../src/experiment/index.ts";
import { documentOfValue, EntityDraws } from "../../../src/base/index.ts";

const POD = {
  spec: {
    restartPolicy: "Never",
    containers: [{ name: "c", image: "job:1", resources: { requests: { cpu: "1" } } }],
  },
};

/** Four nodes of four cores; jobs of about ten seconds, `rate` per ten seconds. */
function scenario(rate: number, more: object = {}): object {
  return {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "jobs" },
    run: { study: "terminating", horizon: "6m", seed: "1" },
    cluster: { nodePools: [{ name: "n", count: 4, allocatable: { cpu: "4", pods: "50" } }] },
    workload: {
      generators: [
        {
          name: "jobs",
          arrivals: { process: "poisson", rate: rate / 10 },
          duration: { law: "exponential", mean: "10s" },
          mix: [{ weight: 1, pod: POD }],
        },
      ],
    },
    ...more,
  };
}

/** A plan whose scenario is whole, so that it can be run as well. */
type WholePlan = ComparePlan & { readonly scenario: Scenario };

function planOf(value: object, more: Partial<ComparePlan> = {}): WholePlan {
  const reading = decodeScenario(value);
  expect(reading.problems).toEqual([]);
  return {
    alternatives: ["default", "other"],
    baseline: 0,
    varied: ["arrivals", "lifetimes"],
    replicationsCount: 5,
    margin: { kind: "relative", ratio: 0.01 },
    confidence: 0.95,
    measures: [],
    ...more,
    scenario: reading.scenario!,
  };
}

function run(plan: WholePlan, schedulers: readonly RunScheduler[]): CompareCell[] {
  const prepared = schedulers.map((scheduler) =>
    prepareRun({ scenario: plan.scenario, scheduler }),
  );
  return cellsOf(plan).map(({ alternative, replication }) =>
    runCell(prepared[alternative]!, { alternative, replication, varied: plan.varied }),
  );
}

const answerOf = (record: CompareRecord, measure: string) =>
  record.comparisons.find((one) => one.measure === measure)!;
const others = (name: string): RunScheduler[] => [defaultScheduler(), policyScheduler(name)!];

describe("what varies", () => {
  it("each purpose follows its part, and what belongs to no part stays as in replication 0", () => {
    const all = ["arrivals", "kinds", "durations", "lifetimes", "faults/zone", "ties", "binding"];
    const vary = (parts: ComparePlan["varied"] | undefined): number[] =>
      all.map((purpose) => replicationOf(purpose, 7, parts));
    expect(vary(["arrivals"])).toEqual([7, 7, 0, 0, 0, 0, 0]);
    expect(vary(["lifetimes", "faults"])).toEqual([0, 0, 7, 7, 7, 0, 0]);
    expect(vary(["ties"])).toEqual([0, 0, 0, 0, 0, 7, 0]);
    expect(vary([])).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(vary(undefined)).toEqual([7, 7, 7, 7, 7, 7, 7]);
  });

  it("orders are permutations, drawn by position under a name", () => {
    const order = drawnOrder(new EntityDraws("s/1/order"), "trace 0", 50);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at));
    expect(order).toEqual(drawnOrder(new EntityDraws("s/1/order"), "trace 0", 50));
    expect(order).not.toEqual(drawnOrder(new EntityDraws("s/2/order"), "trace 0", 50));
    expect(order).not.toEqual(drawnOrder(new EntityDraws("s/1/order"), "trace 1", 50));
  });

  it("pods and workloads change places among themselves; what they refer to stays", () => {
    const kinds = ["Namespace", "Pod", "Pod", "Service", "Deployment", "Pod", "Pod", "Pod"];
    const objects = kinds.map((kind, at) => ({ kind, at }) as never);
    const found = reorderedObjects(objects, new EntityDraws("s/1/order"), "step 0") as unknown as {
      kind: string;
      at: number;
    }[];
    expect([found[0]!.at, found[3]!.at]).toEqual([0, 3]);
    expect(found.map(({ at }) => at)).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(found.map(({ at }) => at)).size).toBe(8);
  });

  it("alternatives meet the same arrivals in a replication, and others in the next", () => {
    const plan = planOf(scenario(6));
    const arrivals = (scheduler: RunScheduler, replication: number): string[] => {
      const prepared = prepareRun({ scenario: plan.scenario, scheduler });
      const created: string[] = [];
      const sinks = {
        pod: (row: { name: string; createdUs: number }) =>
          void created.push(`${row.name} ${row.createdUs}`),
      };
      const active = startRun(prepared, { replication, varied: plan.varied, sinks });
      while (active.advance(1_000_000));
      active.finish();
      return created.sort();
    };
    const [one, two] = others("best-fit") as [RunScheduler, RunScheduler];
    expect(arrivals(one, 1).length).toBeGreaterThan(150);
    expect(arrivals(two, 1)).toEqual(arrivals(one, 1));
    expect(arrivals(one, 2)).not.toEqual(arrivals(one, 1));
  });

  it("arrivals alone leave each pod's lifetime alone", () => {
    const value = scenario(2);
    const cell = (varied: ComparePlan["varied"], replication: number): string => {
      const plan = planOf(value, { varied });
      const prepared = prepareRun({ scenario: plan.scenario });
      return runCell(prepared, { alternative: 0, replication, varied }).fingerprint;
    };
    expect(cell([], 5)).toBe(cell([], 0));
    expect(cell(["arrivals"], 5)).not.toBe(cell([], 0));
    expect(cell(["lifetimes"], 5)).not.toBe(cell(["arrivals"], 5));
    expect(cell([], 0)).toBe(runScenario(value).fingerprint);
  });
});

describe("the record", () => {
  it("is the same bytes whatever order the cells were run in", () => {
    const plan = planOf(scenario(6));
    const cells = run(plan, others("best-fit"));
    const shuffled = drawnOrder(new EntityDraws("s/0/shuffle"), "cells", cells.length);
    const again = compareCells(
      plan,
      shuffled.map((at) => cells[at]!),
    );
    expect(JSON.stringify(again)).toBe(JSON.stringify(compareCells(plan, cells)));
  });

  it("refuses a cell that is missing or there twice", () => {
    const plan = planOf(scenario(1), { replicationsCount: 1 });
    const cells = run(plan, others("best-fit"));
    expect(() => compareCells(plan, cells.slice(1))).toThrow("every cell has been run");
    expect(() => compareCells(plan, [...cells, cells[0]!])).toThrow("no cell was run twice");
  });

  it("A/A: one scheduler under two names differs in nothing", () => {
    const plan = planOf(scenario(9), { varied: ["arrivals", "lifetimes", "order"] });
    const record = compareCells(plan, run(plan, [defaultScheduler("a"), defaultScheduler("b")]));
    expect(record.alternatives[0]!.digest).toBe(record.alternatives[1]!.digest);
    for (const { verdict, comparison } of record.comparisons) {
      if (verdict !== null) expect(comparison).toMatchObject({ difference: 0, equalRatio: 1 });
      expect(["better", "worse"]).not.toContain(verdict?.kind);
    }
  });

  it("finds what is known: a cycle of two seconds makes pods wait longer than one of none", () => {
    const plan = planOf(scenario(6), { replicationsCount: 6, measures: ["pending.avg"] });
    const slow: RunScheduler = { ...defaultScheduler("slow"), cycleUs: 2_000_000 as never };
    const record = compareCells(plan, run(plan, [defaultScheduler(), slow]));
    expect(record.comparisons).toHaveLength(1);
    const answer = answerOf(record, "pending.avg");
    expect(answer.verdict).toEqual({ kind: "worse" });
    expect(answer.comparison.difference).toBeGreaterThan(2_000_000);
    const swapped = { ...plan, baseline: 1 };
    const back = compareCells(swapped, run(plan, [defaultScheduler(), slow]));
    expect(answerOf(back, "pending.avg").verdict).toEqual({ kind: "better" });
  });

  it("of fewer than five replications has numbers, and neither intervals nor verdicts", () => {
    const plan = planOf(scenario(3), { replicationsCount: 4 });
    const record = compareCells(plan, run(plan, others("best-fit")));
    for (const { verdict } of record.comparisons) expect(verdict).toBeNull();
    for (const { estimates } of record.measures)
      for (const { kind } of estimates) expect(kind).not.toBe("interval");
    expect(answerOf(record, "pending.avg").comparison).toMatchObject({ reason: "few" });
  });

  it("where nothing varies runs each alternative once and gives the plain difference", () => {
    const plan = planOf(scenario(6), { varied: [] });
    const record = compareCells(plan, run(plan, others("best-fit")));
    expect([record.study, record.replicationsCount, record.testsCount]).toEqual(["fixed", 1, 0]);
    const { comparison, verdict } = answerOf(record, "pending.avg");
    expect(verdict).toBeNull();
    expect(comparison).toMatchObject({ reason: "nothing-varies" });
    expect(comparison.difference).not.toBeNull();
  });

  it("refuses percentiles of few pods", () => {
    const plan = planOf(scenario(9)); // about 320 pods: enough for p95, too few for p99
    const record = compareCells(plan, run(plan, others("best-fit")));
    expect(answerOf(record, "pending.p99").comparison).toMatchObject({
      reason: "insufficient-observations",
    });
    expect(answerOf(record, "pending.p95").verdict).not.toBeNull();
  });

  it("a steady state that work overflows has no means; one that keeps up has", () => {
    const study = {
      run: { study: "steady-state", horizon: "3m", warmup: "15s", seed: "1" },
      cluster: { nodePools: [{ name: "n", count: 1, allocatable: { cpu: "4", pods: "50" } }] },
    };
    const recordAt = (rate: number): CompareRecord => {
      const plan = planOf(scenario(rate, study), { replicationsCount: 5 });
      return compareCells(plan, run(plan, others("best-fit")));
    };
    const over = recordAt(8); // four cores, eight asked for
    expect(over.alternatives[0]!.unstableRunsCount).toBe(5);
    expect(over.alternatives[0]!.censoredRatio).toBeGreaterThan(0.05);
    for (const { verdict } of over.comparisons) expect(verdict).toBeNull();
    expect(over.measures[0]!.estimates[0]).toMatchObject({ kind: "absent", reason: "unstable" });
    const under = recordAt(2);
    expect(under.alternatives[0]!.unstableRunsCount).toBe(0);
    expect(answerOf(under, "utilization.cpu").verdict).not.toBeNull();
  });

  it("among three alternatives every measure has ranks", () => {
    const alternatives = ["default", "best-fit", "first-fit"];
    const plan = planOf(scenario(6), { alternatives, measures: ["utilization.cpu"] });
    const record = compareCells(
      plan,
      run(plan, [...others("best-fit"), policyScheduler("first-fit")!]),
    );
    expect(record.measures[0]!.ranks).toHaveLength(3);
    expect(record.comparisons.map(({ alternative }) => alternative)).toEqual(alternatives.slice(1));
  });

  it("ties vary the default scheduler's choices and nothing else", () => {
    const plan = planOf(scenario(6), { varied: ["ties"], replicationsCount: 3 });
    const cells = run(plan, [defaultScheduler(), weighted()]);
    const prints = cells.filter(({ alternative }) => alternative === 0);
    expect(new Set(prints.map(({ fingerprint }) => fingerprint)).size).toBe(3);
    expect(new Set(cells.map(({ podsCreatedCount }) => podsCreatedCount)).size).toBe(1);
  });
});

/** The default profile packing nodes instead of spreading over them. */
function weighted(): RunScheduler {
  const value = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    profiles: [
      {
        schedulerName: "default-scheduler",
        pluginConfig: [
          {
            name: "NodeResourcesFit",
            args: {
              scoringStrategy: { type: "MostAllocated", resources: [{ name: "cpu", weight: 1 }] },
            },
          },
        ],
      },
    ],
  };
  const problems: never[] = [];
  const scheduler = configuredScheduler("most", documentOfValue(value, "most"), problems);
  expect(problems).toEqual([]);
  return scheduler;
}
