// Queueing hints of NodeResourcesFit: which events may give a pod the room it lacked.
//
// A node that grew must be able to hold the pod when empty; a deleted pod helps without any
// comparison of amounts, as upstream. The filter itself is node-resources-fit.ts.

import type { NodeObject, ResourceList } from "../../cluster/index.ts";
import type { EventSubject, QueueingHint } from "../framework/cluster-event.ts";
import type { PodInfo } from "../framework/pod-info.ts";

/** A pod's requests went down: this pod's own, or those of a scheduled one in a resource it wants. */
export function otherPodFitHint(pod: PodInfo, { oldPod, newPod }: EventSubject): QueueingHint {
  if (oldPod === undefined || newPod === undefined) return "Queue";
  if (newPod.uid === pod.uid) return "Queue";
  if (newPod.nodeName === "") return "Skip";
  const before = oldPod.template.nodeRequests;
  const after = newPod.template.nodeRequests;
  // Unlike the filter, upstream asks here with what the pod's own status reports.
  const wanted = pod.template.nodeRequests;
  const isLower =
    (wanted.milliCpu > 0 && after.milliCpu < before.milliCpu) ||
    (wanted.memoryBytes > 0 && after.memoryBytes < before.memoryBytes) ||
    (wanted.ephemeralStorageBytes > 0 &&
      after.ephemeralStorageBytes < before.ephemeralStorageBytes) ||
    [...wanted.scalars].some(
      ([name, amount]) =>
        amount > 0 && (after.scalars.get(name) ?? 0) < (before.scalars.get(name) ?? 0),
    );
  return isLower ? "Queue" : "Skip";
}

/** A node came or offers more: Queue when the pod would fit it empty and something it wants grew. */
export function nodeFitHint(
  pod: PodInfo,
  { oldNode, newNode }: EventSubject,
  isIgnored: (resource: string) => boolean,
): QueueingHint {
  if (newNode === undefined) return "Skip";
  const wanted = pod.template.requests;
  if (!fitsEmpty(wanted, newNode, isIgnored)) return "Skip";
  if (oldNode === undefined) return "Queue";
  return offersMore(wanted, oldNode.allocatable, newNode.allocatable) ? "Queue" : "Skip";
}

function fitsEmpty(
  wanted: ResourceList,
  node: NodeObject,
  isIgnored: (resource: string) => boolean,
): boolean {
  const { allocatable } = node;
  return (
    allocatable.pods >= 1 &&
    wanted.milliCpu <= Math.max(0, allocatable.milliCpu) &&
    wanted.memoryBytes <= Math.max(0, allocatable.memoryBytes) &&
    wanted.ephemeralStorageBytes <= Math.max(0, allocatable.ephemeralStorageBytes) &&
    [...wanted.scalars].every(
      ([name, amount]) =>
        amount === 0 || isIgnored(name) || amount <= (allocatable.scalars.get(name) ?? 0),
    )
  );
}

function offersMore(wanted: ResourceList, before: ResourceList, after: ResourceList): boolean {
  return (
    after.pods > before.pods ||
    (wanted.milliCpu > 0 && after.milliCpu > before.milliCpu) ||
    (wanted.memoryBytes > 0 && after.memoryBytes > before.memoryBytes) ||
    (wanted.ephemeralStorageBytes > 0 &&
      after.ephemeralStorageBytes > before.ephemeralStorageBytes) ||
    [...wanted.scalars].some(
      ([name, amount]) =>
        amount > 0 && (after.scalars.get(name) ?? 0) > (before.scalars.get(name) ?? 0),
    )
  );
}
