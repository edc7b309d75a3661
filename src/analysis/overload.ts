// Whether a run is overloaded: does the unfinished work grow over its last half?
//
// Of a system that cannot keep up there is no long-run mean; whatever a run shows depends on its
// length. The trend is judged on batches of time, with the correlation of neighbours allowed for.

import { assert } from "../base/index.ts";
import type { Interval } from "./estimate.ts";
import { isConstant, meanOf, sumOf } from "./moments.ts";
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
  const half = series.slice(Math.floor(series.length / 2));
  const size = Math.floor(half.length / BATCHES);
  if (size === 0) return { kind: "too-short", observationsNeeded: 2 * BATCHES };
  const slope = slopeInterval(batchAverages(half, size).slice(0, BATCHES), size);
  return { kind: slope.low > 0 ? "unstable" : "stable", slope };
}

/** Least-squares slope; its error is widened by the residuals' correlation with their neighbours. */
function slopeInterval(batches: readonly number[], batchSize: number): Interval {
  const n = batches.length;
  assert(n > 3, "a slope with an interval needs four batches");
  if (isConstant(batches)) return { low: 0, high: 0, confidence: CONFIDENCE };
  const middle = (n - 1) / 2;
  const mean = meanOf(batches);
  const spread = sumOf(batches.map((_, at) => (at - middle) * (at - middle)));
  const slope = sumOf(batches.map((value, at) => (at - middle) * (value - mean))) / spread;
  const residuals = batches.map((value, at) => value - mean - slope * (at - middle));
  const squares = sumOf(residuals.map((value) => value * value));
  const products = sumOf(residuals.slice(1).map((value, at) => value * residuals[at]!));
  const correlation = squares === 0 ? 0 : Math.min(0.9, Math.max(0, products / squares));
  // Correlated residuals carry the news of fewer independent ones.
  const inflation = Math.sqrt((1 + correlation) / (1 - correlation));
  const free = Math.max(1, ((n - 2) * (1 - correlation)) / (1 + correlation));
  const error = Math.sqrt(squares / (n - 2) / spread) * inflation;
  const halfWidth = criticalT(CONFIDENCE, free) * error;
  return {
    low: (slope - halfWidth) / batchSize,
    high: (slope + halfWidth) / batchSize,
    confidence: CONFIDENCE,
  };
}
