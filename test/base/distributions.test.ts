// Every law against its closed form: moments and the Kolmogorov-Smirnov distance of a million draws.
//
// The closed forms are written here a second time, with the platform's functions, so that an error
// shared by a law's quantile and its own cdf cannot hide.

import { erf } from "simple-statistics";
import { describe, expect, it } from "vitest";
import {
  constant,
  exponential,
  gamma,
  lognormal,
  pareto,
  uniform,
  weibull,
} from "../../src/base/distributions.ts";
import { EntityDraws } from "../../src/base/entity-draws.ts";
import { type Law, sampleResidual } from "../../src/base/law.ts";
import { empirical, mixture, zipf } from "../../src/base/list-laws.ts";

const DRAWS = 1_000_000;
// P(distance > 2.2 / sqrt(n)) is below 2 * exp(-2 * 2.2 ** 2) = 1.3e-4; the seed is fixed.
const DISTANCE_MAX = 2.2 / Math.sqrt(DRAWS);

const { exp, log, sqrt, PI } = Math;
const normal = (z: number): number => (1 + erf(z / Math.SQRT2)) / 2;
const erlang3 = (x: number): number => 1 - exp(-x) * (1 + x + (x * x) / 2);
const zipfTotal = (count: number): number => {
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) sum += rank ** -1.2;
  return sum;
};
const ZIPF_100 = Float64Array.from({ length: 101 }, (_, rank) => zipfTotal(rank) / zipfTotal(100));

interface Case {
  readonly title: string;
  readonly law: Law;
  readonly cdf: (x: number) => number;
  readonly mean: number;
  /** Undefined where fourth moments do not exist, so that a sample variance proves nothing. */
  readonly variance: number | undefined;
}

const CASES: readonly Case[] = [
  {
    title: "constant",
    law: constant({ value: 7 }),
    cdf: (x) => (x < 7 ? 0 : 1),
    mean: 7,
    variance: 0,
  },
  {
    title: "uniform",
    law: uniform({ min: -2, max: 6 }),
    cdf: (x) => (x + 2) / 8,
    mean: 2,
    variance: 64 / 12,
  },
  {
    title: "exponential by mean",
    law: exponential({ mean: 3 }),
    cdf: (x) => 1 - exp(-x / 3),
    mean: 3,
    variance: 9,
  },
  {
    title: "exponential by rate",
    law: exponential({ rate: 4 }),
    cdf: (x) => 1 - exp(-4 * x),
    mean: 0.25,
    variance: 1 / 16,
  },
  {
    title: "weibull, shape 1/2",
    law: weibull({ shape: 0.5, scale: 2 }),
    cdf: (x) => 1 - exp(-sqrt(x / 2)),
    mean: 4, // scale * 2!
    variance: 4 * (24 - 4), // scale ** 2 * (4! - 2! ** 2)
  },
  {
    title: "weibull, shape 2, by mean",
    law: weibull({ shape: 2, mean: 5 }),
    cdf: (x) => 1 - exp((-PI / 4) * (x / 5) ** 2),
    mean: 5,
    variance: 25 * (4 / PI - 1),
  },
  {
    title: "lognormal by mu and sigma",
    law: lognormal({ mu: 1, sigma: 0.5 }),
    cdf: (x) => normal((log(x) - 1) / 0.5),
    mean: exp(1.125),
    variance: (exp(0.25) - 1) * exp(2.25),
  },
  {
    title: "lognormal by median and sigma",
    law: lognormal({ median: 10, sigma: 1 }),
    cdf: (x) => normal(log(x / 10)),
    mean: 10 * exp(0.5),
    variance: 100 * (exp(1) - 1) * exp(1),
  },
  {
    title: "lognormal by mean and cv",
    law: lognormal({ mean: 10, cv: 0.5 }),
    cdf: (x) => normal((log(x / 10) + log(1.25) / 2) / sqrt(log(1.25))),
    mean: 10,
    variance: 25,
  },
  {
    title: "pareto",
    law: pareto({ shape: 2.5, scale: 3 }),
    cdf: (x) => 1 - (3 / x) ** 2.5,
    mean: 5,
    variance: undefined,
  },
  {
    title: "pareto of shape 1, cut off",
    law: pareto({ shape: 1, scale: 1, max: 100 }),
    cdf: (x) => (1 - 1 / x) / 0.99,
    mean: log(100) / 0.99,
    variance: 99 / 0.99 - (log(100) / 0.99) ** 2,
  },
  {
    title: "gamma of shape 3",
    law: gamma({ shape: 3, scale: 2 }),
    cdf: (x) => erlang3(x / 2),
    mean: 6,
    variance: 12,
  },
  {
    title: "gamma of shape 1/2, by mean",
    law: gamma({ shape: 0.5, mean: 1 }),
    cdf: (x) => erf(sqrt(x / 2)),
    mean: 1,
    variance: 2,
  },
  {
    title: "zipf",
    law: zipf({ exponent: 1.2, count: 100 }),
    cdf: (x) => ZIPF_100[Math.floor(x)]!,
    mean: momentOfZipf(1),
    variance: momentOfZipf(2) - momentOfZipf(1) ** 2,
  },
  {
    title: "empirical with weights, one of them 0, values in no order",
    law: empirical({ values: [5, 1, 9, 1], weights: [2, 1, 0, 1] }),
    cdf: (x) => (x < 1 ? 0 : x < 5 ? 0.5 : 1),
    mean: 3,
    variance: 4,
  },
  {
    title: "mixture",
    law: mixture({
      laws: [exponential({ mean: 1 }), uniform({ min: 10, max: 20 })],
      weights: [3, 1],
    }),
    cdf: (x) => 0.75 * (1 - exp(-x)) + 0.25 * Math.min(1, Math.max(0, (x - 10) / 10)),
    mean: 0.75 + 0.25 * 15,
    variance: 0.75 * 2 + 0.25 * (225 + 100 / 12) - 4.5 ** 2,
  },
];

function momentOfZipf(order: number): number {
  let sum = 0;
  for (let rank = 1; rank <= 100; rank++) sum += rank ** order * rank ** -1.2;
  return sum / zipfTotal(100);
}

describe.each(CASES)("$title", ({ title, law, cdf, mean, variance }) => {
  const draws = new EntityDraws(`distributions/0/${title}`);
  const values = new Float64Array(DRAWS);
  for (let entity = 0; entity < DRAWS; entity++) {
    values[entity] = law.sample((k) => draws.unit(entity, k));
  }

  it("states the mean and variance of the closed form", () => {
    expect(Math.abs(law.mean() - mean)).toBeLessThanOrEqual(1e-12 * Math.abs(mean));
    if (variance === undefined) return;
    expect(Math.abs(law.variance() - variance)).toBeLessThanOrEqual(1e-10 * variance);
  });

  it("has their mean and variance in a million draws, within 5 standard errors", () => {
    const m = values.reduce((sum, x) => sum + x, 0) / DRAWS;
    const square = values.reduce((sum, x) => sum + (x - m) ** 2, 0) / DRAWS;
    const fourth = values.reduce((sum, x) => sum + (x - m) ** 4, 0) / DRAWS;
    expect(Math.abs(m - mean)).toBeLessThanOrEqual(5 * sqrt(square / DRAWS));
    if (variance === undefined) return;
    expect(Math.abs(square - variance)).toBeLessThanOrEqual(
      5 * sqrt((fourth - square ** 2) / DRAWS) + 1e-12,
    );
  });

  it("follows the closed form (Kolmogorov-Smirnov), and so does its own cdf", () => {
    values.sort();
    let distance = 0;
    let own = 0;
    for (let index = 0; index < DRAWS; index++) {
      const x = values[index]!;
      if (x === values[index + 1]) continue; // compare after the last of equal values
      distance = Math.max(distance, Math.abs((index + 1) / DRAWS - cdf(x)));
      if (index % 16 === 0) own = Math.max(own, Math.abs(law.cdf(x) - cdf(x)));
    }
    expect(distance).toBeLessThan(DISTANCE_MAX);
    expect(own).toBeLessThan(1e-6); // the oracle's error function has six digits
    expect(values[0]).toBeGreaterThanOrEqual(law.lowest);
    expect(values[DRAWS - 1]).toBeLessThanOrEqual(law.highest);
  });
});

// What a random instant meets, checked against the law itself: the mean of x weighed by x, and the
// Kolmogorov-Smirnov distance from the running integral of its tail.
describe.each(CASES.filter(({ law }) => law.lowest >= 0))(
  "$title, met at a random instant",
  ({ title, law, cdf, mean, variance }) => {
    const draws = new EntityDraws(`met/0/${title}`);
    const met = new Float64Array(DRAWS / 10);
    const left = new Float64Array(DRAWS / 10);
    for (let entity = 0; entity < met.length; entity++) {
      met[entity] = law.sampleMet((k) => draws.unit(entity, k));
      left[entity] = sampleResidual(law, (k) => draws.unit(entity, 8 + k));
    }

    it("lasts as long on average as the moments say", () => {
      if (variance === undefined) return;
      const m = met.reduce((sum, x) => sum + x, 0) / met.length;
      const square = met.reduce((sum, x) => sum + (x - m) ** 2, 0) / met.length;
      const expected = (variance + mean * mean) / mean;
      expect(Math.abs(m - expected)).toBeLessThanOrEqual(5 * sqrt(square / met.length) + 1e-12);
    });

    it("has so much left of it as the tail of the law says", () => {
      left.sort();
      const tail = (x: number): number => (x < law.lowest ? 1 : 1 - cdf(x));
      let distance = 0;
      let area = 0;
      let from = 0;
      for (let index = 0; index < left.length; index++) {
        const x = left[index]!;
        // Simpson's rule over the step; laws with jumps are flat between them.
        const middle = from + (x - from) / 2;
        const width = x - from;
        area += (width / 6) * (tail(from) + 4 * tail(middle) + tail(x));
        from = x;
        distance = Math.max(distance, Math.abs((index + 1) / left.length - area / mean));
      }
      expect(distance).toBeLessThanOrEqual(2.2 / sqrt(left.length));
    });
  },
);
