// Periodic timers: work that comes back every period of simulated time.
//
// Two modes. "grid" fires at phase + k * period whatever the work does, as a ticker. "afterEnd"
// sleeps one period after each pass has ended, as Kubernetes' wait loops do; a pass that takes
// simulated time says so with `holdPass` and `endPass`.

import { assert } from "../base/index.ts";
import type { Duration, Instant } from "../base/index.ts";
import { NO_HANDLE } from "./event-table.ts";
import type { EventHandle } from "./event-table.ts";

/** Fire on a fixed grid, or sleep one period after each pass has ended. */
export type PeriodicMode = "grid" | "afterEnd";

/** When a timer fires first, how it goes on, and whether it keeps a run going. */
export interface PeriodicOptions {
  /** Instant of the first firing, and origin of the grid. Default: one period from now. */
  readonly phase?: Instant;
  readonly mode?: PeriodicMode;
  /** Whether pending firings alone do not keep "run until drained" going. Default: true. */
  readonly background?: boolean;
}

/** What a timer needs of its simulation. */
export interface TimerHost {
  nowUs(): Instant;
  /** Schedules the timer's next firing. */
  fireAt(atUs: Instant): EventHandle;
  cancel(handle: EventHandle): boolean;
}

type PassState = "none" | "running" | "held";

/** A running periodic timer, made by `Simulation.every`. */
export class PeriodicTimer {
  private readonly host: TimerHost;
  private readonly periodUs: number;
  private readonly mode: PeriodicMode;
  private readonly pass: () => void;
  private readonly phaseUs: number;
  private handle: EventHandle = NO_HANDLE;
  private dueUs: Instant | undefined;
  private state: "on" | "paused" | "stopped" = "on";
  private passState: PassState = "none";

  constructor(host: TimerHost, periodUs: Duration, pass: () => void, options: PeriodicOptions) {
    assert(
      Number.isSafeInteger(periodUs) && periodUs > 0,
      `Period of ${periodUs} us; a period is a positive integer.`,
    );
    this.host = host;
    this.periodUs = periodUs;
    this.pass = pass;
    this.mode = options.mode ?? "grid";
    this.phaseUs = options.phase ?? host.nowUs() + periodUs;
    this.setNext(this.firstDue());
  }

  /** When the next pass begins; undefined while stopped, paused or inside an "afterEnd" pass. */
  get nextAtUs(): Instant | undefined {
    return this.state === "on" ? this.dueUs : undefined;
  }

  get isStopped(): boolean {
    return this.state === "stopped";
  }

  /** Ends the timer for good. */
  stop(): void {
    this.state = "stopped";
    this.forget();
  }

  /** Holds the timer; passes that would have begun meanwhile do not begin. */
  pause(): void {
    if (this.state !== "on") return;
    this.state = "paused";
    this.host.cancel(this.handle);
    this.handle = NO_HANDLE;
  }

  /**
   * Goes on: in mode "grid" at the next grid point not before now (points missed are lost), in mode
   * "afterEnd" when the sleep ends, which is now if it ended meanwhile.
   */
  resume(): void {
    if (this.state !== "paused") return;
    this.state = "on";
    const dueUs = this.dueUs;
    if (dueUs === undefined) return; // inside a held pass: its end sets the next due instant
    const nowUs = this.host.nowUs();
    if (dueUs >= nowUs) this.setNext(dueUs);
    else this.setNext(this.mode === "grid" ? this.gridPointFrom(nowUs) : nowUs);
  }

  /** Inside a pass of mode "afterEnd": the pass goes on until `endPass`. */
  holdPass(): void {
    assert(this.mode === "afterEnd", "Only passes of mode afterEnd can be held.");
    assert(this.passState === "running", "holdPass is called inside a pass.");
    this.passState = "held";
  }

  /** The held pass has ended; the sleep begins now. */
  endPass(): void {
    assert(this.passState === "held", "endPass is called once after holdPass.");
    this.passState = "none";
    this.sleep();
  }

  /** Called by the simulation when the timer is due. */
  fire(): void {
    const firedUs = this.dueUs;
    this.handle = NO_HANDLE;
    this.dueUs = undefined;
    assert(firedUs !== undefined, "A periodic timer fired that was not due.");
    if (this.mode === "grid") {
      this.setNext((firedUs + this.periodUs) as Instant);
      this.pass();
      return;
    }
    this.passState = "running";
    this.pass();
    if (this.passState !== "running") return;
    this.passState = "none";
    this.sleep();
  }

  private sleep(): void {
    const dueUs = (this.host.nowUs() + this.periodUs) as Instant;
    if (this.state === "on") this.setNext(dueUs);
    else if (this.state === "paused") this.dueUs = dueUs;
  }

  private setNext(dueUs: Instant): void {
    this.dueUs = dueUs;
    this.handle = this.host.fireAt(dueUs);
  }

  private forget(): void {
    this.host.cancel(this.handle);
    this.handle = NO_HANDLE;
    this.dueUs = undefined;
  }

  private firstDue(): Instant {
    const nowUs = this.host.nowUs();
    if (this.phaseUs >= nowUs) return this.phaseUs as Instant;
    return this.mode === "grid" ? this.gridPointFrom(nowUs) : nowUs;
  }

  /** The least grid point at or after an instant. */
  private gridPointFrom(fromUs: number): Instant {
    const offset = (fromUs - this.phaseUs) % this.periodUs;
    if (offset === 0) return fromUs as Instant;
    return (fromUs - offset + (offset > 0 ? this.periodUs : 0)) as Instant;
  }
}
