// How long a call into user code may take, as the command line says it.
//
// Wall time, so it depends on the machine: it ends a run that would not go on, and never changes what
// a call answers. The default is far above what a decision should take, for machines that are busy.

import { formatDuration, durationFromMillis, parseDuration } from "../base/index.ts";

const CALL_MS = 1_000;
const START_MS = 10_000;

/** The longest call in milliseconds; `flag` is the value of --plugin-deadline. */
export function callDeadlineMs(flag: string | undefined): number {
  const given = flag === undefined ? undefined : parseDuration(flag);
  return given === undefined ? CALL_MS : given / 1_000;
}

/** The same for loading a module, which may take its time. */
export function startDeadlineMs(flag: string | undefined): number {
  return Math.max(START_MS, callDeadlineMs(flag));
}

/** What is said of a call that took longer. */
export function overdueText(deadlineMs: number): string {
  const deadline = formatDuration(durationFromMillis(deadlineMs));
  return `did not return within ${deadline} (--plugin-deadline allows more)`;
}
