// Sums, means, variances, skewness and correlation of a list of numbers, always in list order.
//
// Sums are compensated (Neumaier), so that a mean does not depend on how large its terms are; every
// order is the caller's, so equal lists give equal bits. Inference is not here.

import { assert } from "../base/index.ts";

/** Sum in list order, with the rounding errors carried along. */
export function sumOf(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** Arithmetic mean; the list is not empty. */
export function meanOf(values: readonly number[]): number {
  assert(values.length > 0, "a mean needs a value");
  // Rounding must not put the mean of equal values beside them.
  return isConstant(values) ? values[0]! : sumOf(values) / values.length;
}

/** Whether all values are equal; true for one value and for none. */
export function isConstant(values: readonly number[]): boolean {
  const first = values[0];
  return values.every((value) => value === first);
}

/** Variance with n - 1; at least two values. Exactly 0 for equal values. */
export function varianceOf(values: readonly number[]): number {
  assert(values.length > 1, "a variance needs two values");
  return centralSum(values, 2) / (values.length - 1);
}

/** Square root of the variance with n - 1. */
export function standardDeviationOf(values: readonly number[]): number {
  return Math.sqrt(varianceOf(values));
}

/** Sample skewness, adjusted for n (Fisher and Pearson's G1); null below three values or without spread. */
export function skewnessOf(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 3 || isConstant(values)) return null;
  const second = centralSum(values, 2) / n;
  const third = centralSum(values, 3) / n;
  return (Math.sqrt(n * (n - 1)) / (n - 2)) * (third / (second * Math.sqrt(second)));
}

/** Covariance with n - 1 of two lists of one length, at least two. */
export function covarianceOf(left: readonly number[], right: readonly number[]): number {
  assert(left.length === right.length, "a covariance is of pairs");
  assert(left.length > 1, "a covariance needs two pairs");
  const leftMean = meanOf(left);
  const rightMean = meanOf(right);
  const products = left.map((value, at) => (value - leftMean) * (right[at]! - rightMean));
  return sumOf(products) / (left.length - 1);
}

/** Pearson's correlation from -1 to 1; null where one of the lists has no spread. */
export function correlationOf(left: readonly number[], right: readonly number[]): number | null {
  if (isConstant(left) || isConstant(right)) return null;
  const scale = Math.sqrt(varianceOf(left)) * Math.sqrt(varianceOf(right));
  return Math.min(1, Math.max(-1, covarianceOf(left, right) / scale));
}

/** Differences of pairs, left minus right. */
export function differencesOf(left: readonly number[], right: readonly number[]): number[] {
  assert(left.length === right.length, "differences are of pairs");
  return left.map((value, at) => value - right[at]!);
}

function centralSum(values: readonly number[], power: 2 | 3): number {
  const mean = meanOf(values);
  return sumOf(
    values.map((value) => {
      const distance = value - mean;
      return power === 2 ? distance * distance : distance * distance * distance;
    }),
  );
}
