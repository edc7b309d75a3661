// The simulation: clock, event queues and dispatch of one run.
//
// The key of an event is (instant, rank, sequence); of all pending events the least key fires
// next. Pending events come from three kinds of sources, merged by their heads: the general queue
// (anything, cancellable), lanes (constant delay) and arrival queues (presorted). Nothing here
// allocates per event except the closures of `callAt`, which cold code may use. It knows no
// Kubernetes and draws no random number. Longer than most files because setting up, scheduling,
// running and firing share one state that nobody else may touch.

import { AssertionError, assert } from "../base/index.ts";
import type { Duration, Instant } from "../base/index.ts";
import { Admission } from "./admission.ts";
import { ArrivalQueue } from "./arrival-queue.ts";
import type { ArrivalSource } from "./arrival-queue.ts";
import { CallTable } from "./call-table.ts";
import { CausalDepth, ZERO_DELAY_STEPS_MAX } from "./causal-depth.ts";
import { EventAudit } from "./event-audit.ts";
import { EventKindTable } from "./event-kind.ts";
import type { EventHandler, EventKind } from "./event-kind.ts";
import type { EventLog } from "./event-log.ts";
import { EventTable } from "./event-table.ts";
import type { EventHandle } from "./event-table.ts";
import { InvariantRegistry } from "./invariants.ts";
import { LaneRing, refuseEndOfTime, refusePayload } from "./lane.ts";
import type { Lane } from "./lane.ts";
import { PackageHeap } from "./package-heap.ts";
import type { PendingEvents } from "./pending-events.ts";
import { PeriodicTimer } from "./periodic-timer.ts";
import type { PeriodicOptions } from "./periodic-timer.ts";
import type { Rank } from "./rank.ts";
import { createRunOutcome } from "./run-outcome.ts";
import type { RunEnd, RunOutcome } from "./run-outcome.ts";
import type {
  DrainLimit,
  EngineOperations,
  SimulationOptions,
  SimulationStats,
} from "./simulation-options.ts";
import { NO_SOURCE, SourceHeads } from "./source-heads.ts";

/** The general queue is source number 0. */
const QUEUE_SOURCE = 0;

/** Cancelled events are swept out when they are more than half of a queue larger than this. */
const SWEEP_SIZE_MIN = 1_024;

/** The clock, the event queues and the handlers of one run. */
export class Simulation {
  /** The invariants of every floor; run by the loop under `check`. */
  readonly invariants: InvariantRegistry;
  /** Whether this run tests its invariants. */
  readonly isChecking: boolean;
  private readonly kinds = new EventKindTable();
  private readonly causes: CausalDepth;
  private readonly admission: Admission;
  private readonly table = new EventTable();
  private readonly pending: PendingEvents;
  private readonly heads = new SourceHeads();
  private readonly lanes: (LaneRing | undefined)[] = [undefined]; // by source
  private readonly arrivalQueues: (ArrivalQueue | undefined)[] = [undefined]; // by source
  private readonly calls = new CallTable();
  private readonly callKinds = new Map<string, EventKind>();
  private readonly isCallKind: boolean[] = []; // by kind
  private readonly log: EventLog | undefined;
  private readonly isObserved: boolean; // by a log or an audit
  private readonly eventCountMax: number;
  private firedCount = 0;
  private cancelledCount = 0;
  private heapPushCount = 0;
  private heapPopCount = 0;
  /** Hands an instant to `insert`: as an argument of a function that is not inlined it would be allocated. */
  private readonly dueUs = new Float64Array(1);
  private isRunning = false;
  private stopReason: string | undefined;
  private readonly sweep = (slot: number): boolean => {
    if (!this.table.isCancelled(slot)) return false;
    this.table.release(slot);
    return true;
  };

  constructor(options: SimulationOptions = {}) {
    const check = options.check ?? false;
    this.isChecking = check !== false;
    this.invariants = new InvariantRegistry({
      deep: check === "deep",
      ...(options.deepStride === undefined ? {} : { deepStride: options.deepStride }),
    });
    this.causes = new CausalDepth(options.limits?.maxZeroDelaySteps ?? ZERO_DELAY_STEPS_MAX);
    this.admission = new Admission(this.kinds, this.causes);
    const { table } = this;
    const createPending = options.pendingEvents ?? ((isBefore) => new PackageHeap(isBefore));
    this.pending = createPending((left, right) => table.isBefore(left, right));
    this.heads.add();
    this.log = options.log;
    this.isObserved = this.isChecking || this.log !== undefined;
    this.log?.useNames(this.kinds.names);
    this.eventCountMax = options.limits?.maxEvents ?? Number.POSITIVE_INFINITY;
    if (this.isChecking) {
      const audit = new EventAudit({
        scheduledCount: () => this.admission.sequence,
        firedCount: () => this.firedCount,
        cancelledCount: () => this.cancelledCount,
        queuedCount: () => this.countQueued(),
      });
      audit.registerIn(this.invariants);
      this.admission.audit = audit;
    }
  }

  /** The present instant; it never decreases. */
  get nowUs(): Instant {
    return this.admission.nowUs as Instant;
  }

  /**
   * Defines what can happen: a name for logs, a rank and a handler. Background kinds alone do not
   * keep "run until drained" going.
   */
  defineKind(
    name: string,
    rank: Rank,
    handler: EventHandler,
    options: { readonly background?: boolean } = {},
  ): EventKind {
    return this.addKind(name, rank, handler, options.background ?? false, false);
  }

  /** An event of this kind fires at this instant, not before the present. */
  at(atUs: Instant, kind: EventKind, a = 0, b = 0): EventHandle {
    this.dueUs[0] = atUs;
    return this.table.handleOf(this.insert(kind, a, b));
  }

  /** An event of this kind fires this much later. */
  after(delayUs: Duration, kind: EventKind, a = 0, b = 0): EventHandle {
    this.dueUs[0] = this.admission.nowUs + delayUs;
    return this.table.handleOf(this.insert(kind, a, b));
  }

  /** Cancels a pending event; false if it fired, was cancelled before, or is `NO_HANDLE`. */
  cancel(handle: EventHandle): boolean {
    const slot = this.table.findSlot(handle);
    if (slot < 0) return false;
    const kind = this.table.kind(slot);
    this.cancelledCount++;
    this.admission.settle(kind);
    this.admission.audit?.noteCancelled(this.table.order(slot));
    if (this.isCallKind[kind]) this.calls.remove(this.table.a(slot));
    this.table.markCancelled(slot);
    this.sweepIfWorthwhile();
    return true;
  }

  /** Whether the handle names an event that will still fire. */
  isPending(handle: EventHandle): boolean {
    return this.table.findSlot(handle) >= 0;
  }

  /** A queue for events of one kind that all have the same delay. */
  lane(kind: EventKind, delayUs: Duration): Lane {
    this.kinds.check(kind);
    assert(
      Number.isSafeInteger(delayUs) && delayUs >= 0,
      `Lane delay of ${delayUs} us; a delay is a non-negative integer.`,
    );
    const lane = new LaneRing(kind, delayUs, this.admission, this.heads);
    this.lanes[lane.source] = lane;
    this.arrivalQueues[lane.source] = undefined;
    return lane;
  }

  /** Events of one kind at the instants of a presorted source; the source is read one ahead. */
  arrivals(kind: EventKind, arrivals: ArrivalSource): void {
    this.kinds.check(kind);
    const queue = new ArrivalQueue(kind, arrivals, this.admission, this.heads);
    this.lanes[queue.source] = undefined;
    this.arrivalQueues[queue.source] = queue;
  }

  /** Calls a closure at an instant; for cold code, since it allocates. The label is for logs. */
  callAt(
    atUs: Instant,
    rank: Rank,
    label: string,
    call: () => void,
    options: { readonly background?: boolean } = {},
  ): EventHandle {
    const kind = this.callKind(label, rank, options.background ?? false);
    const index = this.calls.add(call);
    return this.at(atUs, kind, index);
  }

  /** Calls a closure this much later. */
  callAfter(
    delayUs: Duration,
    rank: Rank,
    label: string,
    call: () => void,
    options: { readonly background?: boolean } = {},
  ): EventHandle {
    return this.callAt((this.admission.nowUs + delayUs) as Instant, rank, label, call, options);
  }

  /** Calls a closure every period, from one period from now unless a phase says otherwise. */
  every(
    periodUs: Duration,
    rank: Rank,
    label: string,
    pass: () => void,
    options: PeriodicOptions = {},
  ): PeriodicTimer {
    const background = options.background ?? true;
    const kind = this.callKind(label, rank, background);
    const fire = (): void => timer.fire();
    const timer: PeriodicTimer = new PeriodicTimer(
      {
        nowUs: () => this.nowUs,
        fireAt: (atUs) => this.at(atUs, kind, this.calls.add(fire)),
        cancel: (handle) => this.cancel(handle),
      },
      periodUs,
      pass,
      options,
    );
    return timer;
  }

  /**
   * How many steps without delay led to the running event; -1 outside events. Whoever queues an
   * item for later work at the same instant keeps this number, and its worker gives it back to
   * `takeUp`, so that a long honest queue is not mistaken for a loop.
   */
  get causalDepth(): number {
    return this.causes.depth;
  }

  /** The running event goes on with an item that was queued at that depth and instant. */
  takeUp(causalDepth: number, queuedAtUs: Instant): void {
    this.causes.takeUp(queuedAtUs === this.admission.nowUs ? causalDepth : 0);
  }

  /** Fires all events up to an instant, that instant included; then the clock stands there. */
  runUntil(untilUs: Instant): RunOutcome {
    assert(untilUs >= this.admission.nowUs, `Run until ${untilUs} us, which is in the past.`);
    const firedBefore = this.firedCount;
    const reason = this.run(untilUs, this.eventCountMax, false);
    if (reason === "horizon" || reason === "drained") this.moveClock(untilUs);
    return this.outcome(reason === "drained" ? "horizon" : reason, firedBefore);
  }

  /** Fires events until only background ones are pending, or up to a limit. */
  runUntilDrained(limit: DrainLimit = {}): RunOutcome {
    const firedBefore = this.firedCount;
    const eventCountMax = Math.min(
      this.eventCountMax,
      firedBefore + (limit.maxEvents ?? Number.POSITIVE_INFINITY),
    );
    const untilUs = limit.untilUs ?? Number.MAX_SAFE_INTEGER;
    const reason = this.run(untilUs, eventCountMax, true);
    if (reason === "horizon") this.moveClock(untilUs);
    return this.outcome(reason, firedBefore);
  }

  /** Fires the next event, whatever it is; false when nothing is pending. */
  step(): boolean {
    const firedBefore = this.firedCount;
    this.run(Number.MAX_SAFE_INTEGER, firedBefore + 1, false);
    return this.firedCount > firedBefore;
  }

  /** Called by a handler: the loop returns when the running event is over. */
  stop(reason: string): void {
    assert(this.isRunning, "stop is called by an event of a running simulation.");
    this.stopReason ??= reason;
  }

  get stats(): SimulationStats {
    const scheduled = this.admission.sequence;
    return {
      scheduled,
      fired: this.firedCount,
      cancelled: this.cancelledCount,
      pending: scheduled - this.firedCount - this.cancelledCount,
      foregroundPending: this.admission.foregroundCount,
    };
  }

  /** The work of the loop so far, for regression gates. */
  get operations(): EngineOperations {
    const { scheduled, fired, cancelled } = this.stats;
    const firedByKind = new Map<string, number>();
    for (const [kind, name] of this.kinds.names.entries()) {
      const count = this.kinds.fired[kind]!;
      if (count > 0) firedByKind.set(name, (firedByKind.get(name) ?? 0) + count);
    }
    return {
      eventsScheduled: scheduled,
      eventsFired: fired,
      eventsCancelled: cancelled,
      heapPushes: this.heapPushCount,
      heapPops: this.heapPopCount,
      firedByKind,
    };
  }

  private addKind(
    name: string,
    rank: Rank,
    handler: EventHandler,
    background: boolean,
    isCall: boolean,
  ): EventKind {
    this.isCallKind.push(isCall);
    return this.kinds.define(name, rank, handler, background);
  }

  /** One kind per (label, rank, background) of closures, so that logs can name them. */
  private callKind(label: string, rank: Rank, background: boolean): EventKind {
    const key = `${rank}${background ? "b" : "f"}${label}`;
    let kind = this.callKinds.get(key);
    if (kind === undefined) {
      kind = this.addKind(label, rank, (index) => this.calls.run(index), background, true);
      this.callKinds.set(key, kind);
    }
    return kind;
  }

  /** An event at the instant in `dueUs`. */
  private insert(kind: EventKind, a: number, b: number): number {
    const { admission } = this;
    const atUs = this.dueUs[0]!;
    if (!(atUs >= admission.nowUs)) this.refusePast(atUs, kind);
    if (atUs > Number.MAX_SAFE_INTEGER) refuseEndOfTime();
    if (Math.floor(atUs) !== atUs) refuseFraction(atUs);
    if ((a | 0) !== a || (b | 0) !== b) refusePayload(a, b);
    const order = admission.admit(atUs, kind);
    const slot = this.table.add(atUs, order, kind, a, b);
    if (atUs === admission.nowUs) this.table.setCause(slot, this.causes.next(), this.causes.step);
    this.heapPushCount++;
    this.pending.push(slot);
    this.heads.lower(QUEUE_SOURCE, atUs, order);
    return slot;
  }

  private run(untilUs: number, eventCountMax: number, untilDrained: boolean): RunEnd {
    assert(!this.isRunning, "The simulation is already running.");
    this.isRunning = true;
    this.stopReason = undefined;
    try {
      for (;;) {
        const source = this.leastSource();
        if (source === NO_SOURCE) return "drained";
        if (untilDrained && this.admission.foregroundCount === 0) return "drained";
        const atUs = this.heads.atUs(source);
        if (atUs > untilUs) return "horizon";
        if (this.firedCount >= eventCountMax) return "limit";
        if (atUs > this.admission.nowUs) this.moveClock(atUs);
        this.fire(source);
        if (this.isChecking) this.invariants.runAfterEvent();
        if (this.causes.isBroken) return "zero-delay-loop";
        if (this.stopReason !== undefined) return "stopped";
      }
    } finally {
      this.isRunning = false;
      this.causes.leave();
    }
  }

  private moveClock(atUs: number): void {
    if (this.isChecking && atUs > this.admission.nowUs) this.invariants.runAfterInstant();
    this.admission.nowUs = atUs;
    this.causes.enterInstant();
  }

  /** The source of the next event; drops cancelled events that have come to the front. */
  private leastSource(): number {
    for (;;) {
      const source = this.heads.least();
      if (source !== QUEUE_SOURCE) return source;
      const slot = this.pending.peek();
      if (!this.table.isCancelled(slot)) return source;
      this.heapPopCount++;
      this.pending.pop();
      this.table.release(slot);
      this.showQueueHead();
    }
  }

  // Instants and orders are doubles: they stay in columns, since passing one to a function that is
  // not inlined would allocate.
  private fire(source: number): void {
    const lane = this.lanes[source];
    if (lane !== undefined) this.fireFromLane(lane);
    else if (source === QUEUE_SOURCE) this.fireFromQueue();
    else this.fireArrival(this.arrivalQueues[source]!);
  }

  private fireFromLane(lane: LaneRing): void {
    const { a, b, depth, step, kind } = lane;
    this.settle(lane.source, kind, a, b);
    lane.drop();
    this.causes.begin(depth, step, kind, a, b);
    this.kinds.handlers[kind]!(a, b);
  }

  private fireFromQueue(): void {
    const { table } = this;
    this.heapPopCount++;
    const slot = this.pending.pop();
    const kind = table.kind(slot);
    const a = table.a(slot);
    const b = table.b(slot);
    if (this.isObserved) this.observe(table.atUs(slot), table.order(slot), kind, a, b);
    this.firedCount++;
    this.kinds.fired[kind]!++;
    this.admission.settle(kind);
    if (table.isCaused(slot)) {
      this.causes.begin(table.depth(slot), table.step(slot), kind, a, b);
    } else {
      this.causes.begin(0, -1, kind, a, b);
    }
    table.release(slot);
    this.showQueueHead();
    this.kinds.handlers[kind]!(a, b);
  }

  private fireArrival(queue: ArrivalQueue): void {
    const { a, b, kind } = queue;
    this.settle(queue.source, kind, a, b);
    queue.drop();
    this.causes.begin(0, -1, kind, a, b);
    this.kinds.handlers[kind]!(a, b);
  }

  /** Counts the head of a lane or an arrival queue, which is about to run. */
  private settle(source: number, kind: EventKind, a: number, b: number): void {
    const { heads } = this;
    if (this.isObserved) this.observe(heads.atUs(source), heads.order(source), kind, a, b);
    this.firedCount++;
    this.kinds.fired[kind]!++;
    this.admission.settle(kind);
  }

  private observe(atUs: number, order: number, kind: EventKind, a: number, b: number): void {
    this.log?.record(atUs, order, kind, a, b);
    this.admission.audit?.noteFired(atUs, order);
  }

  private showQueueHead(): void {
    const slot = this.pending.peek();
    if (slot < 0) this.heads.setEmpty(QUEUE_SOURCE);
    else this.heads.set(QUEUE_SOURCE, this.table.atUs(slot), this.table.order(slot));
  }

  private sweepIfWorthwhile(): void {
    const { size } = this.pending;
    if (size < SWEEP_SIZE_MIN || this.table.cancelledCount * 2 < size) return;
    this.pending.removeWhere(this.sweep);
    this.showQueueHead();
  }

  /** Pending events, counted where they are. */
  private countQueued(): number {
    let queued = this.pending.size - this.table.cancelledCount;
    for (let source = 1; source < this.heads.count; source++) {
      const lane = this.lanes[source];
      queued += lane === undefined ? this.arrivalQueues[source]!.size : lane.size;
    }
    return queued;
  }

  private refusePast(atUs: number, kind: EventKind): never {
    const name = this.kinds.names[kind] ?? "?";
    const { audit, nowUs, sequence } = this.admission;
    if (audit !== undefined) {
      audit.noteScheduled(atUs, sequence + 1, nowUs);
      this.invariants.runAfterEvent();
    }
    throw new AssertionError(`Event "${name}" at ${atUs} us is before the present, ${nowUs} us.`);
  }

  private outcome(reason: RunEnd, firedBefore: number): RunOutcome {
    const loop = reason === "zero-delay-loop" ? this.causes.collectLoop() : [];
    return createRunOutcome({
      reason,
      atUs: this.nowUs,
      firedCount: this.firedCount - firedBefore,
      firedInAll: this.firedCount,
      stopReason: this.stopReason ?? "",
      stepsMax: this.causes.stepsMax,
      loop: loop.map(({ kind, a, b }) => ({ kind: this.kinds.names[kind] ?? "?", a, b })),
    });
  }
}

function refuseFraction(atUs: number): never {
  throw new AssertionError(`Instant ${atUs} us is not an integer.`);
}
