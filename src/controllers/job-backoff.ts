// How long a Job waits before it replaces failed pods: 10 s, doubled with every failure since the
// last success, at most 10 minutes, counted from the last failure's finish time in whole seconds.

import { wholeSeconds } from "./deletion-rank.ts";

/** Limits of the sequence; upstream's constants in DEFAULT_JOB_BACKOFF. */
export interface JobBackoffLimits {
  readonly initialUs: number;
  readonly maxUs: number;
}

/** 10 s up to 10 min. */
export const DEFAULT_JOB_BACKOFF: JobBackoffLimits = { initialUs: 10_000_000, maxUs: 600_000_000 };

/** A pod of the Job that has ended, in whichever way, at this time. */
export interface PodEnd {
  readonly failed: boolean;
  readonly finishedUs: number;
}

/** Failures in a row since the last success, and when the last of them finished. */
export interface FailureRecord {
  readonly failuresSinceSuccess: number;
  readonly lastFailureUs: number;
}

/** No failure yet. */
export const NO_FAILURES: FailureRecord = { failuresSinceSuccess: 0, lastFailureUs: 0 };

/**
 * The record after newly counted ends. A success wipes out the failures before it and those of its own
 * second; without one they add up.
 */
export function recordEnds(record: FailureRecord, ends: readonly PodEnd[]): FailureRecord {
  let lastSuccessUs = Number.NEGATIVE_INFINITY;
  for (const { failed, finishedUs } of ends) {
    if (!failed) lastSuccessUs = Math.max(lastSuccessUs, wholeSeconds(finishedUs));
  }
  const hasSuccess = lastSuccessUs !== Number.NEGATIVE_INFINITY;
  let failuresSinceSuccess = hasSuccess ? 0 : record.failuresSinceSuccess;
  let lastFailureUs = hasSuccess ? 0 : record.lastFailureUs;
  for (const { failed, finishedUs } of ends) {
    const failedUs = wholeSeconds(finishedUs);
    if (!failed || failedUs <= lastSuccessUs) continue;
    failuresSinceSuccess++;
    lastFailureUs = Math.max(lastFailureUs, failedUs);
  }
  return { failuresSinceSuccess, lastFailureUs };
}

/** Time still to wait before the next pod may be made; 0 if none. */
export function remainingBackoffUs(
  record: FailureRecord,
  nowUs: number,
  limits: JobBackoffLimits,
): number {
  if (record.failuresSinceSuccess === 0) return 0;
  let delayUs = limits.initialUs;
  for (let n = 1; n < record.failuresSinceSuccess && delayUs < limits.maxUs; n++) delayUs *= 2;
  const endUs = record.lastFailureUs + Math.min(delayUs, limits.maxUs);
  return Math.max(0, endUs - nowUs);
}
