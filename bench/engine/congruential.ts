// The generator that the workloads shared with other simulators prescribe: one 32-bit state.
//
// Statistically weak, chosen because every language gives the same sequence, so that check values
// must agree. podsim's engine counts in integers, so waits are rounded to a part of a unit.

/** Ticks of podsim's clock in one unit of a workload's time. */
export const UNIT = 4294967296; // 2^32

/** Uniform and exponential draws. */
export class Congruential {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** In the open interval (0, 1). */
  uniform(): number {
    const state = (Math.imul(this.state, 1664525) + 1013904223) | 0; // signed: a small integer
    this.state = state;
    return ((state >>> 0) + 0.5) / 4294967296;
  }

  /** Of mean 1, by the platform's logarithm: peers are compared on the same one. */
  exponential(): number {
    return -Math.log(this.uniform());
  }

  /** The same, rounded to the engine's clock. */
  exponentialTicks(unit: number = UNIT): number {
    return Math.round(this.exponential() * unit);
  }
}
