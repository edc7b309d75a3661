// Claims about antithetic pairs: draws of the second are opposed, and a pair counts as one run.

import { describe, expect, it } from "vitest";
import { entityHash, EntityDraws } from "../../../src/base/index.ts";
import {
  type CellResult,
  compareCells,
  type ComparePlan,
  decodeScenario,
  prepareRun,
  runStudyCell,
  sweepCells,
  type SweepPlan,
} from "../../../src/experiment/index.ts";
import { opposedReplicationOf } from "../../../src/experiment/compare/varied-world.ts";
import { blockedPairs, opposition } from "../../../src/experiment/study/antithetic-pairs.ts";
import { refuseUnpaired } from "../../../src/cli/variance-options.ts";
import { formatCompare, formatSweep } from "../../../src/report/index.ts";

describe("opposed draws", () => {
  it("are 1 minus the draws of the same name, exactly", () => {
    const plain = new EntityDraws("1/0/arrivals");
    const opposed = new EntityDraws("1/0/arrivals", true);
    for (let at = 0; at < 200; at++) {
      const entity = entityHash("generator", at);
      expect(opposed.unit(entity, 3) + plain.unit(entity, 3)).toBe(1);
    }
  });

  it.each([
    ["arrivals", 0, 0, false],
    ["arrivals", 1, 0, true],
    ["faults/pool", 7, 6, true],
    ["faults/pool", 8, 8, false],
    ["durations", 7, 0, false],
    ["binding", 7, 0, false],
  ])("%s in replication %i are those of %i, opposed: %s", (purpose, asked, own, isOpposed) => {
    const found = opposedReplicationOf(purpose, asked, ["arrivals", "faults"]);
    expect(found).toEqual({ replication: own, isOpposed });
  });
});

const POD = {
  spec: {
    restartPolicy: "Never",
    containers: [{ name: "c", image: "job:1", resources: { requests: { cpu: "1" } } }],
  },
};
const SCENARIO = {
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "jobs" },
  run: { study: "terminating", horizon: "5m", seed: "1" },
  cluster: { nodePools: [{ name: "n", count: 4, allocatable: { cpu: "4", pods: "50" } }] },
  workload: {
    generators: [
      {
        name: "jobs",
        arrivals: { process: "poisson", rate: 0.2 },
        duration: { law: "exponential", mean: "20s" },
        mix: [{ weight: 1, pod: POD }],
      },
    ],
  },
};

function run(replication: number, isAntithetic: boolean): CellResult {
  const prepared = prepareRun({ scenario: decodeScenario(SCENARIO).scenario! });
  return runStudyCell(prepared, { replication, varied: ["arrivals"], isAntithetic });
}

describe("runs in pairs", () => {
  it("are plain in even replications, and oppose the number of arrivals in odd ones", () => {
    expect(run(0, true)).toEqual(run(0, false));
    const counts = Array.from({ length: 16 }, (_, at) => run(at, true).podsCreatedCount);
    expect(run(1, true).podsCreatedCount).not.toBe(run(1, false).podsCreatedCount);
    const answer = opposition("pods", counts);
    expect(answer.isOpposed).toBe(true);
    expect(answer.correlation).toBeLessThan(-0.5);
  });
});

function cell(value: number | null, more: Partial<CellResult> = {}): CellResult {
  const quotient = value === null ? {} : { quotient: { numerator: value, denominator: 2 } };
  return {
    ...{ end: "drained", fingerprint: `f${value}`, inputHash: "i", podsCreatedCount: 10 },
    ...{ podsPendingAtEndCount: 1, attemptsCount: 4, tiedCount: 1, isUnstable: false },
    measures: [
      { measure: "pending.avg", unit: "us", direction: "lower", value, isThin: false, ...quotient },
    ],
    ...more,
  };
}

describe("a pair", () => {
  it("is one run: means of values, sums of ratios, unstable if one is", () => {
    const [pair, none, ...rest] = blockedPairs([
      cell(4),
      cell(8, { isUnstable: true }),
      cell(1),
      cell(null),
      cell(5),
    ]);
    expect(rest).toEqual([]);
    expect(pair).toMatchObject({
      isUnstable: true,
      measures: [{ value: 6, quotient: { numerator: 12, denominator: 4 } }],
    });
    expect(none!.measures[0]).toMatchObject({ value: null });
    expect(none!.measures[0]).not.toHaveProperty("quotient");
  });

  it("does not oppose where values go along, are missing, or do not vary", () => {
    expect(opposition("m", [1, 2, 3, 4, 5, 6])).toMatchObject({ isOpposed: false });
    expect(opposition("m", [1, 6, 3, 4, 5, 2])).toMatchObject({ isOpposed: true });
    expect(opposition("m", [1, 6, null, 4, 5, 2]).correlation).toBeNull();
    expect(opposition("m", [1, 6, 1, 4]).correlation).toBeNull();
  });
});

const WORLD = {
  metadata: { name: "w" },
  run: { seed: "1", study: "terminating", warmup: 0 as never, horizon: undefined },
} as const;

describe("a study of pairs", () => {
  // Opposed around 100: pairs have a mean that hardly varies.
  const runs = [1, -1, 5, -5.2, 3, -3.1, 9, -8.8, 4, -4].map((by) => {
    const one = cell(100 + by);
    const [measure] = one.measures;
    const { quotient: _, ...plain } = measure!;
    return { ...one, measures: [plain] };
  });

  it("as a sweep has estimates over pairs and says what opposed", () => {
    const plan: SweepPlan = {
      ...{ parameters: ["n"], rows: [{ values: ["1"], scheduler: "s", world: WORLD }] },
      ...{ varied: ["arrivals"], replicationsCount: 10, confidence: 0.95, measures: [] },
    };
    const plain = sweepCells(plan, runs).rows[0]!.estimates[0]!;
    const record = sweepCells({ ...plan, isAntithetic: true }, runs);
    const [row] = record.rows;
    const paired = row!.estimates[0]!;
    expect(row!.replicationsCount).toBe(10);
    expect(row!.podsCreatedCount).toBe(100);
    expect(row!.antithetic).toMatchObject([{ measure: "pending.avg", isOpposed: true }]);
    if (plain.kind !== "interval" || paired.kind !== "interval") throw new Error("no interval");
    expect(paired.count).toBe(5);
    expect(paired.value).toBeCloseTo(plain.value, 9);
    expect(paired.high - paired.low).toBeLessThan((plain.high - plain.low) / 10);
    expect(formatSweep(record, "table")).toContain(
      "antithetic pairs oppose each other in pending.avg (-1.00)",
    );
    expect(formatSweep(record, "table")).toContain("10 replications of each, in antithetic pairs");
  });

  it("as a comparison has pairs of differences, and says where nothing was gained", () => {
    const plan: ComparePlan = {
      ...{ scenario: WORLD, alternatives: ["a", "b"], baseline: 0, varied: ["arrivals"] },
      ...{ replicationsCount: 10, margin: { kind: "relative", ratio: 0.01 }, confidence: 0.95 },
      measures: [],
      isAntithetic: true,
    };
    // Differences 1, 1.1, 2, 2.1, ...: within a pair alike, not opposed.
    const cells = runs.flatMap((one, replication) => {
      const [measure] = one.measures;
      const by = 1 + Math.floor(replication / 2) + (replication % 2) / 10;
      const value = measure!.value! + by;
      return [
        { alternative: 0, replication, ...one },
        { alternative: 1, replication, ...one, measures: [{ ...measure!, value }] },
      ];
    });
    const record = compareCells(plan, cells);
    expect(record.replicationsCount).toBe(10);
    expect(record.comparisons[0]!.comparison).toMatchObject({ kind: "paired", count: 5 });
    expect(record.antithetic).toMatchObject([
      { alternative: "b", measure: "pending.avg", isOpposed: false },
    ]);
    const text = formatCompare(record, "table");
    expect(text).toContain("10 replications in 5 antithetic pairs");
    expect(text).toContain("b: no gain from antithetic pairs in pending.avg (1.00): plain");
    const few = compareCells({ ...plan, replicationsCount: 8 }, cells.slice(0, 16));
    expect(formatCompare(few, "table")).toContain("no verdict: 4 pairs, 5 are needed");
  });
});

describe("what pairs cannot be made of is refused by name", () => {
  const plan: ComparePlan = {
    ...{ scenario: WORLD, alternatives: ["a", "b"], baseline: 0, varied: ["arrivals", "faults"] },
    ...{ replicationsCount: 10, margin: { kind: "relative", ratio: 0.01 }, confidence: 0.95 },
    measures: [],
  };
  it.each([
    [{}, undefined],
    [{ replicationsCount: 9 }, /even number of replications, not 9/],
    [{ varied: [] }, /nothing varies/],
    [{ varied: ["arrivals", "ties"] }, /ties .* cannot be opposed/],
    [{ design: { kind: "precision", ratio: 0.05, countMax: 500 } }, /--precision counts single/],
    [
      { design: { kind: "selection", measure: "m", indifference: 1, countMax: 50 } },
      /--select counts single/,
    ],
    [{ hasTieAudit: true }, /--tie-audit draws ties/],
    [{ control: { name: "pods created", mean: 5 } }, /--controls corrects single/],
  ] as const)("%j", (more, message) => {
    const ask = (): void => refuseUnpaired({ ...plan, ...more } as ComparePlan);
    if (message === undefined) expect(ask).not.toThrow();
    else expect(ask).toThrow(message);
  });
});
