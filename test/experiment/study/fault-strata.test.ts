// Claims about strata: what a replication is said to hold is what its run shows, and weights are known.

import { describe, expect, it } from "vitest";
import {
  type CellResult,
  decodeScenario,
  faultStrata,
  prepareRun,
  type Scenario,
  startRun,
  sweepCells,
  sweepCellsOf,
  type SweepPlan,
} from "../../../src/experiment/index.ts";
import { formatSweep } from "../../../src/report/index.ts";

const FAILURES = {
  kind: "NodeFailures",
  pool: "n",
  upTime: { law: "exponential", mean: "50h" },
  repairTime: { law: "exponential", mean: "10m" },
};

function scenarioOf(more: { run?: object; faults?: object[]; count?: number } = {}): Scenario {
  const { run = {}, faults = [FAILURES], count = 4 } = more;
  const reading = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "failing" },
    run: { study: "terminating", horizon: "1h", seed: "1", ...run },
    cluster: { nodePools: [{ name: "n", count, allocatable: { cpu: "4", pods: "50" } }] },
    faults,
  });
  expect(reading.problems).toEqual([]);
  return reading.scenario!;
}

describe("strata", () => {
  const strata = faultStrata(scenarioOf(), ["faults"], 20);
  if (typeof strata === "string") throw new Error(strata);

  it("have the probability of the law: here four machines, each failing with 1 - exp(-1/50)", () => {
    const none = Math.exp(-4 / 50);
    expect(strata.map(({ probability }) => probability)).toEqual([
      expect.closeTo(none, 12),
      expect.closeTo(1 - none, 12),
    ]);
    expect(strata.map(({ machinesMin, machinesMax }) => [machinesMin, machinesMax])).toEqual([
      [0, 0],
      [1, null],
    ]);
    const counts = strata.map(({ replications }) => replications.length);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(20);
    expect(counts[1]).toBeGreaterThanOrEqual(5);
  });

  it("hold the first replications in which just so many machines fail, as runs show", () => {
    const prepared = prepareRun({ scenario: scenarioOf() });
    const failing = (replication: number): number => {
      let count = 0;
      const node = ({ downUs }: { downUs: number }): void => {
        if (downUs > 0) count += 1;
      };
      const run = startRun(prepared, { replication, varied: ["faults"], sinks: { node } });
      while (run.advance(Number.MAX_SAFE_INTEGER));
      run.finish();
      return count;
    };
    const [none, some] = strata;
    for (const replication of none!.replications) expect(failing(replication)).toBe(0);
    for (const replication of some!.replications) expect(failing(replication)).toBeGreaterThan(0);
    const first = [...none!.replications, ...some!.replications].sort((a, b) => a - b)[0];
    expect(first).toBe(0);
  });

  it("of many machines are as many as are common, and as often there as they are likely", () => {
    const many = faultStrata(scenarioOf({ count: 100 }), ["faults"], 100);
    if (typeof many === "string") throw new Error(many);
    expect(many.length).toBeGreaterThan(3);
    expect(many.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    const twice = faultStrata(scenarioOf({ count: 100 }), ["faults"], 100);
    expect(twice).toEqual(many);
  });

  it.each([
    ["varied", {}, ["arrivals"], 20, /faults do not vary/],
    ["laws", { faults: [] }, ["faults"], 20, /no machine fails by a law/],
    ["horizon", { run: { horizon: undefined, until: "drained" } }, ["faults"], 20, /no horizon/],
    [
      ...["start", { faults: [{ ...FAILURES, start: "stationary" }] }, ["faults"], 20],
      /begin in the middle of their lives/,
    ],
    ["rarity", { run: { horizon: "1s" } }, ["faults"], 20, /nearly always the same/],
    ["count", {}, ["faults"], 9, /2 strata need 10 replications or more, not 9/],
  ] as const)("are refused by name: %s", (_, more, varied, count, message) => {
    expect(faultStrata(scenarioOf(more as object), varied as never, count as number)).toMatch(
      message as RegExp,
    );
  });
});

describe("a row of strata", () => {
  const plan: SweepPlan = {
    parameters: ["n"],
    rows: [
      {
        ...{ values: ["1"], scheduler: "s" },
        world: {
          metadata: { name: "w" },
          run: { seed: "1", study: "terminating", warmup: 0 as never, horizon: undefined },
        },
        strata: [
          { machinesMin: 0, machinesMax: 0, probability: 0.9, replications: [0, 1, 3, 4, 5] },
          { machinesMin: 1, machinesMax: null, probability: 0.1, replications: [2, 9, 17, 21, 30] },
        ],
      },
    ],
    ...{ varied: ["faults"], replicationsCount: 10, confidence: 0.95, measures: [] },
  };
  const run = (value: number): CellResult => ({
    ...{ end: "drained", fingerprint: `f${value}`, inputHash: "i", podsCreatedCount: 10 },
    ...{ podsPendingAtEndCount: 1, attemptsCount: 4, tiedCount: 1, isUnstable: false },
    measures: [{ measure: "failed", unit: "count", direction: "lower", value, isThin: false }],
    waiting: { count: 10, censoredCount: 5, p50Us: 1, p95Us: 2 },
  });
  const runs = [1, 2, 1, 2, 1.5, 100, 110, 90, 105, 95].map(run);

  it("runs the chosen replications and weights what they say", () => {
    expect(sweepCellsOf(plan).map(({ replication }) => replication)).toEqual([
      ...[0, 1, 3, 4, 5, 2, 9, 17, 21, 30],
    ]);
    const record = sweepCells(plan, runs);
    const [row] = record.rows;
    expect(row!.estimates[0]).toMatchObject({
      ...{ kind: "interval", method: "strata", value: expect.closeTo(0.9 * 1.5 + 10, 12) },
    });
    expect(row).not.toHaveProperty("waiting");
    expect(row!.strata![1]).toEqual({
      ...{ machinesMin: 1, machinesMax: null, probability: 0.1, replicationsCount: 5 },
    });
    expect(formatSweep(record, "table")).toContain(
      "0 in 5 replications (weight 90 %), 1 or more in 5 replications (weight 10 %)",
    );
  });

  it("says nothing of a row whose rare runs are missing", () => {
    const partial = runs.map((one, at) => (at < 7 ? one : undefined));
    expect(sweepCells(plan, partial).rows[0]!.estimates[0]).toMatchObject({
      ...{ kind: "point", reason: "few" },
    });
    const none = runs.map((one, at) => (at < 5 ? one : undefined));
    expect(sweepCells(plan, none).rows[0]!.estimates[0]).toMatchObject({ kind: "absent" });
  });
});
