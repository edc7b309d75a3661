// Claims about when a comparison ends: never by who was quicker, and with what the rules promise.

import { describe, expect, it } from "vitest";
import { seededStream } from "../../../src/base/index.ts";
import { compareCells } from "../../../src/experiment/compare/compare-cells.ts";
import type { CompareCell, ComparePlan } from "../../../src/experiment/index.ts";
import {
  decodeScenario,
  knownControl,
  nextCells,
  worldOfCell,
} from "../../../src/experiment/index.ts";
import type { Scenario } from "../../../src/experiment/scenario/scenario.ts";
import { formatCompare } from "../../../src/report/index.ts";

type ValueOf = (alternative: number, replication: number) => number | null;

function plan(more: Partial<ComparePlan> = {}): ComparePlan {
  const { scenario } = decodeScenario({
    ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "x" } },
  });
  return {
    scenario: scenario!,
    alternatives: ["a", "b"],
    baseline: 0,
    varied: ["arrivals"],
    replicationsCount: 6,
    margin: { kind: "relative", ratio: 0.01 },
    confidence: 0.95,
    measures: ["cost"],
    ...more,
  };
}

function cell(alternative: number, replication: number, value: number | null): CompareCell {
  return {
    ...{ alternative, replication, end: "horizon", fingerprint: `${alternative}/${replication}` },
    ...{ inputHash: "h", podsCreatedCount: 1, podsPendingAtEndCount: 0 },
    ...{ attemptsCount: 1, tiedCount: 0, isUnstable: false },
    measures: [
      { measure: "cost", unit: "count", direction: "lower", value, isThin: false },
      { measure: "other", unit: "count", direction: "lower", value: 1, isThin: false },
    ],
  };
}

/** Runs whatever is asked for, `at once` cells at a time, until nothing is. */
function runAll(asked: ComparePlan, value: ValueOf, atOnce: number = 1_000): CompareCell[] {
  const cells: CompareCell[] = [];
  for (;;) {
    const next = nextCells(asked, cells);
    if (next.length === 0) return cells;
    for (const { alternative, replication } of next.slice(0, atOnce))
      cells.push(cell(alternative, replication, value(alternative, replication)));
  }
}

/** Noise that all alternatives of a replication share but for `own`. */
function noisy(means: readonly number[], common: number, own: number): ValueOf {
  const draw = (name: string): number => seededStream(name).nextUnit() - 0.5;
  return (alternative, replication) =>
    means[alternative % means.length]! +
    common * draw(`world ${replication}`) +
    own * draw(`own ${alternative} ${replication}`);
}

describe("a fixed number of replications", () => {
  it("asks for all cells at once, by replication", () => {
    expect(nextCells(plan({ replicationsCount: 2 }), [])).toEqual([
      { alternative: 0, replication: 0 },
      { alternative: 1, replication: 0 },
      { alternative: 0, replication: 1 },
      { alternative: 1, replication: 1 },
    ]);
    expect(nextCells(plan({ varied: [] }), [])).toHaveLength(2);
  });

  it("asks only for what is missing", () => {
    const asked = plan();
    const cells = runAll(asked, noisy([1, 2], 1, 1)).filter(
      ({ replication, alternative }) => replication !== 3 || alternative !== 1,
    );
    expect(nextCells(asked, cells)).toEqual([{ alternative: 1, replication: 3 }]);
  });
});

describe("stopping at a precision", () => {
  const design = { kind: "precision", ratio: 0.05, countMax: 200 } as const;

  it("ends when the paired difference is known so well, and holds it through the look-ahead", () => {
    const asked = plan({ design });
    const record = compareCells(asked, runAll(asked, noisy([10, 11], 8, 2)));
    expect(record.stopping).toMatchObject({ kind: "reached", measures: ["cost"] });
    const { reachedAtCount } = record.stopping!;
    expect(record.replicationsCount).toBe(
      reachedAtCount! + Math.max(5, Math.ceil(reachedAtCount! * 0.05)),
    );
    const [answer] = record.comparisons;
    const { interval, baselineMean } = answer!.comparison as Extract<
      typeof answer,
      { verdict: object }
    >["comparison"];
    expect((interval!.high - interval!.low) / 2).toBeLessThanOrEqual(0.05 * baselineMean);
    expect(formatCompare(record, "table")).toContain("half-widths of cost within 5 %");
  });

  it("looks at the difference, not at each mean: common noise costs no replications", () => {
    const asked = plan({ design });
    const quiet = compareCells(asked, runAll(asked, noisy([10, 11], 50, 0.1)));
    expect(quiet.replicationsCount).toBe(15);
  });

  it("gives the same record whatever is run at once, in whatever portions", () => {
    const asked = plan({ design });
    const values = noisy([10, 11], 8, 3);
    const records = [1, 2, 7, 1_000].map((atOnce) =>
      JSON.stringify(compareCells(asked, runAll(asked, values, atOnce))),
    );
    expect(new Set(records).size).toBe(1);
  });

  it("says so when the cap comes first, and when a value is missing", () => {
    const capped = plan({ design: { ...design, countMax: 20 } });
    const record = compareCells(capped, runAll(capped, noisy([10, 11], 0, 40)));
    expect([record.stopping?.kind, record.replicationsCount]).toEqual(["capped", 20]);
    expect(formatCompare(record, "table")).toContain("NOT reached with 20 replications");
    const asked = plan({ design });
    const broken = compareCells(
      asked,
      runAll(asked, (alternative, run) => (alternative === 1 && run === 4 ? null : 1)),
    );
    expect(broken.stopping?.kind).toBe("missing-values");
  });
});

describe("choosing the best", () => {
  const design = { kind: "selection" as const, measure: "cost", indifference: 0.5, countMax: 300 };
  const many = { design, alternatives: ["a", "b", "c", "d"] };

  it("runs losers only until they are seen to lose", () => {
    const asked = plan(many);
    const cells = runAll(asked, noisy([20, 10, 12, 11], 30, 2));
    const record = compareCells(asked, cells);
    expect(record.selection).toMatchObject({ kind: "selected", best: "b", procedure: "KN" });
    const runs = [0, 1, 2, 3].map(
      (alternative) => cells.filter((one) => one.alternative === alternative).length,
    );
    expect(runs[0]).toBe(10);
    expect(Math.max(...runs)).toBe(runs[1]);
    expect(record.selection!.eliminated[0]).toMatchObject({ alternative: "a", atCount: 10 });
    // Pairs are of the replications that both had.
    const loser = record.comparisons.find((one) => one.alternative === "b")!;
    expect(loser.comparison.count).toBe(10);
    const text = formatCompare(record, "table");
    expect(text).toMatch(/best on cost .*: b after \d+ replications/);
    expect(text).toContain("left after 10: a, behind");
  });

  it("gives the same record whatever is run at once", () => {
    const asked = plan(many);
    const records = [1, 3, 1_000].map((atOnce) =>
      JSON.stringify(compareCells(asked, runAll(asked, noisy([20, 10, 12, 11], 30, 4), atOnce))),
    );
    expect(new Set(records).size).toBe(1);
  });

  it("says so when the cap comes first", () => {
    const asked = plan({ ...many, design: { ...design, countMax: 12, indifference: 0.01 } });
    const record = compareCells(asked, runAll(asked, noisy([10, 10, 10, 10], 0, 9)));
    expect(record.selection).toMatchObject({ kind: "undecided", best: null });
    expect(formatCompare(record, "table")).toContain("NOT decided with 12 replications");
  });
});

describe("a tie audit", () => {
  it("runs every replication that counts again, with ties drawn", () => {
    const asked = plan({ replicationsCount: 2, hasTieAudit: true });
    const places = nextCells(asked, []);
    expect(places).toHaveLength(8);
    expect(worldOfCell(asked, places[0]!)).toEqual({ alternative: 0, varied: ["arrivals"] });
    expect(worldOfCell(asked, places.at(-1)!)).toEqual({
      ...{ alternative: 1, varied: ["arrivals", "ties"] },
    });
  });

  it("warns of a measure that ties alone move further than its interval is wide", () => {
    const asked = plan({ hasTieAudit: true });
    const moved: ValueOf = (alternative, replication) =>
      noisy([10, 11], 1, 1)(alternative % 2, replication)! + (alternative === 3 ? 5 : 0);
    const record = compareCells(asked, runAll(asked, moved));
    expect(record.tieAudits?.map(({ alternative, kind }) => [alternative, kind])).toEqual([
      ["a", "insensitive"],
      ["b", "sensitive"],
    ]);
    expect(formatCompare(record, "table")).toContain("WARNING: ties alone move cost of b by 5");
    const calm = compareCells(
      asked,
      runAll(asked, (a, r) => noisy([10, 11], 1, 1)(a % 2, r)),
    );
    expect(formatCompare(calm, "table")).toContain("ties drawn at random move no measure");
  });

  it("comes after sequential stopping, for the replications that it left", () => {
    const design = { kind: "precision", ratio: 0.05, countMax: 50 } as const;
    const asked = plan({ design, hasTieAudit: true });
    const cells = runAll(asked, (a, r) => noisy([10, 11], 8, 0.1)(a % 2, r));
    expect(cells.filter(({ alternative }) => alternative >= 2)).toHaveLength(30);
    expect(compareCells(asked, cells).replicationsCount).toBe(15);
  });
});

describe("a control with a known mean", () => {
  const generated = (more: object = {}, world: object = {}): Scenario => {
    const { scenario, problems } = decodeScenario({
      ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "x" } },
      run: { horizon: "10m" },
      workload: {
        generators: [
          {
            name: "jobs",
            arrivals: { process: "poisson", rate: 0.5, from: "2m", ...more },
            pod: { spec: {} },
          },
        ],
        ...world,
      },
    });
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
    return scenario!;
  };

  it("is the expected number of arrivals, where nothing else brings pods", () => {
    expect(knownControl(generated(), ["arrivals"])).toEqual({ name: "pods created", mean: 240 });
    expect(knownControl(generated({ until: "4m" }), ["arrivals"])).toMatchObject({ mean: 60 });
    expect(knownControl(generated(), ["ties"])).toBe("arrivals do not vary");
    expect(knownControl(generated({ count: 9 }), ["arrivals"])).toContain("end at a count");
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { containers: [] },
    };
    const mixed = generated({}, { manifests: [{ objects: [pod] }] });
    expect(knownControl(mixed, ["arrivals"])).toContain("bring pods as well");
  });

  it("takes out of a difference what the arrivals explain", () => {
    const control = { name: "pods created", mean: 100 } as const;
    const asked = plan({ replicationsCount: 30, control });
    const created = (run: number): number =>
      Math.round(100 + 20 * (seededStream(`created ${run}`).nextUnit() - 0.5));
    const cells = runAll(asked, (alternative, run) =>
      alternative === 0 ? 10 : 11 + 0.5 * (created(run) - 100) + noisy([0], 0, 0.2)(1, run)!,
    ).map((one) => ({ ...one, podsCreatedCount: created(one.replication) }));
    const record = compareCells(asked, cells);
    const [plain] = record.comparisons;
    const [corrected] = record.controlled!.answers;
    expect(corrected!.estimate).toMatchObject({ kind: "interval", method: "controls" });
    if (corrected!.estimate.kind !== "interval" || plain!.comparison.kind !== "paired") return;
    const { low, high } = corrected!.estimate;
    const { interval } = plain!.comparison;
    expect((high - low) / (interval!.high - interval!.low)).toBeLessThan(0.1);
    expect([low < 1, high > 1]).toEqual([true, true]);
    expect(formatCompare(record, "table")).toMatch(
      /cost of b, corrected for pods created \(100\.0 expected\): \+[01]\.\d\d \[.*% as wide/,
    );
  });
});
