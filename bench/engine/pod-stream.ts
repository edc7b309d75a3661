// The workload of the event-loop benchmark, the same for every engine: pods that arrive, are given
// a node by a null scheduler, start, and end after their lifetime.
//
// Everything is integer arithmetic on one 32-bit generator, so that drawing costs next to nothing
// and every engine meets the same pods.

/** Nodes of the cluster. */
export const NODE_COUNT = 1_000;
/** Delay from arrival to the scheduling cycle. */
export const CYCLE_DELAY_US = 300;
/** Delay from the cycle to the start. */
export const START_DELAY_US = 1_500_000;
/** Arrival, cycle, start and end. */
export const EVENTS_PER_POD = 4;

const GAP_US = 10_000; // mean between arrivals
const LIFETIME_US = 300_000_000; // mean, so that about 30 pods run on each node

/** Draws gaps and lifetimes, in the order of arrival. */
export class PodStream {
  private state = 42;

  /** Microseconds to the next arrival. */
  nextGapUs(): number {
    return 1 + Math.floor(this.nextUnit() * (2 * GAP_US));
  }

  nextLifetimeUs(): number {
    return 1 + Math.floor(this.nextUnit() * (2 * LIFETIME_US));
  }

  private nextUnit(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return this.state / 4294967296;
  }
}

/** The null scheduler: a node that depends on the pod's ordinal alone. */
export function nodeOf(pod: number): number {
  return (Math.imul(pod, 0x9e3779b1) >>> 0) % NODE_COUNT;
}
