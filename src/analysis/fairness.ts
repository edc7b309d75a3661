// How evenly something is shared: among namespaces, users, nodes.
//
// Two indices, because they see different things: Jain's falls with the spread relative to the mean,
// Gini's with the area between the shares and equality. Which shares are compared is the caller's.

import { assert, compareNumbers } from "../base/index.ts";
import { sumOf } from "./moments.ts";

/** Jain's index: 1 where all have the same, 1 / n where one has all; null where nobody has anything. */
export function jainIndex(shares: readonly number[]): number | null {
  assertShares(shares);
  const total = sumOf(shares);
  if (total === 0) return null;
  const squares = sumOf(shares.map((share) => share * share));
  return Math.min(1, (total * total) / (shares.length * squares));
}

/** Gini's coefficient: 0 where all have the same, 1 - 1 / n where one has all; null where nobody has anything. */
export function giniCoefficient(shares: readonly number[]): number | null {
  assertShares(shares);
  const total = sumOf(shares);
  if (total === 0) return null;
  const n = shares.length;
  const sorted = [...shares].sort(compareNumbers);
  const weighted = sumOf(sorted.map((share, at) => (2 * (at + 1) - n - 1) * share));
  return Math.max(0, weighted / (n * total));
}

function assertShares(shares: readonly number[]): void {
  assert(
    shares.every((share) => Number.isFinite(share) && share >= 0),
    "shares are finite and not negative",
  );
}
