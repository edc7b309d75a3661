// ListRanks: which of several tied nodes stands first where upstream's heap would find it.
//
// The heap is built over the feasible nodes in the order of the search, so the rank of a node is the
// number of feasible nodes between the start of the search and it: bits are counted by words. Then the
// tied node whose rank is first in pre-order wins.

import { isBeforeInHeap } from "../fused/heap-order.ts";

/** Bits set in a word. */
function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Ranks tied places of the node list; scratch arrays are kept from cycle to cycle. */
export class ListRanks {
  private tied: Uint32Array = new Uint32Array(0);
  private feasible!: Uint32Array;
  private mask: Uint32Array | undefined;
  private blocked!: Uint32Array;
  private rank = 0;
  private bestRank = -1;
  private bestPosition = -1;

  /** Room for that many places; the marks of tied places are clear between two calls of `first`. */
  reserve(words: number): void {
    if (this.tied.length < words) this.tied = new Uint32Array(words);
  }

  mark(position: number): void {
    this.tied[position >> 5]! |= 1 << (position & 31);
  }

  unmark(position: number): void {
    this.tied[position >> 5]! &= ~(1 << (position & 31));
  }

  /** The winning place among the marked ones; a search over `count` places begins at `start`. */
  first(
    feasible: Uint32Array,
    mask: Uint32Array | undefined,
    blocked: Uint32Array,
    start: number,
    count: number,
  ): number {
    this.feasible = feasible;
    this.mask = mask;
    this.blocked = blocked;
    this.rank = 0;
    this.bestRank = -1;
    this.sweep(start, count);
    this.sweep(0, start);
    return this.bestPosition;
  }

  private sweep(from: number, to: number): void {
    if (from >= to) return;
    const { tied, feasible, mask, blocked } = this;
    const last = (to - 1) >> 5;
    for (let word = from >> 5; word <= last; word++) {
      let bits = feasible[word]! & ~blocked[word]!;
      if (mask !== undefined) bits &= mask[word]!;
      if (word === from >> 5) bits &= -1 << (from & 31);
      if (word === last && (to & 31) !== 0) bits &= (1 << (to & 31)) - 1;
      let marks = tied[word]! & bits;
      while (marks !== 0) {
        const low = marks & -marks;
        this.take(this.rank + countBits(bits & (low - 1)), (word << 5) + (31 - Math.clz32(low)));
        marks ^= low;
      }
      this.rank += countBits(bits);
    }
  }

  private take(rank: number, position: number): void {
    if (this.bestRank !== -1 && !isBeforeInHeap(rank, this.bestRank)) return;
    this.bestRank = rank;
    this.bestPosition = position;
  }
}
