// A value that changes at instants, and its exact integral over virtual time.
//
// The integral of bytes over microseconds of a large cluster passes 2^53 within seconds, so whole
// products are summed as wide integers and turned into a ratio once, at the end.

import { assert } from "../base/index.ts";

/** Integer gauge with an exact integral (value times microseconds). */
export class TimeWeightedGauge {
  private current: number;
  private sinceUs: number;
  private peak: number;
  private wide = 0n;
  private narrow = 0;

  /** Starts with `value` at instant `atUs`. */
  constructor(value: number, atUs: number) {
    this.current = value;
    this.sinceUs = atUs;
    this.peak = value;
  }

  /** The value now. */
  get value(): number {
    return this.current;
  }

  /** The largest value seen. */
  get max(): number {
    return this.peak;
  }

  /** Changes the value at `nowUs`, which is never before the last change. */
  set(value: number, nowUs: number): void {
    assert(Number.isSafeInteger(value), "a gauge holds a safe integer");
    this.advance(nowUs);
    this.current = value;
    if (value > this.peak) this.peak = value;
  }

  /** Adds to the value at `nowUs`. */
  add(difference: number, nowUs: number): void {
    this.set(this.current + difference, nowUs);
  }

  /** Integral of the value from the start to `nowUs`, exact. */
  integral(nowUs: number): bigint {
    this.advance(nowUs);
    return this.wide + BigInt(this.narrow);
  }

  /** Forgets everything before `nowUs` but the value: the measured part of the run begins here. */
  restart(nowUs: number): void {
    this.advance(nowUs);
    this.wide = 0n;
    this.narrow = 0;
    this.peak = this.current;
  }

  private advance(nowUs: number): void {
    const spanUs = nowUs - this.sinceUs;
    assert(spanUs >= 0, "a gauge is never set in the past");
    if (spanUs === 0) return;
    this.sinceUs = nowUs;
    const area = this.current * spanUs;
    if (Math.abs(area) + Math.abs(this.narrow) <= Number.MAX_SAFE_INTEGER) {
      this.narrow += area;
      return;
    }
    this.wide += BigInt(this.narrow) + BigInt(this.current) * BigInt(spanUs);
    this.narrow = 0;
  }
}

/** What a ratio measure of one run is taken over: summed over runs these answer for all of them. */
export interface Quotient {
  readonly numerator: number;
  readonly denominator: number;
}

/** Both integrals as doubles; undefined where there is nothing below, and so no ratio. */
export function quotientOf(upper: bigint, lower: bigint): Quotient | undefined {
  return lower === 0n ? undefined : { numerator: Number(upper), denominator: Number(lower) };
}

/** Exact ratio of two integrals as a double (at most one part in 2^50 off); null where the lower one is zero. */
export function ratioOf(upper: bigint, lower: bigint): number | null {
  if (lower === 0n) return null;
  const scale = 1n << 50n;
  return Number((upper * scale) / lower) / Number(scale);
}
