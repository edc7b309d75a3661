// Queueing hints of PodTopologySpread: which pod and node events may change a skew (H1, H2).
//
// Only hard constraints matter here, because only they reject. Counting is pod-topology-spread.ts.

import type { TopologySpreadConstraint } from "../../cluster/index.ts";
import { areEqualLabels, type NodeObject, type Taint } from "../../cluster/index.ts";
import type { EventSubject, QueueingHint } from "../framework/cluster-event.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { hasAllTopologyKeys } from "./spread-constraints.ts";

/** H1: a pod came, went or changed its labels. */
export function spreadPodHint(
  pod: PodInfo,
  { oldPod, newPod }: EventSubject,
  constraints: readonly TopologySpreadConstraint[],
): QueueingHint {
  if (oldPod !== undefined && !isInvolved(oldPod, pod)) return "Skip";
  if (newPod !== undefined && !isInvolved(newPod, pod)) return "Skip";
  if (oldPod !== undefined && newPod !== undefined) {
    return updateMatters(pod, oldPod, newPod, constraints) ? "Queue" : "Skip";
  }
  const subject = newPod ?? oldPod;
  if (subject === undefined) return "Skip";
  const matches = constraints.some((each) => each.selector.matches(subject.template.labels));
  return matches ? "Queue" : "Skip";
}

/** H2: a node came, went, or changed topology labels or taints. */
export function spreadNodeHint(
  { oldNode, newNode }: EventSubject,
  constraints: readonly TopologySpreadConstraint[],
): QueueingHint {
  const oldMatches = oldNode !== undefined && hasAllTopologyKeys(oldNode, constraints);
  const newMatches = newNode !== undefined && hasAllTopologyKeys(newNode, constraints);
  if (oldNode === undefined) return newMatches ? "Queue" : "Skip";
  if (newNode === undefined) return oldMatches ? "Queue" : "Skip";
  if (oldMatches !== newMatches) return "Queue";
  if (!newMatches) return "Skip";
  const isChanged = isDomainChanged(oldNode, newNode, constraints);
  return isChanged || !areSameTaints(oldNode.taints, newNode.taints) ? "Queue" : "Skip";
}

function isInvolved(other: PodInfo, pod: PodInfo): boolean {
  if (other.uid === pod.uid) return true;
  const isPlaced = other.nodeName !== "" || other.nominatedNodeName !== "";
  return isPlaced && other.namespace === pod.namespace;
}

function updateMatters(
  pod: PodInfo,
  oldPod: PodInfo,
  newPod: PodInfo,
  constraints: readonly TopologySpreadConstraint[],
): boolean {
  const honorsTaints = constraints.some((each) => each.nodeTaintsPolicy === "Honor");
  if (newPod.uid === pod.uid && honorsTaints && !areSameTolerations(oldPod, newPod)) return true;
  const before = oldPod.template.labels;
  const after = newPod.template.labels;
  if (areEqualLabels(before, after)) return false;
  return constraints.some(({ selector }) => selector.matches(before) !== selector.matches(after));
}

function isDomainChanged(
  a: NodeObject,
  b: NodeObject,
  constraints: readonly TopologySpreadConstraint[],
): boolean {
  return constraints.some(
    ({ topologyKey }) => a.meta.labels.get(topologyKey) !== b.meta.labels.get(topologyKey),
  );
}

function areSameTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((taint, index) => {
    const other = b[index]!;
    return (
      taint.key === other.key &&
      taint.value === other.value &&
      taint.effect === other.effect &&
      taint.timeAddedSeconds === other.timeAddedSeconds
    );
  });
}

function areSameTolerations(a: PodInfo, b: PodInfo): boolean {
  const before = a.template.tolerations;
  const after = b.template.tolerations;
  if (before.length !== after.length) return false;
  return before.every((each, index) => {
    const other = after[index]!;
    return (
      each.key === other.key &&
      each.operator === other.operator &&
      each.value === other.value &&
      each.effect === other.effect &&
      each.tolerationSeconds === other.tolerationSeconds
    );
  });
}
