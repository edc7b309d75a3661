// GoRandom: the numbers that Go's math/rand gives for a seed.
//
// Needed because the published FGD study drew its arrival orders and node ranks from it: without the
// same numbers its tables cannot be met. Nothing else in podsim draws from here.

import { GO_LENGTH, GO_TAP, goConstants, lehmerStep } from "./go-constants.ts";

const INT31_MAX = 2_147_483_647;
const TWO_32 = 4_294_967_296n;

/** A generator; each method draws as Go's method of that name does. */
export class GoRandom {
  private readonly words = new BigUint64Array(GO_LENGTH);
  private tap = 0;
  private feed = GO_LENGTH - GO_TAP;

  /** @param seed an integer of at least 0. */
  constructor(seed: number) {
    const constants = goConstants();
    let x = seed % INT31_MAX;
    if (x === 0) x = 89_482_311;
    const next = (): bigint => {
      x = lehmerStep(x);
      return BigInt(x);
    };
    for (let k = 0; k < 20; k++) next();
    for (let k = 0; k < GO_LENGTH; k++) {
      this.words[k] = (next() << 40n) ^ (next() << 20n) ^ next() ^ constants[k]!;
    }
  }

  /** 63 random bits. */
  int63(): bigint {
    this.tap = (this.tap + GO_LENGTH - 1) % GO_LENGTH;
    this.feed = (this.feed + GO_LENGTH - 1) % GO_LENGTH;
    const word = BigInt.asUintN(64, this.words[this.feed]! + this.words[this.tap]!);
    this.words[this.feed] = word;
    return BigInt.asUintN(63, word);
  }

  /** 0 to n - 1, by rejection; n from 1 to 2^31 - 1. */
  intn(n: number): number {
    if ((n & (n - 1)) === 0) return this.int31() & (n - 1);
    const max = INT31_MAX - ((INT31_MAX + 1) % n);
    let value = this.int31();
    while (value > max) value = this.int31();
    return value % n;
  }

  /** 0 to n - 1 as Shuffle draws it: by the upper half of a product (Lemire's method). */
  boundedBelow(n: number): number {
    const bound = BigInt(n);
    const isTooLow = (product: bigint): boolean => {
      const low = product % TWO_32;
      return low < bound && low < (TWO_32 - bound) % bound;
    };
    let product = this.uint32() * bound;
    while (isTooLow(product)) product = this.uint32() * bound;
    return Number(product / TWO_32);
  }

  /** A permutation of 0 to n - 1. */
  perm(n: number): number[] {
    const order: number[] = [];
    for (let i = 0; i < n; i++) {
      const j = this.intn(i + 1);
      order[i] = order[j] ?? 0;
      order[j] = i;
    }
    return order;
  }

  /** Shuffles in place, from the last entry down. */
  shuffle<T>(list: T[]): void {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.boundedBelow(i + 1);
      const held = list[i]!;
      list[i] = list[j]!;
      list[j] = held;
    }
  }

  private int31(): number {
    return Number(this.int63() >> 32n);
  }

  private uint32(): bigint {
    return this.int63() >> 31n;
  }
}
