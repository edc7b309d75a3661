// How many replications an interval of a given width needs, judged by the spread seen so far.
//
// An estimate, not a promise: the spread of the coming replications is not known yet.

import { assert, normalQuantile } from "../base/index.ts";
import { assertConfidence, COUNT_MIN } from "./estimate.ts";
import { criticalT } from "./student.ts";

/** Smallest n, at least COUNT_MIN, with t(n - 1) * spread / sqrt(n) <= halfWidth. */
export function countForHalfWidth(
  standardDeviation: number,
  halfWidth: number,
  confidence: number,
): number {
  assertConfidence(confidence);
  assert(standardDeviation >= 0, "a standard deviation is not negative");
  assert(halfWidth > 0, "a half-width is above 0");
  const ratio = standardDeviation / halfWidth;
  const z = normalQuantile((1 + confidence) / 2) * ratio;
  let count = Math.max(COUNT_MIN, Math.ceil(z * z));
  // Student's quantile is above the normal one, by less and less: a few steps at most.
  for (;;) {
    const t = criticalT(confidence, count - 1) * ratio;
    const next = Math.ceil(t * t);
    if (next <= count) return count;
    count = count < 1_000 ? count + 1 : next;
  }
}
