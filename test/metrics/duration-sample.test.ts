// Percentiles against a full sort, on both sides of the switch from exact values to the histogram.

import { describe, expect, it } from "vitest";
import { DurationSample, QUANTILE_ERROR_RATIO } from "../../src/metrics/duration-sample.ts";

function values(count: number): number[] {
  const out: number[] = [];
  let state = 12345;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out.push(Math.floor(2 ** ((state / 2 ** 32) * 45)));
  }
  return out;
}

function nearestRank(sorted: readonly number[], ratio: number): number {
  return sorted[Math.max(1, Math.ceil(ratio * sorted.length)) - 1]!;
}

describe("DurationSample", () => {
  it("has no percentile and no mean of nothing", () => {
    expect(new DurationSample().summary()).toMatchObject({
      count: 0,
      avgUs: null,
      p50Us: null,
      maxUs: null,
    });
  });

  it("answers exactly while the sample is small", () => {
    const drawn = values(5000);
    const sample = new DurationSample();
    for (const value of drawn) sample.add(value);
    const sorted = [...drawn].sort((a, b) => a - b);
    for (const ratio of [0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
      expect(sample.quantile(ratio)).toBe(nearestRank(sorted, ratio));
    }
    expect(sample.summary().quantileErrorRatio).toBe(0);
  });

  it("stays within the declared error of the full sort once it is large", () => {
    const drawn = values(200_000);
    const sample = new DurationSample();
    for (const value of drawn) sample.add(value);
    const sorted = [...drawn].sort((a, b) => a - b);
    for (const ratio of [0.01, 0.5, 0.9, 0.95, 0.99, 0.999]) {
      const truth = nearestRank(sorted, ratio);
      expect(Math.abs(sample.quantile(ratio)! - truth)).toBeLessThanOrEqual(
        truth * QUANTILE_ERROR_RATIO + 1,
      );
    }
    expect(sample.quantile(1)).toBe(sorted[sorted.length - 1]);
    const sum = drawn.reduce((total, value) => total + BigInt(value), 0n);
    const n = BigInt(drawn.length);
    expect(sample.mean()).toBe(Number((2n * sum + n) / (2n * n)));
  });

  it("refuses what is no duration", () => {
    const sample = new DurationSample();
    expect(() => sample.add(-1)).toThrow();
    expect(() => sample.add(0.5)).toThrow();
    expect(() => sample.add(Number.NaN)).toThrow();
  });
});
