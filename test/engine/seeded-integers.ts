// Random integers for structural tests: a 32-bit linear congruential generator.
//
// Statistically weak and on purpose independent of the product's own streams; the seed is part of
// every test name, so that a failure can be repeated.

export class SeededIntegers {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** An integer from 0 to bound - 1. */
  below(bound: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 4294967296) * bound);
  }
}
