// Token bucket: how fast one API client may send.
//
// Starts full and refills with time; a request that finds no token reserves the next one, so
// requests leave in the order in which they were made. All in integers: one token is 10^9 units, a
// microsecond adds as many units as the rate has thousandths per second.

import { assert } from "../../base/index.ts";
import type { Instant } from "../../base/index.ts";

/** Requests per second (up to three decimals) and how many may be saved. */
export interface RateLimit {
  readonly qps: number;
  readonly burst: number;
}

const UNITS_PER_TOKEN = 1_000_000_000;

/** The bucket of one client. */
export class TokenBucket {
  private readonly unitsPerUs: number;
  private readonly unitsMax: number;
  /** Negative while tokens that are still to come have been reserved. */
  private units: number;
  private refilledUs = 0;

  constructor(limit: RateLimit) {
    this.unitsPerUs = Math.round(limit.qps * 1_000);
    assert(this.unitsPerUs > 0, `A client rate of ${limit.qps} requests per second.`);
    assert(Number.isInteger(limit.burst) && limit.burst > 0, `A burst of ${limit.burst}.`);
    assert(limit.burst <= 1_000_000, `A burst of ${limit.burst} is beyond 1,000,000.`);
    this.unitsMax = limit.burst * UNITS_PER_TOKEN;
    this.units = this.unitsMax;
  }

  /** Reserves the next token and gives the instant at which it is there, now or later. */
  take(nowUs: Instant): Instant {
    this.refill(nowUs);
    this.units -= UNITS_PER_TOKEN;
    if (this.units >= 0) return nowUs;
    return (nowUs + Math.ceil(-this.units / this.unitsPerUs)) as Instant;
  }

  private refill(nowUs: number): void {
    const elapsedUs = nowUs - this.refilledUs;
    this.refilledUs = nowUs;
    const fullAfterUs = Math.ceil((this.unitsMax - this.units) / this.unitsPerUs);
    if (elapsedUs >= fullAfterUs) this.units = this.unitsMax;
    else this.units += elapsedUs * this.unitsPerUs;
  }
}
