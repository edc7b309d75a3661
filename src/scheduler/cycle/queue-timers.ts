// QueueTimers: wakes the queue's two flushes exactly when they have something to do.
//
// Upstream ticks every second and every 30 seconds. Ticks that change nothing are invisible, so only
// those are scheduled that may: the whole second at which a back-off is over, and the first point of
// the 30 s grid at which a rejected pod has waited too long, or a gated one while others are tried.

import type { Instant } from "../../base/index.ts";
import {
  type EventHandle,
  type EventKind,
  NO_HANDLE,
  RANK,
  type Simulation,
} from "../../engine/index.ts";
import type { SchedulingQueue } from "../queue/scheduling-queue.ts";

/** The leftover flush comes this often, the first time when the scheduler starts. */
const LEFTOVER_PERIOD_US = 30_000_000;

/** What the timers need of their scheduler. */
export interface QueueTimersOwner {
  /** Without nodes the retries lead nowhere and must not keep a run going. */
  hasNodes(): boolean;
  onTick(): void;
}

/** At most one pending event per flush. */
export class QueueTimers {
  private readonly simulation: Simulation;
  private readonly queue: SchedulingQueue;
  private readonly owner: QueueTimersOwner;
  private readonly startedUs: number;
  private readonly backoffKind: EventKind;
  private readonly idleBackoffKind: EventKind;
  private readonly leftoverKind: EventKind;
  private backoffTick: EventHandle = NO_HANDLE;
  private backoffTickUs = Number.POSITIVE_INFINITY;
  private isBackoffTickIdle = false;
  private leftoverTick: EventHandle = NO_HANDLE;

  constructor(simulation: Simulation, queue: SchedulingQueue, owner: QueueTimersOwner) {
    this.simulation = simulation;
    this.queue = queue;
    this.owner = owner;
    this.startedUs = simulation.nowUs;
    const onBackoff = (): void => this.backoffDue();
    this.backoffKind = simulation.defineKind("scheduler: back-off tick", RANK.scheduler, onBackoff);
    this.idleBackoffKind = simulation.defineKind(
      "scheduler: back-off tick without nodes",
      RANK.scheduler,
      onBackoff,
      { background: true },
    );
    this.leftoverKind = simulation.defineKind(
      "scheduler: leftover flush",
      RANK.scheduler,
      () => this.leftoverDue(),
      { background: true },
    );
  }

  /** Looks at the queue again after something changed. */
  arm(): void {
    this.armBackoff();
    if (this.leftoverTick === NO_HANDLE && this.queue.count("unschedulable") > 0) {
      this.armLeftover();
    }
  }

  private armBackoff(): void {
    const dueUs = this.queue.nextBackoffFlushUs;
    if (dueUs === undefined) return;
    const isIdle = !this.owner.hasNodes();
    if (this.backoffTick !== NO_HANDLE) {
      if (this.backoffTickUs <= dueUs && this.isBackoffTickIdle === isIdle) return;
      this.simulation.cancel(this.backoffTick);
    }
    this.backoffTickUs = Math.max(dueUs, this.simulation.nowUs);
    this.isBackoffTickIdle = isIdle;
    const kind = isIdle ? this.idleBackoffKind : this.backoffKind;
    this.backoffTick = this.simulation.at(this.backoffTickUs as Instant, kind);
  }

  private backoffDue(): void {
    this.backoffTick = NO_HANDLE;
    this.queue.flushBackoffCompleted();
    this.owner.onTick();
  }

  /** Entries never become older than those already there, so an armed tick is never too late. */
  private armLeftover(): void {
    const tooLongUs = this.queue.nextLeftoverUs;
    if (tooLongUs === undefined) return;
    // Gated pods may have been there too long for many ticks.
    const passedUs = Math.max(tooLongUs, this.simulation.nowUs) - this.startedUs;
    const periods = Math.floor(passedUs / LEFTOVER_PERIOD_US) + 1;
    const dueUs = this.startedUs + periods * LEFTOVER_PERIOD_US;
    this.leftoverTick = this.simulation.at(dueUs as Instant, this.leftoverKind);
  }

  private leftoverDue(): void {
    this.leftoverTick = NO_HANDLE;
    this.queue.flushUnschedulableLeftover();
    this.owner.onTick();
  }
}
