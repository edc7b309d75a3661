// What a controller sees of the pods of one owner: which count as active, terminating, ready and
// available, and the facts by which victims are ranked.
//
// Controllers are woken by the watch, a latency after the commit, and then read what the API has
// at that moment. That is never older than the news, and newer by one latency at most; measured
// control planes show news and reply at the same time.

import {
  ConditionStatus,
  NO_NODE,
  type OwnerIndex,
  type PodIndex,
  PodPhase,
  type PodTable,
} from "../cluster/index.ts";
import { type RankedPod, wholeSeconds } from "./deletion-rank.ts";

/** Annotation that makes a pod more or less dear when its ReplicaSet shrinks. */
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

/** Counts over the pods of one owner. */
export interface PodCounts {
  /** Not finished and without deletionTimestamp, in creation order. */
  readonly active: readonly PodIndex[];
  readonly terminating: number;
  readonly ready: number;
  readonly available: number;
  /** When the next ready pod becomes available; undefined if none is on its way. */
  readonly nextAvailableUs: number | undefined;
}

/** Phase Succeeded and Failed are never active, nor is anything with a deletionTimestamp. */
export function isActive(pods: PodTable, pod: PodIndex): boolean {
  return !pods.isFinished(pod) && !pods.isDeleting(pod);
}

/** True if the Ready condition is True; a pod without the condition is not ready. */
export function isReady(pods: PodTable, pod: PodIndex): boolean {
  return pods.ready(pod) === ConditionStatus.True;
}

/** When a ready pod counts as available: Ready's transition in whole seconds plus minReadySeconds. */
export function availableFromUs(pods: PodTable, pod: PodIndex, minReadySeconds: number): number {
  if (minReadySeconds === 0) return 0;
  return wholeSeconds(pods.readyTransitionUs(pod)) + minReadySeconds * 1_000_000;
}

/** Ready, and for long enough. */
export function isAvailable(
  pods: PodTable,
  pod: PodIndex,
  minReadySeconds: number,
  nowUs: number,
): boolean {
  return isReady(pods, pod) && availableFromUs(pods, pod, minReadySeconds) <= nowUs;
}

/** Counts over all pods of an owner. */
export function countPods(
  pods: PodTable,
  owner: OwnerIndex,
  minReadySeconds: number,
  nowUs: number,
): PodCounts {
  const active: PodIndex[] = [];
  let terminating = 0;
  let ready = 0;
  let available = 0;
  let nextAvailableUs: number | undefined;
  pods.forEachOfOwner(owner, (pod) => {
    if (pods.isFinished(pod)) return;
    if (pods.isDeleting(pod)) {
      terminating++;
      return;
    }
    active.push(pod);
    if (!isReady(pods, pod)) return;
    ready++;
    const fromUs = availableFromUs(pods, pod, minReadySeconds);
    if (fromUs <= nowUs) available++;
    else nextAvailableUs = Math.min(fromUs, nextAvailableUs ?? fromUs);
  });
  return { active, terminating, ready, available, nextAvailableUs };
}

/** Order in which phases are given up. */
function phaseOrder(phase: PodPhase): number {
  if (phase === PodPhase.Pending) return 0;
  return phase === PodPhase.Unknown ? 1 : 2;
}

/** The facts by which victims are chosen; `rank` is the caller's. */
export function rankedPod(pods: PodTable, pod: PodIndex, rank: number): RankedPod {
  return {
    uid: pods.uid(pod),
    bound: pods.node(pod) !== NO_NODE,
    phaseOrder: phaseOrder(pods.phase(pod)),
    ready: isReady(pods, pod),
    readySinceUs: pods.readyTransitionUs(pod),
    deletionCost: deletionCost(pods, pod),
    rank,
    ...mostRestarts(pods, pod),
    createdUs: pods.createdUs(pod),
  };
}

/** Restarts of the main container and of the sidecar that had most. */
function mostRestarts(
  pods: PodTable,
  pod: PodIndex,
): Pick<RankedPod, "restartCount" | "sidecarRestartCount"> {
  const total = pods.restartCount(pod);
  if (total === 0) return { restartCount: 0, sidecarRestartCount: 0 };
  const statuses = pods.containerStatuses(pod);
  if (statuses.length === 0) return { restartCount: total, sidecarRestartCount: 0 };
  const { initContainers } = pods.template(pod);
  const most = (counts: readonly number[]): number => Math.max(0, ...counts);
  const counts = statuses.map(({ restartCount }) => restartCount);
  return {
    restartCount: most(counts.slice(initContainers.length)),
    sidecarRestartCount: most(counts.filter((_, i) => initContainers[i]?.isSidecar === true)),
  };
}

/** The annotation as an int32; anything else counts as 0. */
function deletionCost(pods: PodTable, pod: PodIndex): number {
  const text = pods.template(pod).annotations.get(DELETION_COST);
  if (text === undefined || !/^-?[0-9]{1,10}$/.test(text)) return 0;
  const cost = Number(text);
  return Math.abs(cost) < 2_147_483_648 ? cost : 0;
}
