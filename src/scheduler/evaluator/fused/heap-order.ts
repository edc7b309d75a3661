// Who wins among equal totals, without building the heap.
//
// Upstream takes the root of a binary heap over the feasible list. That root is, of the places with
// the highest total, the first in pre-order of the complete binary tree over places (a node before
// its left subtree, the left before the right); winner.ts builds the heap and is the specification.

/** True when place `a` comes before place `b` in pre-order; places count from 0 and differ. */
export function isBeforeInHeap(a: number, b: number): boolean {
  let x = a + 1;
  let y = b + 1;
  const depth = Math.clz32(x) - Math.clz32(y);
  // Bring both to the same depth; the one that was an ancestor of the other is then equal to it.
  if (depth > 0) y >>>= depth;
  else x >>>= -depth;
  return x === y ? depth > 0 : x < y;
}

/** The highest total, how many share it, and the place that wins; `count` is at least 1. */
export interface Winner {
  place: number;
  total: number;
  tieCount: number;
}

/** Finds the winner among the first `count` totals and writes it to `winner`. */
export function findWinner(totals: Float64Array, count: number, winner: Winner): void {
  let best = totals[0]!;
  let place = 0;
  let ties = 1;
  for (let at = 1; at < count; at++) {
    const total = totals[at]!;
    if (total < best) continue;
    if (total > best) {
      best = total;
      place = at;
      ties = 1;
      continue;
    }
    ties++;
    if (isBeforeInHeap(at, place)) place = at;
  }
  winner.place = place;
  winner.total = best;
  winner.tieCount = ties;
}
