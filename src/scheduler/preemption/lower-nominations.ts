// The promises that a preemption breaks: pods of lower priority nominated to the same node.
//
// They lose their nomination when the evictions begin, so that they look for another place.

import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { PodInfo } from "../framework/pod-info.ts";

/** In order of their nomination. A pod whose status names no node has nothing to be cleared. */
export function lowerNominations(
  cache: SchedulerCache,
  preemptor: PodInfo,
  nodeName: string,
): readonly PodInfo[] {
  return cache.nominator
    .podsForNode(nodeName)
    .filter((pod) => pod.priority < preemptor.priority && pod.nominatedNodeName !== "");
}
