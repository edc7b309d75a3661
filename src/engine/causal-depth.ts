// Causal depth: how many steps without delay led to an event, within one instant.
//
// A zero-delay loop never ends, yet it cannot be told by counting events: a million pods may
// honestly arrive at one instant. Depth tells it: an event caused without delay by another has
// that one's depth plus one, everything else has depth zero. The last steps of a deep chain are
// recorded, so that the repeating part can be named. Work queues that chain themselves ("next
// item, please") take up the depth of the item, not of the step before (`takeUp`).

/** Steps without delay within one instant after which a run ends as a loop. */
export const ZERO_DELAY_STEPS_MAX = 100_000;

/** How many of the last steps are recorded for the message. */
const RECORDED_STEPS = 4_096;

const NO_STEP = -1;

/** One step of a zero-delay loop. */
export interface ChainStep {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
}

/** The depth of the running event, and the last steps of deep chains. */
export class CausalDepth {
  /** Depth and recorded step of the event that runs now; outside events the depth is -1. */
  depth = -1;
  step: number = NO_STEP;
  /** True once something was caused beyond the limit. */
  isBroken = false;
  readonly stepsMax: number;
  private brokenStep: number = NO_STEP;
  private readonly recordFromDepth: number;
  private kinds: number[] = [];
  private payloadsA: number[] = [];
  private payloadsB: number[] = [];
  private causes: number[] = [];

  constructor(stepsMax: number = ZERO_DELAY_STEPS_MAX) {
    this.stepsMax = stepsMax;
    this.recordFromDepth = Math.max(0, stepsMax - RECORDED_STEPS);
  }

  /** The event that now begins to run. */
  begin(depth: number, cause: number, kind: number, a: number, b: number): void {
    this.depth = depth;
    this.step = NO_STEP;
    if (depth > this.recordFromDepth) this.record(cause, kind, a, b);
  }

  /** The running event goes on with an item whose cause had this depth. */
  takeUp(depth: number): void {
    this.depth = depth;
    this.step = NO_STEP;
  }

  /** Depth of something the running event causes at its own instant. */
  next(): number {
    if (this.depth >= this.stepsMax && !this.isBroken) {
      this.isBroken = true;
      this.brokenStep = this.step;
    }
    return this.depth + 1;
  }

  /** From here on, what is caused is caused by no event. */
  leave(): void {
    this.depth = -1;
    this.step = NO_STEP;
  }

  /** A new instant: chains of the one before are over. */
  enterInstant(): void {
    if (this.kinds.length > 0) this.forget();
  }

  /** The repeating part of the chain, oldest step first; its last steps if none repeats. */
  collectLoop(): ChainStep[] {
    const chain: ChainStep[] = [];
    for (let step = this.brokenStep; step !== NO_STEP; step = this.causes[step]!) {
      chain.push({ kind: this.kinds[step]!, a: this.payloadsA[step]!, b: this.payloadsB[step]! });
    }
    chain.reverse();
    return chain.slice(chain.length - repeatingLength(chain));
  }

  private record(cause: number, kind: number, a: number, b: number): void {
    this.step = this.kinds.length;
    this.kinds.push(kind);
    this.payloadsA.push(a);
    this.payloadsB.push(b);
    this.causes.push(cause);
  }

  private forget(): void {
    this.kinds = [];
    this.payloadsA = [];
    this.payloadsB = [];
    this.causes = [];
  }
}

/**
 * Length of the shortest pattern of kinds that fills the later half of the chain (the earlier half
 * may hold the way into the loop); at most 20 steps when there is none.
 */
function repeatingLength(chain: readonly ChainStep[]): number {
  const half = Math.floor(chain.length / 2);
  for (let length = 1; length <= half; length++) {
    let repeats = true;
    for (let i = Math.max(half, length); i < chain.length && repeats; i++) {
      repeats = chain[i]!.kind === chain[i - length]!.kind;
    }
    if (repeats) return length;
  }
  return Math.min(20, chain.length);
}
