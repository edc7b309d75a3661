// CacheObserver: who keeps something of its own in step with a SchedulerCache.
//
// Counters and indexes of the faster evaluators are told of every change, in order, after it was made.
// They must not change the cache. What they keep is compared with a fresh count by test.

import type { NodeObject } from "../../cluster/index.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { NodeRow } from "./node-row.ts";

/** Hears of changes to nodes and counted pods; a pod that changes leaves and comes again. */
export interface CacheObserver {
  /** A pod now counts on that row, which need not have a node. */
  podAdded(row: NodeRow, pod: PodInfo): void;
  /** The same record no longer counts there. */
  podRemoved(row: NodeRow, pod: PodInfo): void;
  /** `before` undefined: the node came; `after` undefined: it went (its pods may stay on the row). */
  nodeChanged(row: NodeRow, before: NodeObject | undefined, after: NodeObject | undefined): void;
}
