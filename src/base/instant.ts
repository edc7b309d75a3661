// Points and spans of simulated time: integer microseconds, as branded numbers.
//
// Integers make equal times equal on every machine; the brands keep points, spans and plain
// counts apart. Reading and writing duration text lives in duration-text.ts. No civil time.

import { AssertionError } from "./assert.ts";

/** A point of simulated time: microseconds since the run began, an integer from 0 to 2 ** 53 - 1. */
export type Instant = number & { readonly __unit: "instant in microseconds" };

/** A span of simulated time in integer microseconds; negative only as a difference of instants. */
export type Duration = number & { readonly __unit: "duration in microseconds" };

/** Microseconds in one millisecond. */
export const US_PER_MS = 1_000;
/** Microseconds in one second. */
export const US_PER_SECOND = 1_000_000;
/** Microseconds in one minute. */
export const US_PER_MINUTE = 60_000_000;
/** Microseconds in one hour. */
export const US_PER_HOUR = 3_600_000_000;

/** The instant at which every run begins. */
export const ZERO_INSTANT: Instant = 0 as Instant;
/** The empty span. */
export const ZERO_DURATION: Duration = 0 as Duration;
/** The last instant that exists (285 years after the start); nothing happens after it. */
export const LAST_INSTANT: Instant = Number.MAX_SAFE_INTEGER as Instant;

/** Brands `us` as an instant; asserts a safe integer that is not negative. */
export function instant(us: number): Instant {
  if (!(Number.isSafeInteger(us) && us >= 0)) {
    throw new AssertionError(`Not an instant in microseconds: ${us}`);
  }
  return (us + 0) as Instant; // + 0 turns -0 into 0, which digests would tell apart
}

/** Brands `us` as a duration; asserts a safe integer. */
export function duration(us: number): Duration {
  if (!Number.isSafeInteger(us)) {
    throw new AssertionError(`Not a duration in microseconds: ${us}`);
  }
  return (us + 0) as Duration;
}

/** The instant `span` after `start`; asserts that it exists. */
export function addDuration(start: Instant, span: Duration): Instant {
  return instant(start + span);
}

/** The span from `start` to `end`, negative when `end` comes first. */
export function durationBetween(start: Instant, end: Instant): Duration {
  return (end - start) as Duration;
}

/** Seconds as a duration, rounded to the nearest microsecond; asserts that it fits. */
export function durationFromSeconds(seconds: number): Duration {
  return duration(Math.round(seconds * US_PER_SECOND));
}

/** Milliseconds as a duration, rounded to the nearest microsecond; asserts that it fits. */
export function durationFromMillis(millis: number): Duration {
  return duration(Math.round(millis * US_PER_MS));
}
