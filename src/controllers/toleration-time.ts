// How long may a pod stay on a node with these NoExecute taints? The rule of the taint eviction
// controller, as a pure function.

import { type Taint, type Toleration, tolerates } from "../cluster/index.ts";

/** For ever: every taint is tolerated and no toleration in use has a limit. */
export const TOLERATED_FOR_EVER: number = Number.POSITIVE_INFINITY;

/**
 * Microseconds a pod may stay, counted from when the controller sees the taints: 0 if some taint is
 * not tolerated or a toleration in use allows no time; the least limit of the tolerations in use.
 */
export function toleratedUs(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  let leastSeconds = TOLERATED_FOR_EVER;
  for (const taint of taints) {
    let isTolerated = false;
    for (const toleration of tolerations) {
      if (!tolerates(toleration, taint)) continue;
      isTolerated = true;
      const seconds = toleration.tolerationSeconds;
      if (seconds !== undefined) leastSeconds = Math.min(leastSeconds, Math.max(0, seconds));
    }
    if (!isTolerated) return 0;
  }
  return leastSeconds * 1_000_000;
}
