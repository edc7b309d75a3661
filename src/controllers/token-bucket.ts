// A token bucket in integer microseconds: so many tokens per second, up to `burst` saved.
//
// The time is kept as the instant at which the bucket would be full again; taking a token moves that
// instant on by one interval. Exact for any rate whose interval is a whole number of microseconds.

const US_PER_SECOND = 1_000_000;

/** Starts full. A rate of 0 never gives a token, not even the first. */
export class TokenBucket {
  readonly burst: number;
  private readonly intervalUs: number;
  private fullAtUs = 0;

  /** @param tokensPerSecond at least 0; @param burst at least 1; `emptyAtUs`: born empty at that instant. */
  constructor(tokensPerSecond: number, burst: number, emptyAtUs?: number) {
    this.burst = burst;
    this.intervalUs = tokensPerSecond > 0 ? Math.round(US_PER_SECOND / tokensPerSecond) : 0;
    if (emptyAtUs !== undefined) this.fullAtUs = emptyAtUs + burst * this.intervalUs;
  }

  /** False when the rate is 0: nothing ever passes. */
  get flows(): boolean {
    return this.intervalUs > 0;
  }

  /** First instant, not before now, at which a token is there; undefined if the rate is 0. */
  nextTokenUs(nowUs: number): number | undefined {
    if (!this.flows) return undefined;
    return Math.max(nowUs, this.fullAtUs - (this.burst - 1) * this.intervalUs);
  }

  /** True when no whole token is saved at this instant. */
  isEmpty(nowUs: number): boolean {
    const next = this.nextTokenUs(nowUs);
    return next === undefined || next > nowUs;
  }

  /** True when every token is saved: the bucket is as good as new. */
  isFull(nowUs: number): boolean {
    return this.flows && this.fullAtUs <= nowUs;
  }

  /** Takes a token if one is there. */
  tryTake(nowUs: number): boolean {
    if (this.isEmpty(nowUs)) return false;
    this.fullAtUs = Math.max(this.fullAtUs, nowUs) + this.intervalUs;
    return true;
  }

  /** Takes the next free token, even if that lies in the future, and returns its instant. */
  reserve(nowUs: number): number {
    const at = this.nextTokenUs(nowUs) ?? Number.MAX_SAFE_INTEGER;
    this.fullAtUs = Math.max(this.fullAtUs, nowUs) + this.intervalUs;
    return at;
  }
}
