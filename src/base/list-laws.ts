// Laws made of lists: Zipf ranks, observed values, and mixtures of other laws.
//
// The first two draw by inversion from a table of running totals. A mixture spends its first
// uniform on the choice and hands the others to the chosen law, so it has no quantile.

import type { InvertibleLaw } from "./distributions.ts";
import { createInvertibleLaw, requireLawParameters } from "./distributions.ts";
import { pow } from "./exact-math.ts";
import type { Law } from "./law.ts";

/** Ranks 1 to `count`, rank k with probability proportional to k ** -exponent. */
export function zipf(parameters: { exponent: number; count: number }): InvertibleLaw {
  requireLawParameters("zipf", parameters);
  const { exponent, count } = parameters;
  const ranks = Float64Array.from({ length: count }, (_, index) => index + 1);
  const weights = ranks.map((rank) => pow(rank, -exponent));
  return listLaw("zipf", ranks, weights);
}

/** One of `values`, each with its weight (equal ones if left out). Order does not matter. */
export function empirical(parameters: {
  values: ArrayLike<number>;
  weights?: ArrayLike<number>;
}): InvertibleLaw {
  requireLawParameters("empirical", parameters);
  const { values, weights } = parameters;
  const order = Uint32Array.from(values, (_, index) => index);
  order.sort((a, b) => values[a]! - values[b]! || a - b);
  const sorted = Float64Array.from(order, (index) => values[index]!);
  const sortedWeights = Float64Array.from(order, (index) => weights?.[index] ?? 1);
  return listLaw("empirical", sorted, sortedWeights);
}

/** One of `laws`, chosen anew for every draw with these weights (equal ones if left out). */
export function mixture(parameters: { laws: readonly Law[]; weights?: ArrayLike<number> }): Law {
  requireLawParameters("mixture", parameters);
  const laws = parameters.laws.slice();
  const weights = Float64Array.from(laws, (_, index) => parameters.weights?.[index] ?? 1);
  const totals = runningTotals(weights);
  const total = totals[totals.length - 1]!;
  const shares = weights.map((weight) => weight / total);
  const expectation = (of: (law: Law) => number): number =>
    laws.reduce(
      (sum, law, index) => (shares[index] === 0 ? sum : sum + shares[index]! * of(law)),
      0,
    );
  const mean = expectation((law) => law.mean());
  // Within plus between: no difference of large squares.
  const variance = expectation((law) => law.variance() + (law.mean() - mean) * (law.mean() - mean));
  const metTotals = runningTotals(shares.map((share, at) => share * Math.max(0, laws[at]!.mean())));
  return {
    name: "mixture",
    lowest: Math.min(...laws.map((law) => law.lowest)),
    highest: Math.max(...laws.map((law) => law.highest)),
    sample(unit) {
      const chosen = laws[findMember(totals, unit(0))]!;
      return chosen.sample((k) => unit(k + 1));
    },
    sampleMet(unit) {
      const met = laws[findMember(metTotals, unit(0))]!;
      return met.sampleMet((k) => unit(k + 1));
    },
    cdf: (x) =>
      Math.min(
        1,
        expectation((law) => law.cdf(x)),
      ),
    mean: () => mean,
    variance: () => variance,
  };
}

/** A law over ascending `values` with weights that are not all 0. */
function listLaw(
  name: "zipf" | "empirical",
  values: Float64Array,
  weights: Float64Array,
): InvertibleLaw {
  const totals = runningTotals(weights);
  const total = totals[totals.length - 1]!;
  let mean = 0;
  for (let index = 0; index < values.length; index++) {
    mean += (weights[index]! / total) * values[index]!;
  }
  let variance = 0;
  for (let index = 0; index < values.length; index++) {
    const distance = values[index]! - mean;
    variance += (weights[index]! / total) * distance * distance;
  }
  const metTotals = runningTotals(weights.map((weight, at) => weight * Math.max(0, values[at]!)));
  return createInvertibleLaw({
    name,
    lowest: values[findMember(totals, 0)]!,
    highest: values[findMember(totals, 1)]!,
    mean,
    variance,
    quantile: (p) => values[findMember(totals, p)]!,
    metQuantile: (p) => values[findMember(metTotals, p)]!,
    cdf(x) {
      const count = firstAbove(values, x);
      return count === 0 ? 0 : totals[count - 1]! / total;
    },
  });
}

function runningTotals(weights: Float64Array): Float64Array {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}

/** The member that share `p` of the total falls on; members of weight 0 are never chosen. */
function findMember(totals: Float64Array, p: number): number {
  const total = totals[totals.length - 1]!;
  const target = p * total;
  // The last member that adds anything is where rounding at p close to 1 must end.
  return target < total ? firstAbove(totals, target) : firstAtLeast(totals, total);
}

/** The number of leading members of an ascending list that are <= `bound`. */
function firstAbove(list: Float64Array, bound: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The number of leading members of an ascending list that are < `bound`. */
function firstAtLeast(list: Float64Array, bound: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
