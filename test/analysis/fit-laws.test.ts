// Claims about fitted laws: known parameters come back, the true law is nearest, the distances are the textbook's.

import { describe, expect, it } from "vitest";
import {
  EntityDraws,
  entityHash,
  exponential,
  lawFromSpec,
  type InvertibleLaw,
  lognormal,
  pareto,
  streamName,
  weibull,
} from "../../src/base/index.ts";
import { fitLaws, representativeValues } from "../../src/analysis/fit-laws.ts";
import {
  andersonDarling,
  distanceOfValues,
  kolmogorovSmirnov,
} from "../../src/analysis/fit-statistics.ts";

const COUNT = 4000;
function sample(law: InvertibleLaw, seed: number, count = COUNT): number[] {
  const draws = new EntityDraws(streamName("fit", seed, "values"));
  return Array.from({ length: count }, (_, at) =>
    law.quantile(draws.unit(entityHash("value", at), 0)),
  );
}

describe("fitted laws", () => {
  // Four standard errors of each estimator at 4,000 values.
  it.each([
    ["exponential", exponential({ mean: 120 }), { mean: [120, 7.6] }],
    ["weibull", weibull({ shape: 0.6, scale: 300 }), { shape: [0.6, 0.03], scale: [300, 33] }],
    ["weibull", weibull({ shape: 3, scale: 50 }), { shape: [3, 0.15], scale: [50, 1.1] }],
    ["lognormal", lognormal({ mu: 4, sigma: 1.5 }), { mu: [4, 0.095], sigma: [1.5, 0.067] }],
    ["pareto", pareto({ shape: 1.8, scale: 10 }), { shape: [1.8, 0.115], scale: [10, 0.02] }],
  ] as const)("recover %s, which is the nearest then", (name, law, expected) => {
    for (const seed of [1, 2, 3]) {
      const { laws } = fitLaws(sample(law, seed));
      const fit = laws.find(({ spec }) => spec.law === name)!;
      for (const [parameter, [value, tolerance]] of Object.entries(expected)) {
        const found = (fit.spec as unknown as Record<string, number>)[parameter]!;
        expect(Math.abs(found - value), `seed ${seed}: ${parameter} ${found}`).toBeLessThan(
          tolerance,
        );
      }
      // An exponential law is a Weibull law: the two may change places.
      const nearest = laws.slice(0, name === "exponential" ? 2 : 1).map(({ spec }) => spec.law);
      expect(nearest).toContain(name);
      // 1.63 over the root of n is passed once in a hundred even with given parameters.
      expect(fit.kolmogorovSmirnov).toBeLessThan(1.63 / Math.sqrt(COUNT));
      expect(fit.andersonDarling).toBeLessThan(4);
      const wrong = laws.at(-1)!;
      expect(wrong.kolmogorovSmirnov).toBeGreaterThan(0.05);
    }
  });

  it("solve the likelihood equations: no parameter nearby is likelier", () => {
    const values = sample(weibull({ shape: 0.7, scale: 20 }), 5, 300);
    const spec = fitLaws(values).laws.find(({ spec: each }) => each.law === "weibull")!.spec as {
      shape: number;
      scale: number;
    };
    const likelihood = (shape: number, scale: number) =>
      values.reduce(
        (sum, x) =>
          sum + Math.log(shape / scale) + (shape - 1) * Math.log(x / scale) - (x / scale) ** shape,
        0,
      );
    const best = likelihood(spec.shape, spec.scale);
    for (const [a, b] of [
      [1.01, 1],
      [0.99, 1],
      [1, 1.01],
      [1, 0.99],
      [1.01, 0.99],
    ] as const)
      expect(likelihood(spec.shape * a, spec.scale * b)).toBeLessThan(best);
  });

  it("leave out what the laws cannot give, and say how much", () => {
    const fits = fitLaws([0, 0, -1, 5, 10, 20]);
    expect(fits).toMatchObject({ count: 6, leftOutCount: 3, min: -1, median: 0, max: 20 });
    expect(fits.laws).toHaveLength(4);
    expect(fitLaws([3, 3, 3]).laws).toEqual([]);
    expect(fitLaws([0]).laws).toEqual([]);
  });

  it("give a Pareto law without a mean a largest value, as scenarios demand", () => {
    const { laws } = fitLaws(sample(pareto({ shape: 0.8, scale: 1, max: 1e6 }), 1, 500));
    const { spec } = laws.find(({ spec: each }) => each.law === "pareto")!;
    expect(spec).toHaveProperty("max");
    expect(lawFromSpec({ ...spec }).law?.mean()).toBeGreaterThan(1);
  });
});

describe("distances", () => {
  const uniform = { below: (x: number) => x, above: (x: number) => 1 - x };
  it("are those of small cases by hand", () => {
    expect(kolmogorovSmirnov([0.5], uniform)).toBe(0.5);
    expect(kolmogorovSmirnov([0.1, 0.2, 0.9], uniform)).toBeCloseTo(2 / 3 - 0.2, 12);
    // -1 - (ln 0.5 + ln 0.5)
    expect(andersonDarling([0.5], uniform)).toBeCloseTo(-1 + 2 * Math.log(2), 12);
    const [a, b] = [0.3, 0.6];
    const byHand = -2 - (Math.log(a) + Math.log(1 - b) + 3 * Math.log(b) + 3 * Math.log(1 - a)) / 2;
    expect(andersonDarling([a, b], uniform)).toBeCloseTo(byHand, 12);
  });

  it("stay finite for a value that the law cannot give", () => {
    expect(andersonDarling([0, 1], uniform)).toBeGreaterThan(100);
    expect(Number.isFinite(andersonDarling([0, 1], uniform))).toBe(true);
  });

  it("of two sets of values: none of a set from itself, 1 of sets apart, ties together", () => {
    expect(distanceOfValues([1, 2, 2, 3], [1, 2, 2, 3])).toBe(0);
    expect(distanceOfValues([1, 2], [3, 4])).toBe(1);
    expect(distanceOfValues([1, 1, 1, 2], [1, 2])).toBe(0.25);
  });
});

describe("representative values", () => {
  it("are nowhere further from all of them than half a share and one value", () => {
    const values = sample(lognormal({ mu: 0, sigma: 2 }), 9, 997);
    const few = representativeValues(values, 100);
    expect(few).toHaveLength(100);
    expect(distanceOfValues(representativeValues(values, 997), few)).toBeLessThanOrEqual(
      1 / 200 + 1 / 997 + 1e-12,
    );
  });

  it("are all of them where there are no more", () => {
    expect(representativeValues([3, 1, 2], 100)).toEqual([1, 2, 3]);
  });
});
