// What a simulation is made with, and what it says about itself in numbers.
//
// Types alone, apart from the loop, so that tests and other floors can name them without it.

import type { Instant } from "../base/index.ts";
import type { EventLog } from "./event-log.ts";
import type { PendingEventsFactory } from "./pending-events.ts";

/** How one simulation is set up; every part has a default. */
export interface SimulationOptions {
  /** The general queue; default is the package's heap. */
  readonly pendingEvents?: PendingEventsFactory;
  /** Records every fired event. */
  readonly log?: EventLog;
  readonly limits?: {
    /** Events fired in the whole life of the simulation after which runs end with "limit". */
    readonly maxEvents?: number;
    /** Steps without delay in one instant that count as a loop; default 100,000. */
    readonly maxZeroDelaySteps?: number;
  };
  /** Runs invariants: true for those of mode "check", "deep" for all. Default: none. */
  readonly check?: boolean | "deep";
  /** How often deep invariants run: every this many events or instants. */
  readonly deepStride?: number;
}

/** Limits of one call of `runUntilDrained`. */
export interface DrainLimit {
  readonly untilUs?: Instant;
  readonly maxEvents?: number;
}

/** Counts since the simulation was made; scheduled = fired + cancelled + pending. */
export interface SimulationStats {
  readonly scheduled: number;
  readonly fired: number;
  readonly cancelled: number;
  readonly pending: number;
  /** Pending events that keep "run until drained" going. */
  readonly foregroundPending: number;
}

/** What the loop did since the simulation was made, in operations that every machine counts alike. */
export interface EngineOperations {
  readonly eventsScheduled: number;
  readonly eventsFired: number;
  readonly eventsCancelled: number;
  /** Pushes to and pops from the general queue; lanes and arrivals need none. */
  readonly heapPushes: number;
  readonly heapPops: number;
  /** Fired events by the name of their kind, in order of definition; kinds that never fired are left out. */
  readonly firedByKind: ReadonlyMap<string, number>;
}
