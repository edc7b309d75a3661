// Latencies of the control plane: how long what is not a decision takes.
//
// Two presets: `instant`, where everything happens in the same instant and only the order of ranks
// counts, and `kubernetes-1.36`, whose figures were measured on a small idle control plane
// (spec/cluster.md section 4, spec/scheduler.md section 16).

import { durationFromMillis, ZERO_DURATION } from "../../base/index.ts";
import type { Duration } from "../../base/index.ts";
import type { RateLimit } from "./token-bucket.ts";

/** A client's rate, or none at all. */
export type ClientLimit = RateLimit | "unlimited";

/** Delays and rates of one run; every delay may be 0. */
export interface ControlPlaneLatencies {
  /** Request leaves to commit and reply: create, update, patch. */
  readonly apiWrite: Duration;
  /** The same for delete. */
  readonly apiDelete: Duration;
  /** Commit to delivery at every watcher. */
  readonly watchLatency: Duration;
  /** One pass of a controller over one object. */
  readonly syncCost: Duration;
  /** From a change on the node to the kubelet's status request. */
  readonly kubeletStatusDelay: Duration;
  /** Pop to decision; the scheduling loop is busy meanwhile. */
  readonly schedulerCycle: Duration;
  /** One bucket per controller name. */
  readonly controllerClient: ClientLimit;
  readonly schedulerClient: ClientLimit;
  /** One bucket per node. */
  readonly kubeletClient: ClientLimit;
}

/** No delay and no rate anywhere. */
export const LATENCIES_INSTANT: ControlPlaneLatencies = Object.freeze({
  apiWrite: ZERO_DURATION,
  apiDelete: ZERO_DURATION,
  watchLatency: ZERO_DURATION,
  syncCost: ZERO_DURATION,
  kubeletStatusDelay: ZERO_DURATION,
  schedulerCycle: ZERO_DURATION,
  controllerClient: "unlimited",
  schedulerClient: "unlimited",
  kubeletClient: "unlimited",
});

/** A small idle control plane of this release with default flags. */
export const LATENCIES_KUBERNETES_1_36: ControlPlaneLatencies = Object.freeze({
  apiWrite: durationFromMillis(3),
  apiDelete: durationFromMillis(6),
  watchLatency: durationFromMillis(1),
  syncCost: durationFromMillis(1),
  kubeletStatusDelay: durationFromMillis(15),
  schedulerCycle: durationFromMillis(1),
  controllerClient: Object.freeze({ qps: 20, burst: 30 }),
  schedulerClient: Object.freeze({ qps: 50, burst: 100 }),
  kubeletClient: Object.freeze({ qps: 50, burst: 100 }),
});

/** The presets by the name a scenario uses. */
export const LATENCY_PRESETS: ReadonlyMap<string, ControlPlaneLatencies> = new Map([
  ["instant", LATENCIES_INSTANT],
  ["kubernetes-1.36", LATENCIES_KUBERNETES_1_36],
]);
