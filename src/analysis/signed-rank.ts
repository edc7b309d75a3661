// Wilcoxon's signed-rank test and the Hodges-Lehmann shift of paired differences.
//
// Beside the t interval where differences are skewed. The null distribution is counted exactly up to
// EXACT_MAX differences, ties included (mid-ranks); beyond that the normal approximation answers.

import { compareNumbers, normalCdf } from "../base/index.ts";
import type { Interval } from "./estimate.ts";

const EXACT_MAX = 50;

/** What ranks say about the differences. */
export interface SignedRank {
  /** Differences other than 0, which carry no sign. */
  readonly count: number;
  /** Sum of the ranks of positive differences. */
  readonly positiveRankSum: number;
  /** Two-sided; 1 where every difference is 0. */
  readonly pValue: number;
  readonly isExact: boolean;
  /** Median of the means of all pairs of differences, each with itself too. */
  readonly shift: number;
  /** Distribution-free; null where so few differences cannot carry this confidence. */
  readonly interval: Interval | null;
}

/** Tests whether differences lie symmetrically around 0, and estimates around what they do. */
export function signedRankTest(differences: readonly number[], confidence: number): SignedRank {
  const signed = differences.filter((difference) => difference !== 0);
  const ranks = doubledRanks(signed.map(Math.abs));
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const positive = ranks.reduce((sum, rank, at) => sum + (signed[at]! > 0 ? rank : 0), 0);
  const isExact = signed.length <= EXACT_MAX;
  const smaller = Math.min(positive, total - positive);
  const oneSide = isExact ? exactLower(ranks, smaller) : normalLower(ranks, smaller);
  const averages = walshAverages(differences);
  return {
    count: signed.length,
    positiveRankSum: positive / 2,
    pValue: signed.length === 0 ? 1 : Math.min(1, 2 * oneSide),
    isExact,
    shift: medianOfSorted(averages),
    interval: shiftInterval(averages, differences.length, confidence),
  };
}

/** Twice the mid-rank of each value, so that ties keep whole numbers. */
function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_, at) => at);
  order.sort((a, b) => compareNumbers(values[a]!, values[b]!) || a - b);
  const ranks = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let at = start; at < end; at++) ranks[order[at]!] = start + 1 + end;
    start = end;
  }
  return ranks;
}

/** Chances of every sum of randomly signed ranks: half of each step's mass moves up by the rank. */
function sumChances(ranks: readonly number[]): Float64Array {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const chances = new Float64Array(total + 1);
  chances[0] = 1;
  let reached = 0;
  for (const rank of ranks) {
    reached += rank;
    for (let sum = reached; sum >= 0; sum--)
      chances[sum] = (chances[sum]! + (sum >= rank ? chances[sum - rank]! : 0)) / 2;
  }
  return chances;
}

/** P(sum <= value) under random signs. */
function exactLower(ranks: readonly number[], value: number): number {
  const chances = sumChances(ranks);
  let sum = 0;
  for (let at = 0; at <= value; at++) sum += chances[at]!;
  return sum;
}

// Variance of a sum of randomly signed ranks: a quarter of their squares. Half a (doubled) rank of
// correction for continuity.
function normalLower(ranks: readonly number[], value: number): number {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const squares = ranks.reduce((sum, rank) => sum + rank * rank, 0);
  return normalCdf((value + 1 - total / 2) / Math.sqrt(squares / 4));
}

function walshAverages(values: readonly number[]): Float64Array {
  const n = values.length;
  const averages = new Float64Array((n * (n + 1)) / 2);
  let next = 0;
  for (let left = 0; left < n; left++)
    for (let right = left; right < n; right++)
      averages[next++] = (values[left]! + values[right]!) / 2;
  return averages.sort(compareNumbers);
}

function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Between the order statistics of the averages that the test would not reject as shifts. */
function shiftInterval(averages: Float64Array, count: number, confidence: number): Interval | null {
  const outside = (1 - confidence) / 2;
  const ranks = Array.from({ length: count }, (_, at) => 2 * (at + 1));
  const lower =
    count <= EXACT_MAX
      ? cumulative(sumChances(ranks))
      : (value: number) => normalLower(ranks, value);
  let excluded = 0; // averages left out on either side
  while (excluded < averages.length / 2 && lower(2 * excluded) <= outside) excluded++;
  if (excluded === 0) return null;
  return { low: averages[excluded - 1]!, high: averages[averages.length - excluded]!, confidence };
}

function cumulative(chances: Float64Array): (value: number) => number {
  const sums = new Float64Array(chances.length);
  let sum = 0;
  for (let at = 0; at < chances.length; at++) {
    sum += chances[at]!;
    sums[at] = sum;
  }
  return (value) => sums[value]!;
}
