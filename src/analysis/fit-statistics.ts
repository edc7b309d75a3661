// Distances between values and a law: Kolmogorov-Smirnov and Anderson-Darling.
//
// Distances, not tests: the laws they judge were fitted to the same values, for which the usual tables of
// critical values do not hold, and with enough values every simple law is rejected anyway.

import { ln } from "../base/index.ts";

/** A law by its two tails, each exact where it is small. */
export interface TailPair {
  /** P(value <= x). */
  below(x: number): number;
  /** P(value > x). */
  above(x: number): number;
}

/** The largest distance of the two distribution functions. `sorted` rises and is not empty. */
export function kolmogorovSmirnov(sorted: readonly number[], { below }: TailPair): number {
  const n = sorted.length;
  let largest = 0;
  for (const [at, value] of sorted.entries()) {
    const p = below(value);
    largest = Math.max(largest, (at + 1) / n - p, p - at / n);
  }
  return largest;
}

/** Probabilities below this count as this, so that one impossible value does not hide all others. */
const SMALLEST = 1e-300;

/** Anderson and Darling's A squared. `sorted` rises and is not empty. */
export function andersonDarling(sorted: readonly number[], { below, above }: TailPair): number {
  const n = sorted.length;
  let sum = 0;
  for (const [at, value] of sorted.entries()) {
    // Each value counts as the (at + 1)th from below and the (n - at)th from above.
    sum += (2 * at + 1) * ln(Math.max(SMALLEST, below(value)));
    sum += (2 * (n - at) - 1) * ln(Math.max(SMALLEST, above(value)));
  }
  return -n - sum / n;
}

/** Kolmogorov and Smirnov's distance of two sets of values, both rising and not empty. */
export function distanceOfValues(a: readonly number[], b: readonly number[]): number {
  let [i, j, largest] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}
