// Seeded draws of the scheduling workloads: integer arithmetic only, the same on every machine.
//
// Not podsim's keyed streams: a workload here is one fixed sequence, and drawing must cost next to
// nothing beside the decision that is measured.

/** One sequence of draws. */
export class Draws {
  private state: number;

  /** Equal seeds and entities give equal sequences; neighbours are unrelated. */
  constructor(seed: number, entity = 0) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(entity + 1, 0x85ebca6b)) | 0;
    this.next();
  }

  /** An integer from 0 to below `bound`, at most 2^21. */
  below(bound: number): number {
    return Math.floor((this.next() / 4294967296) * bound);
  }

  /** True in so many of a hundred draws. */
  percent(chance: number): boolean {
    return this.below(100) < chance;
  }

  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
