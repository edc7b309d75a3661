// Thresholds of node-pressure eviction, and their defaults.
//
// A threshold is met when what is available falls below it: an amount, or a percentage of the
// capacity. Inodes are not modelled.

/** What is measured on a node. */
export type EvictionSignal =
  | "memory.available"
  | "nodefs.available"
  | "imagefs.available"
  | "pid.available";

/** One threshold; exactly one of amount and percent counts. */
export interface EvictionThreshold {
  readonly signal: EvictionSignal;
  /** Bytes or processes. */
  readonly amount: number | undefined;
  readonly percent: number | undefined;
  /** Undefined: hard. Else it must be met for so long first. */
  readonly graceUs: number | undefined;
  /** What must be available beyond the threshold before it counts as no longer met. */
  readonly minReclaim: number;
}

/** Settings of the eviction manager. */
export interface EvictionOptions {
  readonly thresholds: readonly EvictionThreshold[];
  /** housekeeping interval of the manager. */
  readonly periodUs: number;
  /** evictionPressureTransitionPeriod: a condition stays at least so long after it was last observed. */
  readonly transitionUs: number;
  /** evictionMaxPodGracePeriod: the most grace of a soft eviction. */
  readonly maxPodGraceUs: number;
  /** Between an eviction and the next look the manager waits for the pod to go, at most so long. */
  readonly cleanupUsMax: number;
  /** Processes that a node can hold; undefined = pid.available is not measured. */
  readonly processesMax: number | undefined;
}

const MI = 1024 * 1024;
const SECOND = 1_000_000;

function hard(signal: EvictionSignal, amount?: number, percent?: number): EvictionThreshold {
  return { signal, amount, percent, graceUs: undefined, minReclaim: 0 };
}

/** Hard thresholds only, as the kubelet has them unless told otherwise. */
export const DEFAULT_EVICTION: EvictionOptions = {
  thresholds: [
    hard("memory.available", 100 * MI),
    hard("nodefs.available", undefined, 10),
    hard("imagefs.available", undefined, 15),
  ],
  periodUs: 10 * SECOND,
  transitionUs: 300 * SECOND,
  maxPodGraceUs: 0,
  cleanupUsMax: 30 * SECOND,
  processesMax: undefined,
};
