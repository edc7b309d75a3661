// What a kubelet writes into a pod's status: the whole of it, from the pod's record on the node.
//
// A pure function of the record, so that a status lost on the way (API outage, deleted pod) can be
// written again whole. When it is written is the kubelet's business.

import {
  type ConditionPatch,
  ConditionStatus,
  type ContainerStatus,
  PodPhase,
  type PodStatusPatch,
  type PodTemplate,
} from "../../cluster/index.ts";
import { formatAddress } from "./address-range.ts";
import { containerStatusesOf } from "./container-status.ts";
import { type KubeletPod, Stage } from "./kubelet-pod.ts";
import { isInitialized, isOver, podExitCode } from "./start-order.ts";

const YES: ConditionPatch = { status: ConditionStatus.True };
const NOT_STARTED: ConditionPatch = { status: ConditionStatus.False };
const NOT_INITIALIZED: ConditionPatch = no("ContainersNotInitialized");
const NOT_READY: ConditionPatch = no("ContainersNotReady");
const GATES_SHUT: ConditionPatch = no("ReadinessGatesNotReady");
const COMPLETED: ConditionPatch = no("PodCompleted");
const FAILED: ConditionPatch = no("PodFailed");
const INITIALIZED_AND_COMPLETED: ConditionPatch = { ...YES, reason: "PodCompleted" };
const DISRUPTION: ConditionPatch = { ...YES, reason: "TerminationByKubelet" };

function no(reason: string): ConditionPatch {
  return { status: ConditionStatus.False, reason };
}

/** The status patch that makes the API show the pod as it is; `phaseShown` is never gone behind. */
export function statusPatchOf(
  record: KubeletPod,
  template: PodTemplate,
  phaseShown: PodPhase,
): PodStatusPatch {
  const isOver = record.stage === Stage.Stopped || record.stage === Stage.Finished;
  return isOver ? finishedPatch(record, template) : livePatch(record, template, phaseShown);
}

/** The status of a pod that was refused: nothing but why. */
export function rejectionPatch(reason: string, message: string, startUs: number): PodStatusPatch {
  return { phase: PodPhase.Failed, reason, message, startUs };
}

// The kubelet's statuses say True of PodScheduled, so a loser's late "False" of a race between
// schedulers does not stand.
function livePatch(
  record: KubeletPod,
  template: PodTemplate,
  phaseShown: PodPhase,
): PodStatusPatch {
  // The phase of a pod that is over waits for its last step; its conditions do not.
  const isDone = isOver(record, template);
  const hasSucceeded = isDone && podExitCode(record, template) === 0;
  const notReady = isDone ? (hasSucceeded ? COMPLETED : FAILED) : NOT_READY;
  const containersReady = !isDone && areContainersReady(record, template) ? YES : notReady;
  const areGatesShut = containersReady === YES && !areGatesOpen(record, template);
  const hasBegun = isPastInit(record, template);
  const containers = containerStatusesOf(record, template, hasBegun);
  const hasSandbox = record.stage !== Stage.New && record.stage !== Stage.Starting;
  return {
    phase: Math.max(phaseShown, livePhase(record, hasBegun)) as PodPhase,
    podScheduled: YES,
    podReadyToStartContainers: hasSandbox ? YES : NOT_STARTED,
    initialized: hasSucceeded ? INITIALIZED_AND_COMPLETED : hasBegun ? YES : NOT_INITIALIZED,
    containersReady,
    ready: areGatesShut ? GATES_SHUT : containersReady,
    startUs: record.admittedUs,
    restartCount: sumOfRestarts(containers),
    containers,
    ...(record.address === 0 || !hasSandbox ? {} : { podIp: formatAddress(record.address) }),
  };
}

/** An eviction shows when everything has ended, with the phase: that is also when the sandbox is gone. */
function finishedPatch(record: KubeletPod, template: PodTemplate): PodStatusPatch {
  const { end } = record;
  const hasSucceeded = end === undefined && record.exitCode === 0;
  const ready = hasSucceeded ? COMPLETED : FAILED;
  const hasBegun = isPastInit(record, template);
  const initialized = hasBegun ? YES : NOT_INITIALIZED;
  const containers = containerStatusesOf(record, template, hasBegun);
  return {
    phase: hasSucceeded ? PodPhase.Succeeded : PodPhase.Failed,
    podScheduled: YES,
    podReadyToStartContainers: NOT_STARTED,
    initialized: hasSucceeded ? INITIALIZED_AND_COMPLETED : initialized,
    containersReady: ready,
    ready,
    startUs: record.admittedUs,
    restartCount: sumOfRestarts(containers),
    containers,
    ...(end === undefined ? {} : { reason: end.reason, message: end.message }),
    ...(end?.isDisruption === true
      ? { disruptionTarget: { ...DISRUPTION, message: end.message } }
      : {}),
  };
}

/** Pending until every main container has run once, then Running whatever happens to them. */
function livePhase(record: KubeletPod, hasBegun: boolean): PodPhase {
  if (!hasBegun) return PodPhase.Pending;
  for (let i = record.initCount; i < record.containerCount; i++) {
    if (record.containers[i]!.starts === 0) return PodPhase.Pending;
  }
  return PodPhase.Running;
}

/** A pod that ever ran a main container stays initialized, whatever becomes of its sidecars. */
function isPastInit(record: KubeletPod, template: PodTemplate): boolean {
  for (let i = record.initCount; i < record.containerCount; i++) {
    if (record.containers[i]!.starts > 0) return true;
  }
  return isInitialized(record, template);
}

/** Main containers and sidecars count. */
export function areContainersReady(record: KubeletPod, template: PodTemplate): boolean {
  for (let i = 0; i < record.containerCount; i++) {
    const counts = i >= record.initCount || template.initContainers[i]!.isSidecar;
    if (counts && !record.containers[i]!.isReady) return false;
  }
  return true;
}

function areGatesOpen(record: KubeletPod, template: PodTemplate): boolean {
  return record.areGatesOpen || template.readinessGates.length === 0;
}

function sumOfRestarts(statuses: readonly ContainerStatus[]): number {
  return statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}
