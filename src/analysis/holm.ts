// Holm's correction: probabilities of several tests, made comparable with one common level.
//
// Uniformly better than dividing the level by the number of tests, and free of any assumption on how
// the tests depend on each other, which pairs that share a baseline always do.

import { assert, compareNumbers } from "../base/index.ts";

/** Adjusted p-values in the order given: a claim holds at level a if its adjusted value is at most a. */
export function holmAdjusted(pValues: readonly number[]): number[] {
  for (const p of pValues) assert(p >= 0 && p <= 1, `not a probability: ${p}`);
  const order = pValues.map((_, at) => at);
  order.sort((a, b) => compareNumbers(pValues[a]!, pValues[b]!) || a - b);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  for (const [place, at] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - place) * pValues[at]!));
    adjusted[at] = largest;
  }
  return adjusted;
}
