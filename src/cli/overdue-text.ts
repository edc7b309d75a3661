// What is said of a call into user code that took longer than it may.
//
// Apart from the deadlines themselves: these words need the writer of durations, and whoever only
// keeps watch does not.

import { durationFromMillis, formatDuration } from "../base/index.ts";

/** The words, after the name of the call. */
export function overdueText(deadlineMs: number): string {
  const deadline = formatDuration(durationFromMillis(deadlineMs));
  return `did not return within ${deadline} (--plugin-deadline allows more)`;
}
