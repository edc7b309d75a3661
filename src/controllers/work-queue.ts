// The work queue of a controller: keys of objects to look at, merged, taken by a few workers, put
// back with growing delays when a look failed.
//
// A key that is asked for again while a worker has it is looked at once more afterwards; a key that
// waits is not queued twice. A worker is busy until the sync's own requests have been answered,
// which is what makes a client limit slow a whole controller down.

import { type Duration, duration, type Instant } from "../base/index.ts";
import { type EventHandle, RANK, type Simulation } from "../engine/index.ts";
import { TokenBucket } from "./token-bucket.ts";

/** How failed syncs are retried: `baseUs` x 2^n up to `maxUs`, given up after `retriesMax`. */
export interface RetryLimits {
  readonly baseUs: number;
  readonly maxUs: number;
  readonly retriesMax: number;
}

/** 5 ms up to 1000 s without end: most controllers. */
export const DEFAULT_RETRIES: RetryLimits = {
  baseUs: 5_000,
  maxUs: 1_000_000_000,
  retriesMax: Number.POSITIVE_INFINITY,
};

/** How one sync ended: undefined = done, text = failed, to be tried again. */
export type SyncDone = (error?: string) => void;

/** What a work queue needs to know. `sync` looks at one key and calls `done` exactly once. */
export interface WorkQueueOptions<K> {
  readonly name: string;
  readonly workers: number;
  readonly syncCostUs: number;
  readonly retries?: RetryLimits;
  readonly sync: (key: K, done: SyncDone) => void;
}

/** Shared by all keys of a queue: 10 retries per second, burst 100. */
const RETRIES_PER_SECOND = 10;
const RETRIES_BURST = 100;

/** Keys of type K (numbers or texts), looked at by up to `workers` workers at a time. */
export class WorkQueue<K extends number | string> {
  private readonly sim: Simulation;
  private readonly options: WorkQueueOptions<K>;
  private readonly retries: RetryLimits;
  /** Keys in order of arrival, with what the engine's loop guard needs to know of each. */
  private readonly waiting = new Map<K, { readonly depth: number; readonly atUs: Instant }>();
  private readonly busy = new Set<K>();
  private readonly again = new Set<K>();
  private readonly failures = new Map<K, number>();
  private readonly timers = new Map<K, { atUs: number; handle: EventHandle }>();
  private readonly retryBucket = new TokenBucket(RETRIES_PER_SECOND, RETRIES_BURST);
  private isDispatchPending = false;
  private droppedCount = 0;

  constructor(sim: Simulation, options: WorkQueueOptions<K>) {
    this.sim = sim;
    this.options = options;
    this.retries = options.retries ?? DEFAULT_RETRIES;
  }

  /** Asks for a look at the key as soon as a worker is free. */
  add(key: K): void {
    if (this.busy.has(key)) {
      this.again.add(key);
      return;
    }
    this.enqueue(key);
    this.wake();
  }

  /**
   * Asks for a look after a delay; an earlier timer of the same key stays, a later one gives way. A
   * periodic look, which goes on for ever, does not keep "run until drained" going.
   */
  addAfter(key: K, delayUs: number, isPeriodic = false): void {
    if (delayUs <= 0) {
      this.add(key);
      return;
    }
    const atUs = this.sim.nowUs + delayUs;
    const timer = this.timers.get(key);
    if (timer !== undefined) {
      if (timer.atUs <= atUs) return;
      this.sim.cancel(timer.handle);
    }
    const label = `${this.options.name} timer`;
    const look = (): void => {
      this.timers.delete(key);
      this.add(key);
    };
    const options = { background: isPeriodic };
    const handle = this.sim.callAfter(duration(delayUs), RANK.controller, label, look, options);
    this.timers.set(key, { atUs, handle });
  }

  /** Drops what is known of a key whose object is gone. */
  forget(key: K): void {
    this.failures.delete(key);
    this.waiting.delete(key);
    this.again.delete(key);
    const timer = this.timers.get(key);
    if (timer === undefined) return;
    this.sim.cancel(timer.handle);
    this.timers.delete(key);
  }

  /** Is the key waiting, being worked on, or on a timer? Every missing pod must have such a reason. */
  isKnown(key: K): boolean {
    return this.waiting.has(key) || this.busy.has(key) || this.timers.has(key);
  }

  /** Keys given up after too many failures since the start. */
  get dropped(): number {
    return this.droppedCount;
  }

  private enqueue(key: K): void {
    if (this.waiting.has(key)) return;
    this.waiting.set(key, { depth: this.sim.causalDepth, atUs: this.sim.nowUs });
  }

  private wake(): void {
    if (this.isDispatchPending || this.busy.size >= this.options.workers) return;
    this.isDispatchPending = true;
    this.sim.callAfter(NO_DELAY, RANK.controller, `${this.options.name} dispatch`, () => {
      this.isDispatchPending = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.busy.size < this.options.workers) {
      const next = this.waiting.entries().next();
      if (next.done === true) return;
      const [key, { depth, atUs }] = next.value;
      this.waiting.delete(key);
      this.busy.add(key);
      this.sim.takeUp(depth, atUs);
      if (this.options.syncCostUs === 0) this.work(key);
      else {
        const cost = duration(this.options.syncCostUs);
        this.sim.callAfter(cost, RANK.controller, `${this.options.name} sync`, () =>
          this.work(key),
        );
      }
    }
  }

  private work(key: K): void {
    let isDone = false;
    this.options.sync(key, (error) => {
      if (isDone) throw new Error(`${this.options.name}: sync of ${key} was answered twice.`);
      isDone = true;
      this.finish(key, error);
    });
  }

  private finish(key: K, error: string | undefined): void {
    this.busy.delete(key);
    if (error === undefined) this.failures.delete(key);
    else this.retry(key, error);
    if (this.again.delete(key)) this.enqueue(key);
    if (this.waiting.size > 0) this.wake();
  }

  /**
   * The later of the key's own back-off and the queue's shared bucket. What admission forbids is tried
   * for ever; at the longest delay that alone does not keep "run until drained" going.
   */
  private retry(key: K, error: string): void {
    const failures = this.failures.get(key) ?? 0;
    if (failures >= this.retries.retriesMax) {
      this.failures.delete(key);
      this.droppedCount++;
      return;
    }
    this.failures.set(key, failures + 1);
    const ownUs = backoffUs(this.retries, failures);
    const sharedUs = this.retryBucket.reserve(this.sim.nowUs) - this.sim.nowUs;
    const isHopeless = ownUs === this.retries.maxUs && error.includes(" is forbidden: ");
    this.addAfter(key, Math.max(ownUs, sharedUs), isHopeless);
  }
}

const NO_DELAY: Duration = duration(0);

/** Delay before retry number `failures` (from 0). */
export function backoffUs(limits: RetryLimits, failures: number): number {
  let delayUs = limits.baseUs;
  for (let n = 0; n < failures && delayUs < limits.maxUs; n++) delayUs *= 2;
  return Math.min(delayUs, limits.maxUs);
}
