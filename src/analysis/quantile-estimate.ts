// Quantiles within a replication, and their interval across replications.
//
// A quantile is computed inside each replication and averaged over them; pooled observations of one
// run are dependent and get no interval of their own. Short tails are refused: a p99 of 300
// observations is the third-largest of them.

import { assert } from "../base/index.ts";
import { absentEstimate, CONFIDENCE_DEFAULT, type Estimate, estimateMean } from "./estimate.ts";

/** Observations that must lie beyond a quantile, on average, before it is estimated. */
const BEYOND_MIN = 10;

/** One quantile in one replication, and the number of observations that it is of. */
export interface QuantileReplicate {
  readonly value: number | null;
  readonly observationsCount: number;
  /** Largest relative error of the value itself: 0 where it was taken from all observations. */
  readonly errorRatio: number;
}

/** The estimate of a quantile; the sketch's own error comes on top of the interval. */
export interface QuantileEstimate {
  readonly estimate: Estimate;
  /** Fewest observations within one replication, and how many the quantile needs. */
  readonly observationsMin: number;
  readonly observationsNeeded: number;
  readonly errorRatio: number;
}

/** Observations per replication that a quantile needs: 10 beyond it, on the thinner side. */
export function observationsNeeded(probability: number): number {
  assert(probability > 0 && probability < 1, `not a probability between 0 and 1: ${probability}`);
  const thinner = Math.min(probability, 1 - probability);
  return Math.ceil(BEYOND_MIN / thinner - 1e-6); // 1 - 0.95 is not quite 0.05
}

/** Smallest value such that a share `probability` of the sorted values is not above it. */
export function nearestRankQuantile(sorted: readonly number[], probability: number): number {
  assert(sorted.length > 0, "a quantile needs a value");
  const rank = Math.max(1, Math.ceil(probability * sorted.length - 1e-9));
  return sorted[Math.min(rank, sorted.length) - 1]!;
}

/**
 * Quantile of sorted values whose median is near the true quantile whatever the law (Hyndman and
 * Fan's type 8): what to average over replications, since nearest rank is biased low in a tail.
 */
export function medianUnbiasedQuantile(sorted: readonly number[], probability: number): number {
  assert(sorted.length > 0, "a quantile needs a value");
  const position = (sorted.length + 1 / 3) * probability + 1 / 3;
  const below = Math.floor(position);
  if (below < 1) return sorted[0]!;
  if (below >= sorted.length) return sorted[sorted.length - 1]!;
  const low = sorted[below - 1]!;
  return low + (position - below) * (sorted[below]! - low);
}

/** Mean of a quantile over replications with Student's interval, if every replication is long enough. */
export function estimateQuantile(
  probability: number,
  replicates: readonly QuantileReplicate[],
  confidence: number = CONFIDENCE_DEFAULT,
): QuantileEstimate {
  const needed = observationsNeeded(probability);
  const sizes = replicates.map(({ observationsCount }) => observationsCount);
  const observationsMin = sizes.reduce((least, size) => Math.min(least, size), Infinity);
  return {
    estimate: quantileMean(replicates, needed, confidence),
    observationsMin: sizes.length === 0 ? 0 : observationsMin,
    observationsNeeded: needed,
    errorRatio: replicates.reduce((most, { errorRatio }) => Math.max(most, errorRatio), 0),
  };
}

function quantileMean(
  replicates: readonly QuantileReplicate[],
  needed: number,
  confidence: number,
): Estimate {
  const count = replicates.length;
  if (count === 0) return absentEstimate("no-values", 0);
  const short = replicates.filter(({ observationsCount }) => observationsCount < needed).length;
  if (short > 0) return absentEstimate("insufficient-observations", count, short);
  const values = replicates.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length < count) return absentEstimate("missing-values", count, count - values.length);
  return estimateMean(values, confidence);
}
