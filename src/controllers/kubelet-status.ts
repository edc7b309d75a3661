// What a kubelet writes into a pod's status: the whole of it, from the pod's record on the node.
//
// A pure function of the record, so that a status lost on the way (API outage, deleted pod) can be
// written again whole. When it is written is the kubelet's business.

import { ConditionStatus, PodPhase, type PodStatusPatch } from "../cluster/index.ts";
import { type KubeletPod, Stage } from "./kubelet-pod.ts";

const YES = { status: ConditionStatus.True } as const;
const NOT_READY = { status: ConditionStatus.False, reason: "ContainersNotReady" } as const;
const COMPLETED = { status: ConditionStatus.False, reason: "PodCompleted" } as const;
const FAILED = { status: ConditionStatus.False, reason: "PodFailed" } as const;
const INITIALIZED_AND_COMPLETED = { ...YES, reason: "PodCompleted" } as const;

/** The status patch that makes the API show the pod as it is; undefined while there is nothing to say. */
export function statusPatchOf(pod: KubeletPod): PodStatusPatch | undefined {
  switch (pod.stage) {
    case Stage.Starting:
    case Stage.Running:
    case Stage.Exited:
    case Stage.Stopping:
      return pod.starts === 0 ? undefined : runningPatch(pod);
    case Stage.Stopped:
    case Stage.Finished:
      return finishedPatch(pod);
  }
}

function runningPatch(pod: KubeletPod): PodStatusPatch {
  const ready = pod.isReady ? YES : NOT_READY;
  return {
    phase: PodPhase.Running,
    podReadyToStartContainers: YES,
    initialized: YES,
    containersReady: ready,
    ready,
    startUs: pod.admittedUs,
    restartCount: Math.max(0, pod.starts - 1),
    containerReason: pod.isBackingOff ? "CrashLoopBackOff" : "",
  };
}

function finishedPatch(pod: KubeletPod): PodStatusPatch {
  const hasSucceeded = pod.exitCode === 0;
  const ready = hasSucceeded ? COMPLETED : FAILED;
  return {
    phase: hasSucceeded ? PodPhase.Succeeded : PodPhase.Failed,
    initialized: hasSucceeded ? INITIALIZED_AND_COMPLETED : YES,
    containersReady: ready,
    ready,
    startUs: pod.admittedUs,
    restartCount: Math.max(0, pod.starts - 1),
    containerReason: hasSucceeded ? "Completed" : "Error",
  };
}
