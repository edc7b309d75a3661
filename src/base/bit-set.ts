// A growable set of small non-negative integers, one bit each.
//
// For rows of tables: dense, ordered, cheap to clear and to combine. Not for sparse ids.

import { AssertionError } from "./assert.ts";

const BITS_PER_WORD = 32;

/** A set of small integers that iterates in ascending order. */
export class BitSet {
  private words: Uint32Array = new Uint32Array(2);

  /** True when `bit` is in the set. */
  has(bit: number): boolean {
    const word = bit >>> 5;
    return word < this.words.length && (this.words[word]! & (1 << (bit & 31))) !== 0;
  }

  /** Puts `bit` in; true when it was not in yet. */
  add(bit: number): boolean {
    if (bit >>> 0 !== bit) {
      throw new AssertionError(`Not a bit: ${bit}`);
    }
    const word = bit >>> 5;
    if (word >= this.words.length) this.grow(word + 1);
    const before = this.words[word]!;
    const after = (before | (1 << (bit & 31))) >>> 0;
    this.words[word] = after;
    return before !== after;
  }

  /** Takes `bit` out; true when it was in. */
  delete(bit: number): boolean {
    if (!this.has(bit)) return false;
    this.words[bit >>> 5]! &= ~(1 << (bit & 31));
    return true;
  }

  /** Takes every bit out. */
  clear(): void {
    this.words.fill(0);
  }

  /** How many bits are in, counted each time. */
  count(): number {
    let total = 0;
    for (const word of this.words) total += onesIn(word);
    return total;
  }

  /** The smallest bit that is in and not below `from`, or -1. */
  next(from: number): number {
    let index = from >>> 5;
    if (index >= this.words.length) return -1;
    let word = this.words[index]! & (-1 << (from & 31));
    while (word === 0) {
      index++;
      if (index >= this.words.length) return -1;
      word = this.words[index]!;
    }
    return index * BITS_PER_WORD + (31 - Math.clz32(word & -word));
  }

  /** Calls `visit` for every bit in ascending order. */
  forEach(visit: (bit: number) => void): void {
    for (let bit = this.next(0); bit >= 0; bit = this.next(bit + 1)) visit(bit);
  }

  /** Keeps only what is also in `other`. */
  intersect(other: BitSet): void {
    for (let index = 0; index < this.words.length; index++) {
      this.words[index]! &= other.words[index] ?? 0;
    }
  }

  /** Adds everything that is in `other`. */
  unite(other: BitSet): void {
    if (other.words.length > this.words.length) this.grow(other.words.length);
    for (let index = 0; index < other.words.length; index++) {
      this.words[index]! |= other.words[index]!;
    }
  }

  private grow(wordCount: number): void {
    const wider = new Uint32Array(Math.max(wordCount, this.words.length * 2));
    wider.set(this.words);
    this.words = wider;
  }
}

function onesIn(word: number): number {
  let pairs = word - ((word >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
