import { describe, expect, it } from "vitest";
import { normalQuantile, seededStream } from "../../src/base/index.ts";
import { giniCoefficient, jainIndex } from "../../src/analysis/fairness.ts";
import { solveSymmetric } from "../../src/analysis/linear-solve.ts";
import { censoringOf, survivalCurve, survivalQuantile } from "../../src/analysis/survival.ts";
import {
  estimateAntithetic,
  estimateStratified,
  estimateWithControls,
} from "../../src/analysis/variance-reduction.ts";

const done = (durationUs: number) => ({ durationUs, isCensored: false });
const waiting = (durationUs: number) => ({ durationUs, isCensored: true });

describe("censored durations", () => {
  // Freireich's leukaemia remission times in weeks, the textbook case of Kaplan-Meier curves.
  const REMISSION = [
    ...[6, 6, 6, 7, 10, 13, 16, 22, 23].map(done),
    ...[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(waiting),
  ];

  it("have the published curve and standard errors", () => {
    const curve = survivalCurve(REMISSION);
    expect(curve.map(({ durationUs }) => durationUs)).toEqual([6, 7, 10, 13, 16, 22, 23]);
    const ratios = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482];
    const errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346];
    for (const [at, step] of curve.entries()) {
      expect(Math.abs(step.survivingRatio - ratios[at]!)).toBeLessThan(5.1e-5);
      expect(Math.abs(step.standardError - errors[at]!)).toBeLessThan(5.1e-5);
    }
  });

  it("give a median where the curve falls that far, and otherwise say how long was watched", () => {
    expect(survivalQuantile(REMISSION, 0.5, 0.95)).toMatchObject({
      kind: "reached",
      durationUs: 23,
      interval: { lowUs: 13, highUs: null },
    });
    expect(survivalQuantile(REMISSION, 0.9, 0.95)).toEqual({ kind: "beyond", longestUs: 35 });
    expect(survivalQuantile([], 0.5, 0.95)).toEqual({ kind: "no-values" });
  });

  it("without censoring is the plain quantile, and one percent is the limit of plain ones", () => {
    const all = Array.from({ length: 100 }, (_, at) => done(at + 1));
    expect(survivalQuantile(all, 0.5, 0.95)).toMatchObject({ durationUs: 50 });
    expect(survivalQuantile(all, 0.95, 0.95)).toMatchObject({ durationUs: 95 });
    expect(censoringOf([...all.slice(1), waiting(5)]).needsSurvival).toBe(false);
    expect(censoringOf([...all.slice(2), waiting(5), waiting(9)])).toEqual({
      count: 100,
      censoredCount: 2,
      censoredRatio: 0.02,
      needsSurvival: true,
    });
    expect(censoringOf([]).censoredRatio).toBeNull();
  });
});

describe("fairness", () => {
  it.each([
    ["equal shares", [3, 3, 3, 3], 1, 0],
    ["one has all", [0, 0, 0, 8], 0.25, 0.75],
    ["by hand", [1, 2, 3], 36 / 42, 2 / 9],
  ])("%s", (_title, shares, jain, gini) => {
    expect(jainIndex(shares)).toBeCloseTo(jain, 12);
    expect(giniCoefficient(shares)).toBeCloseTo(gini, 12);
  });

  it("of nothing is no number", () => {
    expect([jainIndex([0, 0]), giniCoefficient([0, 0]), jainIndex([])]).toEqual([null, null, null]);
    expect(() => jainIndex([-1, 2])).toThrow("not negative");
  });
});

describe("variance reduction", () => {
  const stream = seededStream("controls");
  const draw = (): number => normalQuantile(stream.nextUnit());
  const arrivals = Array.from({ length: 40 }, () => 100 + 10 * draw());
  const values = arrivals.map((count) => 5 + 0.3 * (count - 100) + 0.2 * draw());

  it("a control that explains the measure narrows its interval", () => {
    const control = { name: "arrivals", values: arrivals, mean: 100 };
    const [plain, with1] = [
      estimateWithControls(values, []),
      estimateWithControls(values, [control]),
    ];
    if (plain.kind !== "interval" || with1.kind !== "interval") throw new Error("no interval");
    expect(with1.degreesOfFreedom).toBe(38);
    expect((plain.high - plain.low) / (with1.high - with1.low)).toBeGreaterThan(8);
  });

  it("the interval with a control covers the truth about as often as it says", () => {
    let covered = 0;
    for (let study = 0; study < 1_000; study++) {
      const counts = Array.from({ length: 12 }, () => 100 + 10 * draw());
      const found = estimateWithControls(
        counts.map((count) => 5 + 0.3 * (count - 100) + 0.2 * draw()),
        [{ name: "arrivals", values: counts, mean: 100 }],
      );
      if (found.kind === "interval" && found.low <= 5 && found.high >= 5) covered += 1;
    }
    expect(covered).toBeGreaterThan(930);
    expect(covered).toBeLessThan(970);
  });

  it("is least squares: the intercept at the control's mean, by hand", () => {
    // Y = 1, 3, 2, 5, 4, 6 on C = 0..5 with known mean 2; both have 17.5 as sum of squares.
    const found = estimateWithControls(
      [1, 3, 2, 5, 4, 6],
      [{ name: "c", values: [0, 1, 2, 3, 4, 5], mean: 2 }],
    );
    if (found.kind !== "interval") throw new Error(found.kind);
    const slope = 15.5 / 17.5;
    const residual = (17.5 - slope * 15.5) / 4;
    expect(found.value).toBeCloseTo(3.5 - slope * 0.5, 12);
    expect(found.standardError).toBeCloseTo(Math.sqrt(residual * (1 / 6 + (0.5 * 0.5) / 17.5)), 12);
  });

  it("controls need five more replications than there are of them, and differ from each other", () => {
    const control = { name: "a", values: arrivals.slice(0, 5), mean: 100 };
    expect(estimateWithControls(values.slice(0, 5), [control]).kind).toBe("point");
    const twice = [
      { name: "a", values: arrivals, mean: 100 },
      { name: "b", values: arrivals.map((value) => 2 * value), mean: 200 },
    ];
    expect(estimateWithControls(values, twice)).toMatchObject({ reason: "dependent-controls" });
  });

  it("antithetic pairs are refused unless the pilot's oppose each other", () => {
    const opposed = Array.from({ length: 10 }, () => {
      const z = draw();
      return [10 + z, 10 - z + 0.1 * draw()] as const;
    });
    const used = estimateAntithetic(opposed.slice(0, 5), opposed);
    expect(used).toMatchObject({ kind: "used", estimate: { method: "antithetic", count: 10 } });
    const together = opposed.map(([left]) => [left, left + 1] as const);
    expect(estimateAntithetic(together, together).kind).toBe("refused");
    expect(estimateAntithetic(opposed.slice(0, 4), opposed).kind).toBe("refused");
  });

  it("strata are weighted by their probability, not by how often they were run", () => {
    const strata = [
      { probability: 0.9, values: [1, 2, 1, 2, 1, 2] },
      { probability: 0.1, values: [10, 12, 11, 13, 14] },
    ];
    const found = estimateStratified(strata);
    if (found.kind !== "interval") throw new Error(found.kind);
    expect(found.value).toBeCloseTo(0.9 * 1.5 + 0.1 * 12, 12);
    expect(found.standardError).toBeCloseTo(Math.sqrt((0.81 * 0.3) / 6 + (0.01 * 2.5) / 5), 12);
    expect(estimateStratified([{ probability: 1, values: [1, 2, 3] }])).toMatchObject({
      reason: "few",
    });
    expect(() => estimateStratified(strata.slice(1))).toThrow("add up to 1");
  });

  it("the solver solves, and tells dependence", () => {
    const solved = solveSymmetric(
      [
        [4, 2, 1],
        [2, 5, 3],
        [1, 3, 6],
      ],
      [11, 21, 25],
    )!;
    for (const [at, x] of [1, 2, 3].entries()) expect(solved[at]).toBeCloseTo(x, 12);
    expect(
      solveSymmetric(
        [
          [1, 2],
          [2, 4],
        ],
        [1, 2],
      ),
    ).toBeUndefined();
  });
});
