// Backoff: how long a pod that failed has to wait.
//
// Doubling delays, cut to whole seconds of the wall clock, compared with the whole second of now:
// together a pod leaves at the tick one second after its expiry. Not a timer: it only computes.

import type { QueuedPod } from "./queued-pod.ts";

/** Rules of one queue; amounts in the unit of its clock. */
export interface BackoffOptions {
  /** Delay after the first failure. */
  readonly initialUs: number;
  /** Longest delay; 0 switches back-off off. */
  readonly maxUs: number;
  /** Length of a second in the clock's unit. */
  readonly secondUs: number;
  /** Wall-clock fraction of a second at the clock's zero, in 0..secondUs-1. */
  readonly phaseUs: number;
  /** Cut to whole seconds (SchedulerPopFromBackoffQ on, the default). */
  readonly wholeSeconds: boolean;
}

/** Delays and expiries of queued pods. */
export class Backoff {
  private readonly options: BackoffOptions;

  constructor(options: BackoffOptions) {
    this.options = options;
  }

  /** min(max, initial * 2^(count-1)); 0 when nothing failed yet. */
  delayUs(count: number): number {
    const { initialUs, maxUs } = this.options;
    if (maxUs === 0 || count === 0) return 0;
    let delayUs = initialUs;
    for (let k = 1; k < count && delayUs <= maxUs && delayUs > 0; k++) delayUs *= 2;
    return Math.min(delayUs, maxUs);
  }

  /** End of the record's back-off; -Infinity when it has none. Kept in the record once computed. */
  expiryUs(record: QueuedPod): number {
    if (record.backoffExpiryUs !== undefined) return record.backoffExpiryUs;
    const { consecutiveErrors, unschedulableCount } = record;
    const count = consecutiveErrors > 0 ? consecutiveErrors : unschedulableCount;
    if (this.options.maxUs === 0 || count === 0) return Number.NEGATIVE_INFINITY;
    const expiryUs = this.cut(record.timestampUs + this.delayUs(count));
    record.backoffExpiryUs = expiryUs;
    return expiryUs;
  }

  /** Equality still counts as backing off. */
  isBackingOff(record: QueuedPod, nowUs: number): boolean {
    return this.expiryUs(record) >= this.cut(nowUs);
  }

  /** The first tick (whole second) at which the record is no longer backing off. */
  leavesAtUs(record: QueuedPod): number {
    const expiryUs = this.expiryUs(record);
    if (expiryUs === Number.NEGATIVE_INFINITY) return expiryUs;
    return this.wholeSecond(expiryUs) + this.options.secondUs;
  }

  /** The last whole second of the wall clock at or before `instantUs`. */
  wholeSecond(instantUs: number): number {
    const { secondUs, phaseUs } = this.options;
    const rest = (instantUs + phaseUs) % secondUs;
    return instantUs - (rest < 0 ? rest + secondUs : rest);
  }

  private cut(instantUs: number): number {
    return this.options.wholeSeconds ? this.wholeSecond(instantUs) : instantUs;
  }
}
