// Claims about the second interval: when it is there, of what it is, and that it is the same each time.

import { describe, expect, it } from "vitest";
import {
  bootstrapBeside,
  bootstrapMean,
  bootstrapRatio,
  type BesideQuestion,
  estimateMean,
  estimateRatio,
} from "../../src/analysis/index.ts";

const EVEN = [4, 5, 6, 7, 5, 6, 4, 7, 5.5, 5.5];
const SKEWED = [1, 1.2, 0.9, 1.1, 1, 0.8, 1.3, 1, 9, 1.1];
const SHARES = EVEN.map((value) => value / 10);

function question(values: readonly number[], more: Partial<BesideQuestion> = {}): BesideQuestion {
  return {
    ...{ values, estimate: estimateMean(values), stream: "1/0/test", confidence: 0.95 },
    bounds: { low: 0, high: null },
    ...more,
  };
}

describe("a second interval", () => {
  it("is there for skewed values, on the side of their tail", () => {
    const beside = bootstrapBeside(question(SKEWED))!;
    const first = estimateMean(SKEWED) as { low: number; high: number; value: number };
    expect(beside.reason).toBe("skewed");
    expect(beside.skewness).toBeGreaterThan(1);
    expect(beside.interval.low).toBeGreaterThan(first.low);
    expect(beside.interval.high - first.value).toBeGreaterThan(first.value - beside.interval.low);
  });

  it("is not there for even values, nor for fewer than ten", () => {
    expect(bootstrapBeside(question(EVEN))).toBeUndefined();
    expect(bootstrapBeside(question(SKEWED.slice(1)))).toBeUndefined();
  });

  it("is there for shares, and says whether the first interval holds what cannot be", () => {
    const bounds = { low: 0, high: 1 };
    expect(bootstrapBeside(question(SHARES, { bounds }))).toMatchObject({
      ...{ reason: "bounded", isBeyondBounds: false },
    });
    const nearly = SHARES.map((value, at) => (at === 0 ? 0.97 : 0.98 + value / 50));
    const wide = { ...estimateMean(nearly), high: 1.01 } as BesideQuestion["estimate"];
    const beside = bootstrapBeside(question(nearly, { bounds, estimate: wide }))!;
    expect(beside.isBeyondBounds).toBe(true);
    expect(beside.interval.high).toBeLessThanOrEqual(1);
  });

  it("is there where the first one falls below 0", () => {
    const rare = [0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 2, 1];
    const below = { ...estimateMean(rare), low: -0.1 } as BesideQuestion["estimate"];
    expect(
      bootstrapBeside(question(rare, { estimate: below }))!.interval.low,
    ).toBeGreaterThanOrEqual(0);
  });

  it("has the same bytes each time and others from another stream", () => {
    expect(bootstrapBeside(question(SKEWED))).toEqual(bootstrapBeside(question(SKEWED)));
    const other = bootstrapBeside(question(SKEWED, { stream: "1/0/other" }))!;
    expect(other.interval).not.toEqual(bootstrapBeside(question(SKEWED))!.interval);
  });
});

describe("the bootstrap of a ratio", () => {
  it("over equal denominators is that of the mean", () => {
    const ones = SKEWED.map(() => 1);
    const options = { stream: "1/0/test" };
    const { low, high } = bootstrapMean(SKEWED, options) as { low: number; high: number };
    const ratio = bootstrapRatio(SKEWED, ones, options);
    expect(ratio).toMatchObject({ method: "bootstrap" });
    expect((ratio as { low: number }).low).toBeCloseTo(low, 12);
    expect((ratio as { high: number }).high).toBeCloseTo(high, 12);
  });

  it("weighs long runs more, and lies around the ratio of the sums", () => {
    const lengths = EVEN.map((_, at): number => (at < 5 ? 1 : 9));
    const used = EVEN.map((value, at) => (value / 10) * lengths[at]!);
    const found = bootstrapRatio(used, lengths, { stream: "1/0/test" }) as {
      value: number;
      low: number;
      high: number;
    };
    const jack = estimateRatio(used, lengths) as { low: number; high: number };
    expect(found.value).toBeCloseTo(
      used.reduce((a, b) => a + b) / lengths.reduce((a, b) => a + b),
      12,
    );
    expect(Math.abs(found.low - jack.low)).toBeLessThan((jack.high - jack.low) / 4);
    expect(Math.abs(found.high - jack.high)).toBeLessThan((jack.high - jack.low) / 4);
  });

  it("says why there is none", () => {
    expect(bootstrapRatio([], [], { stream: "s" })).toMatchObject({ reason: "no-values" });
    expect(bootstrapRatio([1, 2], [1, 0], { stream: "s" })).toMatchObject({
      ...{ reason: "no-denominator", affectedCount: 1 },
    });
    expect(bootstrapRatio([1, 2], [1, 2], { stream: "s" })).toMatchObject({ reason: "few" });
    expect(bootstrapRatio([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], { stream: "s" })).toMatchObject({
      reason: "constant",
    });
  });
});
