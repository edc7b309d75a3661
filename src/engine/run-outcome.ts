// What a call of the simulation loop came to. An outcome is a value, never an exception.

import type { Instant } from "../base/index.ts";

/**
 * Why the loop returned: nothing (but background) was left, the asked instant was reached, `stop`
 * was called, a limit of events was reached, or a zero-delay loop was found.
 */
export type RunEnd = "drained" | "horizon" | "stopped" | "limit" | "zero-delay-loop";

/** One step of the repeating part of a zero-delay loop. */
export interface LoopStep {
  readonly kind: string;
  readonly a: number;
  readonly b: number;
}

export interface RunOutcome {
  readonly reason: RunEnd;
  /** The clock when the loop returned. */
  readonly atUs: Instant;
  /** Events fired by this call. */
  readonly firedCount: number;
  /** The reason given to `stop`, the limit, or the loop in words. */
  readonly detail: string;
  /** The repeating part of a zero-delay loop, in order; empty otherwise. */
  readonly loop: readonly LoopStep[];
}
