// What a call of the simulation loop came to. An outcome is a value, never an exception.
//
// Callers tell a finished run from one that hit a limit by looking at it; only broken code throws.

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

/** What one call of the loop came to. */
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

/** Makes the outcome with its detail in words. */
export function createRunOutcome(facts: {
  reason: RunEnd;
  atUs: Instant;
  firedCount: number;
  firedInAll: number;
  stopReason: string;
  stepsMax: number;
  loop: readonly LoopStep[];
}): RunOutcome {
  const { reason, atUs, firedCount, loop } = facts;
  return { reason, atUs, firedCount, loop, detail: detailOf(facts) };
}

function detailOf(facts: Parameters<typeof createRunOutcome>[0]): string {
  const { reason, stopReason, firedInAll, stepsMax, loop } = facts;
  if (reason === "stopped") return stopReason;
  if (reason === "limit") return `${firedInAll} events fired`;
  if (reason !== "zero-delay-loop") return "";
  const kinds = loop.map(({ kind }) => kind).join(" -> ");
  return `more than ${stepsMax} steps without delay in one instant: ${kinds} -> ...`;
}
