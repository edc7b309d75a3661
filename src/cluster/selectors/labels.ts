// Labels: the key-value pairs that selectors read.
//
// A Map, not an object, so that a key such as `__proto__` is plain text and the order is that of
// the source. Two maps with the same pairs in another order are equal.

import { compareText } from "../../base/index.ts";

/** Label (or annotation) pairs. */
export type Labels = ReadonlyMap<string, string>;

/** The shared empty map. */
export const NO_LABELS: Labels = new Map<string, string>();

/** Labels from pairs, later ones winning. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
  return new Map(pairs);
}

/** True when both hold the same pairs, whatever the order. */
export function areEqualLabels(a: Labels, b: Labels): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (b.get(key) !== value) return false;
  }
  return true;
}

/** One text for one set of pairs: `k=v,k2=v2`, sorted by key. Usable as a map key. */
export function formatLabels(labels: Labels): string {
  return [...labels]
    .map(([key, value]) => `${key}=${value}`)
    .sort(compareText)
    .join(",");
}
