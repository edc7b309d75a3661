// CacheObserver: who keeps something of its own in step with a SchedulerCache.
//
// Counters and indexes of the faster evaluators are told of every change, in order, after it was made.
// They must not change the cache. What they keep is compared with a fresh count by test.

import type { NodeObject } from "../../cluster/index.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { NodeRow } from "./node-row.ts";

/**
 * Hears of changes to nodes and counted pods. A pod that changes leaves and comes again, or is replaced
 * where the new record has the node, namespace and template of the old one.
 */
export interface CacheObserver {
  /** A pod now counts on that row, which need not have a node. */
  podAdded(row: NodeRow, pod: PodInfo): void;
  /** The same record no longer counts there. */
  podRemoved(row: NodeRow, pod: PodInfo): void;
  /**
   * Another record of the same pod: it takes the same room there, but may be terminating now. Whoever
   * does not hear of it is told that the old one went and the new one came.
   */
  podReplaced?(row: NodeRow, before: PodInfo, after: PodInfo): void;
  /** `before` undefined: the node came; `after` undefined: it went (its pods may stay on the row). */
  nodeChanged(row: NodeRow, before: NodeObject | undefined, after: NodeObject | undefined): void;
}
