// Lets the two runs of a what-if question advance side by side while somebody watches.
//
// Always the one that is behind in virtual time, so that a stop leaves both at about the same instant and
// what they have come to can be compared. How they are sliced never changes their results.

import { performance } from "node:perf_hooks";
import type { ActiveRun } from "../experiment/index.ts";
import { PROGRESS, type RunControl, STOP } from "./run-request.ts";

const SLICE_MS = 20;
const SLICE_EVENTS_MIN = 16;
const SLICE_EVENTS_MAX = 200_000;

/** Both to their ends; false if it was asked to stop. `pair` of `pairsCount` is the share done before. */
export function advanceTogether(
  baseline: ActiveRun,
  change: ActiveRun,
  control: RunControl,
  { pair, pairsCount }: { readonly pair: number; readonly pairsCount: number },
): boolean {
  const going = [baseline, change];
  const horizonUs = baseline.horizonUs ?? 0;
  control.progress[PROGRESS.horizonUs] = horizonUs * pairsCount;
  let events = SLICE_EVENTS_MIN;
  while (going.length > 0) {
    const behind = going.reduce((a, b) => (b.nowUs < a.nowUs ? b : a));
    const beforeMs = performance.now();
    if (!behind.advance(events)) going.splice(going.indexOf(behind), 1);
    const tookMs = performance.now() - beforeMs;
    events = tookMs < SLICE_MS ? Math.min(SLICE_EVENTS_MAX, events * 2) : events >> 1;
    events = Math.max(SLICE_EVENTS_MIN, events);
    control.progress[PROGRESS.nowUs] = horizonUs * pair + behind.nowUs;
    control.progress[PROGRESS.events] = baseline.eventsFired + change.eventsFired;
    if (Atomics.compareExchange(control.stop, 0, STOP.asked, STOP.seen) !== STOP.no) return false;
  }
  return true;
}
