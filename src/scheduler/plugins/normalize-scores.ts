// The normalisation that several plugins share: the highest raw score becomes 100 (N0).
//
// Integer arithmetic, truncating. Plugins with a normalisation of their own do not use it.

import { MAX_NODE_SCORE } from "../framework/plugin.ts";

/** Rewrites `scores` in place; with `reverse` a high raw score becomes a low one. */
export function normalizeToMaximum(scores: number[], reverse: boolean): void {
  let highest = 0;
  for (const score of scores) highest = Math.max(highest, score);
  for (let index = 0; index < scores.length; index++) {
    if (highest === 0) {
      if (reverse) scores[index] = MAX_NODE_SCORE;
      continue;
    }
    const scaled = Math.trunc((MAX_NODE_SCORE * scores[index]!) / highest);
    scores[index] = reverse ? MAX_NODE_SCORE - scaled : scaled;
  }
}
