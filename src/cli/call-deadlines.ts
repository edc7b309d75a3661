// How long a call into user code may take: the defaults, or what the command line says.
//
// Apart from the words for a call that took longer, because the main thread of a run wants the
// numbers only, and reading a duration would pull all readers along into a second thread.

import type { CallDeadlines } from "./call-watchdog.ts";

const CALL_MS = 1_000;
const START_MS = 10_000;

/**
 * The longest call, and the longest start (loading a module, which may take its time), in milliseconds;
 * `flag` is the value of --plugin-deadline. Wall time, so it depends on the machine: it ends a run that
 * would not go on, and never changes what a call answers. The default is far above what a decision
 * should take, for machines that are busy.
 */
export async function callDeadlines(flag: string | undefined): Promise<CallDeadlines> {
  const callMs = flag === undefined ? CALL_MS : await millisOf(flag);
  return { callMs, startMs: Math.max(START_MS, callMs) };
}

async function millisOf(flag: string): Promise<number> {
  const { parseDuration } = await import("../base/index.ts");
  const given = parseDuration(flag);
  return given === undefined ? CALL_MS : given / 1_000;
}
