// Laws fitted to observed values by maximum likelihood, each with how far it is from them.
//
// Four laws with closed or one-dimensional equations: exponential, Weibull, log-normal, Pareto. What is
// observed is the default everywhere; a fitted law is for those who need a smooth or a scalable one and
// have looked at the distance. All arithmetic is the portable one: the same figures on every machine.

import { compareNumbers, exp, ln, normalCdf, pow } from "../base/index.ts";
import { andersonDarling, kolmogorovSmirnov, type TailPair } from "./fit-statistics.ts";
import { meanOf } from "./moments.ts";

/** A law as scenarios write it. */
export type FittedLawSpec =
  | { readonly law: "exponential"; readonly mean: number }
  | { readonly law: "weibull"; readonly shape: number; readonly scale: number }
  | { readonly law: "lognormal"; readonly mu: number; readonly sigma: number }
  | {
      readonly law: "pareto";
      readonly shape: number;
      readonly scale: number;
      /** Where the shape is up to 1 the law has no mean without a largest value: the observed one. */
      readonly max?: number;
    };

/** A fitted law and its distance from the values. */
export interface FittedLaw {
  readonly spec: FittedLawSpec;
  /** Largest distance between the two distribution functions, from 0 to 1. */
  readonly kolmogorovSmirnov: number;
  /** Squared distance with weight on the tails; about 1 for a true law, without bound for a wrong one. */
  readonly andersonDarling: number;
}

/** What a set of values came to. */
export interface LawFits {
  readonly count: number;
  /** Values of 0 and below: outside of what these laws can give, and left out of the fits. */
  readonly leftOutCount: number;
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  readonly max: number;
  /** The nearest first, by Anderson-Darling; empty where fewer than two distinct values are above 0. */
  readonly laws: readonly FittedLaw[];
}

/** Fits all laws to finite values, of which there is at least one. */
export function fitLaws(values: readonly number[]): LawFits {
  const all = values.toSorted(compareNumbers);
  const sorted = all.filter((value) => value > 0);
  const isFlat = sorted[0] === sorted.at(-1);
  const laws = isFlat
    ? []
    : [fitExponential, fitWeibull, fitLognormal, fitPareto].map((fitLaw) =>
        judged(fitLaw(sorted), sorted),
      );
  return {
    count: all.length,
    leftOutCount: all.length - sorted.length,
    min: all[0]!,
    median: all[Math.floor((all.length - 1) / 2)]!,
    mean: meanOf(all),
    max: all.at(-1)!,
    laws: laws.toSorted((a, b) => a.andersonDarling - b.andersonDarling),
  };
}

interface Fit {
  readonly spec: FittedLawSpec;
  readonly tails: TailPair;
}

function judged({ spec, tails }: Fit, sorted: readonly number[]): FittedLaw {
  return {
    spec,
    kolmogorovSmirnov: kolmogorovSmirnov(sorted, tails),
    andersonDarling: andersonDarling(sorted, tails),
  };
}

function fitExponential(values: readonly number[]): Fit {
  const mean = meanOf(values);
  const above = (x: number): number => exp(-x / mean);
  return { spec: { law: "exponential", mean }, tails: { above, below: (x) => 1 - above(x) } };
}

function fitLognormal(values: readonly number[]): Fit {
  const logs = values.map(ln);
  const mu = meanOf(logs);
  const sigma = Math.sqrt(meanOf(logs.map((log) => (log - mu) * (log - mu))));
  const z = (x: number): number => (ln(x) - mu) / sigma;
  return {
    spec: { law: "lognormal", mu, sigma },
    tails: { below: (x) => normalCdf(z(x)), above: (x) => normalCdf(-z(x)) },
  };
}

function fitPareto(values: readonly number[]): Fit {
  const scale = values[0]!;
  const shape = values.length / values.reduce((sum, value) => sum + ln(value / scale), 0);
  const above = (x: number): number => pow(scale / x, shape);
  const spec = { law: "pareto", shape, scale } as const;
  return {
    spec: shape > 1 ? spec : { ...spec, max: values.at(-1)! },
    tails: { above, below: (x) => 1 - above(x) },
  };
}

const SHAPE_MIN = 0.01;
const SHAPE_MAX = 1000;
/** Halvings of the interval of shapes: beyond the precision of a double. */
const HALVINGS = 80;

// The shape solves one equation that rises with it; halving needs no start and never leaves the interval.
function fitWeibull(values: readonly number[]): Fit {
  const largest = values.at(-1)!;
  // Values are taken relative to the largest, so that no power overflows.
  const logs = values.map((value) => ln(value / largest));
  const meanLog = meanOf(logs);
  const excess = (shape: number): number => {
    let weights = 0;
    let weighted = 0;
    for (const log of logs) {
      const weight = exp(shape * log);
      weights += weight;
      weighted += weight * log;
    }
    return weighted / weights - 1 / shape - meanLog;
  };
  let low = SHAPE_MIN;
  let high = SHAPE_MAX;
  for (let step = 0; step < HALVINGS; step++) {
    const middle = Math.sqrt(low * high);
    if (excess(middle) < 0) low = middle;
    else high = middle;
  }
  const shape = Math.sqrt(low * high);
  const scale = largest * pow(meanOf(logs.map((log) => exp(shape * log))), 1 / shape);
  const above = (x: number): number => exp(-pow(x / scale, shape));
  return { spec: { law: "weibull", shape, scale }, tails: { above, below: (x) => 1 - above(x) } };
}

/**
 * So many values that stand for all of them: each is the middle one of an equal share, so that the
 * distribution functions are nowhere further apart than half a share and one value. All of them where
 * there are no more.
 */
export function representativeValues(
  values: readonly number[],
  countMax: number,
): readonly number[] {
  const sorted = values.toSorted(compareNumbers);
  if (sorted.length <= countMax) return sorted;
  return Array.from(
    { length: countMax },
    (_, at) => sorted[Math.floor(((at + 0.5) * sorted.length) / countMax)]!,
  );
}
