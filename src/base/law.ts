// The contract of a law of random values: how long, how many, how large.
//
// A law owns no randomness: it turns uniform numbers into values, so the caller decides whose
// numbers they are. One uniform per value (inversion) keeps two runs with the same numbers in
// step; laws that need more say so.

/** A probability law over finite numbers. Immutable; one object may serve any number of entities. */
export interface Law {
  /** Name in the catalogue of laws. */
  readonly name: string;
  /** No draw is below this. */
  readonly lowest: number;
  /** No draw is above this; Infinity when there is no bound. */
  readonly highest: number;
  /**
   * One value. `unit(k)` is the k-th uniform of this draw, strictly between 0 and 1; it may be
   * asked for in any order and must not change. Always finite.
   */
  sample(unit: (k: number) => number): number;
  /**
   * One value of those that a random instant meets: each value weighs in by its length, so that of
   * lifetimes this is the whole life of something found alive. Lengths below 0 are never met.
   */
  sampleMet(unit: (k: number) => number): number;
  /** The smallest x with cdf(x) >= p for 0 < p < 1; absent where only sampling is practical. */
  quantile?(p: number): number;
  /** P(value <= x), continuous from the right. */
  cdf(x: number): number;
  /** The mean; always finite. */
  mean(): number;
  /** The variance; Infinity for a Pareto law without `max` and with shape up to 2. */
  variance(): number;
}

/**
 * What is left, at a random instant, of a time of this law that runs then (the equilibrium residual
 * life of renewal theory): a part, uniform, of the time that the instant meets. Takes one uniform more
 * than the law does.
 */
export function sampleResidual(law: Law, unit: (k: number) => number): number {
  return unit(0) * law.sampleMet((k) => unit(k + 1));
}
