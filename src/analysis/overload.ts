// Whether a run is overloaded: does the unfinished work grow over its last half?
//
// Of a system that cannot keep up there is no long-run mean; whatever a run shows depends on its
// length. The trend is judged on batches of time, since neighbouring instants say the same thing.

import type { Interval } from "./estimate.ts";
import { differencesOf, meanOf, varianceOf } from "./moments.ts";
import { criticalT } from "./student.ts";
import { batchAverages } from "./warm-up.ts";

const BATCHES = 20;
/** A stable run should seldom lose its mean, so a trend must be plain. */
const CONFIDENCE = 0.99;

/** What a series of unfinished work over time says. The slope is per observation. */
export type LoadVerdict =
  | { readonly kind: "too-short"; readonly observationsNeeded: number }
  | { readonly kind: "stable"; readonly slope: Interval }
  | { readonly kind: "unstable"; readonly slope: Interval };

/** Judges a series of equally spaced values, such as pending pods or unfinished work, by its last half. */
export function judgeLoad(series: readonly number[]): LoadVerdict {
  const half = series.slice(Math.ceil(series.length / 2));
  const size = Math.floor(half.length / BATCHES);
  if (size === 0) return { kind: "too-short", observationsNeeded: 2 * BATCHES };
  const slope = slopeInterval(batchAverages(half, size).slice(0, BATCHES), size);
  return { kind: slope.low > 0 ? "unstable" : "stable", slope };
}

/**
 * Mean step from batch to batch. A queue that cannot keep up walks at random with a drift, so its
 * steps are independent; those of a stable one take each other back, which only makes it more careful.
 */
function slopeInterval(batches: readonly number[], batchSize: number): Interval {
  const steps = differencesOf(batches.slice(1), batches.slice(0, -1));
  const slope = meanOf(steps);
  // Averages of a walk share half a batch with their neighbours: their steps' mean varies 1.5 times
  // as much as that of independent ones.
  const error = Math.sqrt((1.5 * varianceOf(steps)) / steps.length);
  const halfWidth = criticalT(CONFIDENCE, steps.length - 1) * error;
  return {
    low: (slope - halfWidth) / batchSize,
    high: (slope + halfWidth) / batchSize,
    confidence: CONFIDENCE,
  };
}
