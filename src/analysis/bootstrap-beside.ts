// When an estimate gets a second interval: where Student's rests on a symmetry that is not there.
//
// Of skewed values the misses of Student's interval lie on one side, and of bounded ones it may hold
// what cannot be. The bootstrap's shares them out more evenly; it stands beside, never instead.

import { bootstrapMean, bootstrapRatio } from "./bootstrap.ts";
import type { Estimate, IntervalEstimate } from "./estimate.ts";
import { skewnessOf } from "./moments.ts";
import { SKEWNESS_MAX } from "./paired-comparison.ts";

/** Fewest replications that are worth resampling. */
const COUNT_MIN_RESAMPLED = 10;

/** One measure over replications, with the estimate that it has. */
export interface BesideQuestion {
  /** One per replication. */
  readonly values: readonly number[];
  /** Of a ratio, what each value is taken over, both parallel to `values`; absent: a mean is meant. */
  readonly quotients?: {
    readonly numerators: readonly number[];
    readonly denominators: readonly number[];
  };
  /** Between which the measure must lie; `high` is null where nothing bounds it. */
  readonly bounds: { readonly low: number; readonly high: number | null };
  readonly estimate: Estimate;
  /** Name of the stream that resamples, as made by `streamName`. */
  readonly stream: string;
  readonly confidence: number;
}

/** The second interval, and why there is one. */
export interface BootstrapBeside {
  /** "bounded": between two bounds by nature, or the first interval reaches beyond the one there is. */
  readonly reason: "skewed" | "bounded";
  readonly skewness: number;
  readonly interval: Pick<IntervalEstimate, "method" | "low" | "high" | "confidence">;
  /** Whether the first interval holds what cannot be. */
  readonly isBeyondBounds: boolean;
}

/** A second interval in a comparison. */
export interface BootstrapAnswer extends BootstrapBeside {
  readonly measure: string;
  readonly alternative: string;
}

/** The bootstrap's interval where it is called for; undefined where the first one will do. */
export function bootstrapBeside(question: BesideQuestion): BootstrapBeside | undefined {
  const { values, quotients, bounds, estimate, stream, confidence } = question;
  if (estimate.kind !== "interval" || values.length < COUNT_MIN_RESAMPLED) return undefined;
  const skewness = skewnessOf(values);
  if (skewness === null) return undefined;
  const isBeyondBounds =
    estimate.low < bounds.low || (bounds.high !== null && estimate.high > bounds.high);
  const isSkewed = Math.abs(skewness) > SKEWNESS_MAX;
  if (!isSkewed && !isBeyondBounds && bounds.high === null) return undefined;
  const options = { stream, confidence };
  const found =
    quotients === undefined
      ? bootstrapMean(values, options)
      : bootstrapRatio(quotients.numerators, quotients.denominators, options);
  if (found.kind !== "interval") return undefined;
  const { method, low, high } = found;
  return {
    reason: isSkewed ? "skewed" : "bounded",
    skewness,
    interval: { method, low, high, confidence },
    isBeyondBounds,
  };
}
