// Lets a run advance while somebody watches: progress is told, a stop is noticed, wall time is kept.
//
// Slices are so long that looking up costs nothing and so short that Ctrl-C is answered at once. How
// a run is sliced never changes its result. Wall time is read here only to end a run early.

import { performance } from "node:perf_hooks";
import type { ActiveRun } from "../experiment/index.ts";
import { PROGRESS, type RunControl, STOP } from "./run-request.ts";

const SLICE_MS_MIN = 10;
const SLICE_MS_MAX = 40;
const SLICE_EVENTS_MIN = 16;
const SLICE_EVENTS_MAX = 1_000_000;

/** Why a run was ended from outside; undefined = it was over by itself. */
export type OutsideEnd = "stopped" | "wall" | undefined;

/** Advances the run to its end, or until it is to stop. */
export function advanceWatched(
  run: ActiveRun,
  control: RunControl,
  wallMsMax: number = Number.POSITIVE_INFINITY,
): OutsideEnd {
  control.progress[PROGRESS.horizonUs] = run.horizonUs ?? 0;
  const startedMs = performance.now();
  let events = SLICE_EVENTS_MIN;
  for (;;) {
    const beforeMs = performance.now();
    if (!run.advance(events)) return undefined;
    const nowMs = performance.now();
    control.progress[PROGRESS.nowUs] = run.nowUs;
    control.progress[PROGRESS.events] = run.eventsFired;
    if (Atomics.compareExchange(control.stop, 0, STOP.asked, STOP.seen) !== STOP.no)
      return "stopped";
    if (nowMs - startedMs > wallMsMax) return "wall";
    events = nextSlice(events, nowMs - beforeMs);
  }
}

function nextSlice(events: number, tookMs: number): number {
  if (tookMs < SLICE_MS_MIN) return Math.min(SLICE_EVENTS_MAX, events * 2);
  return tookMs > SLICE_MS_MAX ? Math.max(SLICE_EVENTS_MIN, events >> 1) : events;
}
