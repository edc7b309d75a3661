// The watchdog: notices a call into user code that does not come back, and has it ended.
//
// It looks from the main thread, which no strategy can hold up. Time in which the whole process stood
// still counts as one look, so a stopped or starved process is not taken for an endless loop.

import { performance } from "node:perf_hooks";
import type { ObservedCall, UserCallRecord } from "./user-call-record.ts";

const LOOK_MS_MIN = 5;
const LOOK_MS_MAX = 50;

/** How long calls may take, in milliseconds of wall time. */
export interface CallDeadlines {
  /** Loading a module, and making a strategy or plugin for a run. */
  readonly startMs: number;
  readonly callMs: number;
}

/** Looks at a record until it is stopped. */
export class CallWatchdog {
  private readonly record: UserCallRecord;
  private readonly deadlines: CallDeadlines;
  private readonly onOverdue: (call: ObservedCall, deadlineMs: number) => void;
  private readonly periodMs: number;
  private readonly timer: NodeJS.Timeout;
  private serial = 0;
  private sinceMs = 0;
  private lookedMs: number;

  constructor(
    record: UserCallRecord,
    deadlines: CallDeadlines,
    onOverdue: (call: ObservedCall, deadlineMs: number) => void,
  ) {
    this.record = record;
    this.deadlines = deadlines;
    this.onOverdue = onOverdue;
    this.periodMs = Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, deadlines.callMs / 10));
    this.lookedMs = performance.now();
    this.timer = setInterval(() => this.look(), this.periodMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const nowMs = performance.now();
    const passedMs = Math.min(nowMs - this.lookedMs, 2 * this.periodMs);
    this.lookedMs = nowMs;
    const { serial, isInside } = this.record;
    if (!isInside || serial !== this.serial) {
      this.serial = serial;
      this.sinceMs = 0;
      return;
    }
    this.sinceMs += passedMs;
    // The quicker question first: texts are read only of a call that may be overdue.
    if (this.sinceMs < Math.min(this.deadlines.callMs, this.deadlines.startMs)) return;
    const observed = this.record.look();
    const deadlineMs = deadlineOf(observed.call.point, this.deadlines);
    if (this.sinceMs < deadlineMs) return;
    this.stop();
    this.onOverdue(observed, deadlineMs);
  }
}

/** Points at which user code starts rather than decides. */
export function isStart(point: string): boolean {
  return point === "load" || point === "create";
}

function deadlineOf(point: string, { startMs, callMs }: CallDeadlines): number {
  return isStart(point) ? startMs : callMs;
}
