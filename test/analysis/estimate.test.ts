import { describe, expect, it } from "vitest";
import { bootstrapMean } from "../../src/analysis/bootstrap.ts";
import { estimateMean, relativeHalfWidth } from "../../src/analysis/estimate.ts";
import {
  estimateQuantile,
  medianUnbiasedQuantile,
  nearestRankQuantile,
  observationsNeeded,
} from "../../src/analysis/quantile-estimate.ts";
import { estimateRatio } from "../../src/analysis/ratio-estimate.ts";
import { countForHalfWidth } from "../../src/analysis/sample-size.ts";
import { estimateOf } from "../../src/analysis/study.ts";
import { criticalT } from "../../src/analysis/student.ts";

const NINE = [12, 15, 11, 14, 18, 13, 12, 16, 15]; // mean 14, s = sqrt(5)

describe("the mean of replications", () => {
  it("has Student's interval, by hand", () => {
    const found = estimateMean(NINE);
    if (found.kind !== "interval") throw new Error(found.kind);
    const halfWidth = (2.306004135 * Math.sqrt(5)) / 3; // t(0.975, 8)
    expect(found.value).toBe(14);
    expect(found.degreesOfFreedom).toBe(8);
    expect(found.low).toBeCloseTo(14 - halfWidth, 8);
    expect(found.high).toBeCloseTo(14 + halfWidth, 8);
    expect(relativeHalfWidth(found)).toBeCloseTo(halfWidth / 14, 9);
  });

  it("is a number without an interval below five replications, and nothing without any", () => {
    expect(estimateMean([3, 4, 5, 8])).toEqual({
      kind: "point",
      reason: "few",
      count: 4,
      value: 5,
    });
    expect(estimateMean([3, 4, 5, 8, 9]).kind).toBe("interval");
    expect(estimateMean([]).kind).toBe("absent");
  });

  it("has no interval of no width: equal values are a number, and say why", () => {
    const found = estimateMean([0.3, 0.3, 0.3, 0.3, 0.3, 0.3]);
    expect(found).toEqual({ kind: "point", reason: "constant", count: 6, value: 0.3 });
    expect(relativeHalfWidth(found)).toBeNull();
  });

  it("refuses a value that is no number", () => {
    expect(() => estimateMean([1, 2, Number.NaN, 4, 5])).toThrow("finite");
    expect(() => estimateMean([1, 2, 3, 4, 5], 1)).toThrow("confidence");
  });
});

describe("what a study allows", () => {
  const runs = (values: readonly (number | null)[], unstableAt = -1) =>
    values.map((value, at) => ({ value, isUnstable: at === unstableAt }));
  const steady = { kind: "steady-state", varied: ["arrivals"], warmUpUs: 5 } as const;
  const batch = { kind: "terminating", varied: ["arrivals"] } as const;

  it("one unstable run takes the mean from a steady-state study, not from a terminating one", () => {
    expect(estimateOf(steady, runs(NINE, 4))).toEqual({
      kind: "absent",
      reason: "unstable",
      count: 9,
      affectedCount: 1,
    });
    expect(estimateOf(batch, runs(NINE, 4)).kind).toBe("interval");
  });

  it("a measure that some runs lack has no mean over the others", () => {
    expect(estimateOf(batch, runs([1, 2, null, 4, 5, null]))).toEqual({
      kind: "absent",
      reason: "missing-values",
      count: 6,
      affectedCount: 2,
    });
  });

  it("where nothing varies, one run is the answer, however often it was made", () => {
    expect(estimateOf({ kind: "fixed" }, runs([7, 7, 7, 7, 7, 7]))).toEqual({
      kind: "point",
      reason: "nothing-varies",
      count: 1,
      value: 7,
    });
    expect(() => estimateOf({ kind: "fixed" }, runs([7, 8]))).toThrow("nothing varies");
  });
});

describe("quantiles", () => {
  it("need ten observations beyond them in every replication", () => {
    expect([0.5, 0.9, 0.95, 0.99, 0.05].map(observationsNeeded)).toEqual([20, 100, 200, 1000, 200]);
    const runs = NINE.map((value) => ({ value, observationsCount: 1_000, errorRatio: 0 }));
    expect(estimateQuantile(0.99, runs).estimate.kind).toBe("interval");
    const short = runs.with(3, { value: 14, observationsCount: 999, errorRatio: 0.001 });
    const found = estimateQuantile(0.99, short);
    expect(found.estimate).toEqual({
      kind: "absent",
      reason: "insufficient-observations",
      count: 9,
      affectedCount: 1,
    });
    expect([found.observationsMin, found.observationsNeeded, found.errorRatio]).toEqual([
      999, 1_000, 0.001,
    ]);
  });

  it("by rank and by type 8, by hand", () => {
    const sorted = [10, 20, 30, 40, 50];
    expect([0.2, 0.21, 0.5, 1].map((p) => nearestRankQuantile(sorted, p))).toEqual([
      10, 20, 30, 50,
    ]);
    expect(medianUnbiasedQuantile(sorted, 0.5)).toBeCloseTo(30, 12);
    expect(medianUnbiasedQuantile(sorted, 0.25)).toBeCloseTo(50 / 3, 9); // position 5/3
    expect([0.01, 0.99].map((p) => medianUnbiasedQuantile(sorted, p))).toEqual([10, 50]);
  });
});

describe("a ratio of means", () => {
  it("is not the mean of ratios, and is exact where all ratios are equal", () => {
    expect(estimateRatio([2, 4, 6, 8, 10], [1, 2, 3, 4, 5])).toEqual({
      kind: "point",
      reason: "constant",
      count: 5,
      value: 2,
    });
    const found = estimateRatio([10, 1, 1, 1, 1, 1], [100, 1, 1, 1, 1, 1]);
    if (found.kind !== "interval") throw new Error(found.kind);
    expect(found.method).toBe("jackknife");
    expect(found.value).toBeLessThan(0.6); // mean of ratios: 0.85
  });

  it("agrees with the jackknife done the long way", () => {
    const top = [3, 5, 4, 6, 8, 2];
    const bottom = [10, 12, 9, 15, 20, 8];
    const ratio = (skip: number): number => {
      const keep = (values: number[]) =>
        values.reduce((sum, value, at) => sum + (at === skip ? 0 : value), 0);
      return keep(top) / keep(bottom);
    };
    const pseudo = top.map((_, at) => 6 * ratio(-1) - 5 * ratio(at));
    const mean = pseudo.reduce((sum, value) => sum + value, 0) / 6;
    const spread = Math.sqrt(pseudo.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5);
    const found = estimateRatio(top, bottom);
    if (found.kind !== "interval") throw new Error(found.kind);
    expect(found.value).toBeCloseTo(mean, 12);
    expect(found.high).toBeCloseTo(mean + (2.570581836 * spread) / Math.sqrt(6), 8);
  });

  it("does not divide by nothing", () => {
    expect(estimateRatio([1, 2, 3, 4, 5], [0, 0, 0, 0, 0])).toMatchObject({
      kind: "absent",
      reason: "no-denominator",
    });
    expect(estimateRatio([1, 2, 3, 4, 5], [0, 0, 0, 0, 9]).kind).toBe("absent");
  });
});

describe("the bootstrap", () => {
  const skewed = [1.13, 1.02, 2.31, 1.27, 3.11, 1.05, 2.03, 9.49, 1.61, 1.34, 4.17, 2.25];
  const options = { stream: "seed/0/bootstrap/pending", resamplesCount: 4_000 };

  it("gives the same bytes again, and others under another name", () => {
    const found = bootstrapMean(skewed, options);
    expect(bootstrapMean(skewed, options)).toEqual(found);
    expect(bootstrapMean(skewed, { ...options, stream: "seed/1/bootstrap/pending" })).not.toEqual(
      found,
    );
  });

  it("leans to the side of the long tail, where Student's interval cannot", () => {
    const found = bootstrapMean(skewed, options);
    if (found.kind !== "interval") throw new Error(found.kind);
    expect(found.high - found.value).toBeGreaterThan(1.5 * (found.value - found.low));
    expect(found.low).toBeGreaterThanOrEqual(1.02);
  });

  it("is near Student's for many near-normal values", () => {
    const values = Array.from(
      { length: 200 },
      (_, at) => (Math.sin(at * 12.9898) * 43758.5453) % 1,
    );
    const [boot, plain] = [bootstrapMean(values, options), estimateMean(values)];
    if (boot.kind !== "interval" || plain.kind !== "interval") throw new Error("no interval");
    expect(Math.abs(boot.low - plain.low)).toBeLessThan(0.2 * (plain.high - plain.low));
    expect(Math.abs(boot.high - plain.high)).toBeLessThan(0.2 * (plain.high - plain.low));
  });

  it("has no interval below five values nor of equal ones", () => {
    expect(bootstrapMean([1, 2, 3, 4], options)).toMatchObject({ kind: "point", reason: "few" });
    expect(bootstrapMean([2, 2, 2, 2, 2], options)).toMatchObject({ reason: "constant" });
  });
});

describe("replications for a width", () => {
  it("is the least n whose interval is that narrow", () => {
    for (const spread of [0.1, 1, 3, 17.5, 400]) {
      const n = countForHalfWidth(spread, 1, 0.95);
      const halfWidth = (count: number) => (criticalT(0.95, count - 1) * spread) / Math.sqrt(count);
      expect(halfWidth(n)).toBeLessThanOrEqual(1);
      if (n > 5) expect(halfWidth(n - 1)).toBeGreaterThan(1);
    }
  });
});
