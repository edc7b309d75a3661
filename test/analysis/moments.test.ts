import fc from "fast-check";
import {
  sampleCorrelation,
  sampleCovariance,
  sampleSkewness,
  sampleVariance,
} from "simple-statistics";
import { describe, expect, it } from "vitest";
import {
  correlationOf,
  covarianceOf,
  isConstant,
  meanOf,
  skewnessOf,
  sumOf,
  varianceOf,
} from "../../src/analysis/moments.ts";

const numbers = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), {
  minLength: 4,
  maxLength: 60,
});
const near = (found: number, truth: number): void => {
  expect(Math.abs(found - truth)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(truth)));
};

describe("moments", () => {
  it("are those of an independent implementation", () => {
    fc.assert(
      fc.property(numbers, (values) => {
        fc.pre(!isConstant(values));
        const other = values.map((value, at) => value * 0.3 + ((at * 7919) % 1000));
        near(varianceOf(values), sampleVariance(values));
        near(skewnessOf(values)!, sampleSkewness(values));
        fc.pre(!isConstant(other));
        near(covarianceOf(values, other), sampleCovariance(values, other));
        near(correlationOf(values, other)!, sampleCorrelation(values, other));
      }),
      { seed: 3 },
    );
  });

  it("do not lose small terms beside large ones", () => {
    expect(sumOf([1, 1e100, 1, -1e100])).toBe(2);
    expect(varianceOf([1e15 + 1, 1e15 + 2, 1e15 + 3])).toBe(1);
  });

  it("of equal values are exact: no spread out of rounding, no skewness, no correlation", () => {
    const equal = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1];
    expect(meanOf(equal)).toBe(0.1);
    expect(varianceOf(equal)).toBe(0);
    expect(skewnessOf(equal)).toBeNull();
    expect(correlationOf(equal, [1, 2, 3, 4, 5, 6, 7])).toBeNull();
  });

  it("refuse what they are not defined for", () => {
    expect(() => meanOf([])).toThrow("a mean needs a value");
    expect(() => varianceOf([1])).toThrow("a variance needs two values");
    expect(() => covarianceOf([1, 2], [1])).toThrow("a covariance is of pairs");
    expect(skewnessOf([1, 2])).toBeNull();
  });
});
