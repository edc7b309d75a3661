// Importance: who of two pods is evicted last.
//
// Higher priority first, then the longer running pod. A pod without start time counts as started
// now, and two such pods as equal (upstream reads the clock twice there, which makes its order of
// them arbitrary).

import type { PodInfo } from "../framework/pod-info.ts";
import { type Before, sortUnstably } from "./unstable-sort.ts";

/** status.startTime, or the present for a pod that has not started. */
export function startedUs(pod: PodInfo, nowUs: number): number {
  return pod.startUs < 0 ? nowUs : pod.startUs;
}

/** The pods from most to least important, in upstream's order of equals. */
export function sortByImportance(pods: readonly PodInfo[], nowUs: number): PodInfo[] {
  const before: Before<PodInfo> = (a, b) =>
    a.priority === b.priority ? startedUs(a, nowUs) < startedUs(b, nowUs) : a.priority > b.priority;
  return sortUnstably(pods, before);
}
