// The second half of an event's key: rank and sequence packed in one double.
//
// The key of an event is (instant, rank, sequence). One comparison of a packed number is cheaper
// than two, and 48 bits of sequence (2.8e14 events) plus 4 bits of rank stay exact below 2^53.

import type { Rank } from "./rank.ts";

/** Order numbers of one rank span this many sequences. */
const SEQUENCE_SPAN = 281474976710656; // 2^48

/** Smallest order number of a rank; adding the sequence gives an event's order. */
export function orderBaseOf(rank: Rank): number {
  return rank * SEQUENCE_SPAN;
}

/** The rank in an order number. */
export function rankOfOrder(order: number): Rank {
  return Math.floor(order / SEQUENCE_SPAN) as Rank;
}

/** The sequence in an order number. */
export function sequenceOfOrder(order: number): number {
  return order % SEQUENCE_SPAN;
}
