// Collects non-negative integer durations and answers count, mean and percentiles in bounded memory.
//
// Up to EXACT_MAX values are kept as they are, and percentiles are exact (nearest rank). Beyond that
// a log-linear histogram takes over: 2^SUB_BITS buckets per power of two, so that a percentile is at
// most QUANTILE_ERROR_RATIO away from the true value. Which of the two answered is part of the answer.

import { assert } from "../base/index.ts";
import type { DurationSummary } from "./run-result.ts";

const EXACT_MAX = 65_536;
const SUB_BITS = 10;
const SUB_COUNT = 1 << SUB_BITS;

/** Largest relative error of a percentile once the histogram answers: half a bucket. */
export const QUANTILE_ERROR_RATIO: number = 1 / (2 * SUB_COUNT);

/** A growing sample of durations in microseconds. */
export class DurationSample {
  private exact: number[] = [];
  private sorted = true;
  private buckets: Float64Array | undefined;
  private count = 0;
  private sum = 0n;
  private pendingSum = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;

  /** Adds one duration (integer microseconds, at least 0). */
  add(durationUs: number): void {
    assert(Number.isSafeInteger(durationUs), "a duration is an integer number of microseconds");
    assert(durationUs >= 0, "a duration is not negative");
    this.count += 1;
    this.addToSum(durationUs);
    if (durationUs < this.min) this.min = durationUs;
    if (durationUs > this.max) this.max = durationUs;
    if (this.buckets !== undefined) {
      this.buckets[bucketOf(durationUs)]! += 1;
      return;
    }
    this.exact.push(durationUs);
    this.sorted = false;
    if (this.exact.length > EXACT_MAX) this.turnIntoHistogram();
  }

  /** Number of durations added. */
  get size(): number {
    return this.count;
  }

  /** Smallest value such that at least `ratio` (0 to 1) of the sample is not above it; null when empty. */
  quantile(ratio: number): number | null {
    if (this.count === 0) return null;
    const rank = Math.max(1, Math.ceil(ratio * this.count));
    if (rank >= this.count) return this.max;
    if (this.buckets !== undefined) return this.quantileFromBuckets(this.buckets, rank);
    this.putInOrder();
    return this.exact[rank - 1]!;
  }

  /** Mean rounded to a whole microsecond (half up); null when empty. */
  mean(): number | null {
    if (this.count === 0) return null;
    const n = BigInt(this.count);
    return Number((2n * this.total() + n) / (2n * n));
  }

  /** Every value with how often it came, ascending; from the histogram on, middles of its buckets. */
  steps(): { readonly durationUs: number; readonly count: number }[] {
    const steps: { durationUs: number; count: number }[] = [];
    if (this.buckets !== undefined) {
      for (const [bucket, count] of this.buckets.entries())
        if (count > 0) steps.push({ durationUs: this.within(middleOf(bucket)), count });
      return steps;
    }
    this.putInOrder();
    for (const durationUs of this.exact) {
      const last = steps.at(-1);
      if (last?.durationUs === durationUs) last.count += 1;
      else steps.push({ durationUs, count: 1 });
    }
    return steps;
  }

  /** The summary that stands in a RunResult. */
  summary(): DurationSummary {
    return {
      count: this.count,
      minUs: this.count === 0 ? null : this.min,
      avgUs: this.mean(),
      p50Us: this.quantile(0.5),
      p90Us: this.quantile(0.9),
      p95Us: this.quantile(0.95),
      p99Us: this.quantile(0.99),
      maxUs: this.count === 0 ? null : this.max,
      quantileErrorRatio: this.buckets === undefined ? 0 : QUANTILE_ERROR_RATIO,
    };
  }

  private total(): bigint {
    return this.sum + BigInt(this.pendingSum);
  }

  // Small sums stay in a double (exact below 2^53) and are moved over before they could round.
  private addToSum(value: number): void {
    if (this.pendingSum > Number.MAX_SAFE_INTEGER - value) {
      this.sum += BigInt(this.pendingSum);
      this.pendingSum = 0;
    }
    this.pendingSum += value;
  }

  private turnIntoHistogram(): void {
    const buckets = new Float64Array(bucketOf(Number.MAX_SAFE_INTEGER) + 1);
    for (const value of this.exact) buckets[bucketOf(value)]! += 1;
    this.buckets = buckets;
    this.exact = [];
  }

  private quantileFromBuckets(buckets: Float64Array, rank: number): number {
    let seen = 0;
    for (let bucket = 0; bucket < buckets.length; bucket++) {
      seen += buckets[bucket]!;
      if (seen >= rank) return this.within(middleOf(bucket));
    }
    return this.max;
  }

  private within(value: number): number {
    return Math.min(this.max, Math.max(this.min, value));
  }

  private putInOrder(): void {
    if (!this.sorted) this.exact.sort((a, b) => a - b);
    this.sorted = true;
  }
}

// Values below 2^(SUB_BITS+1) have a bucket each. Above, the exponent picks a group of SUB_COUNT
// buckets and the SUB_BITS bits after the leading one pick the bucket inside it.
function bucketOf(value: number): number {
  if (value < 2 * SUB_COUNT) return value;
  let shift = 0;
  let head = value;
  while (head >= 2 * SUB_COUNT) {
    head = Math.floor(head / 2);
    shift += 1;
  }
  return shift * SUB_COUNT + head;
}

function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_COUNT) return bucket;
  const shift = Math.floor(bucket / SUB_COUNT) - 1;
  const head = bucket - shift * SUB_COUNT;
  let width = 1;
  for (let step = 0; step < shift; step++) width *= 2;
  return head * width + Math.floor((width - 1) / 2);
}
