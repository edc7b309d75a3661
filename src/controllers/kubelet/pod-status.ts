// What a kubelet writes into a pod's status: the whole of it, from the pod's record on the node.
//
// A pure function of the record, so that a status lost on the way (API outage, deleted pod) can be
// written again whole. When it is written is the kubelet's business.

import {
  type ConditionPatch,
  ConditionStatus,
  PodPhase,
  type PodStatusPatch,
  type PodTemplate,
} from "../../cluster/index.ts";
import { formatAddress } from "./address-range.ts";
import { type ContainerRecord, ContainerStage, type KubeletPod } from "./kubelet-pod.ts";
import { restartsOf, Stage } from "./kubelet-pod.ts";
import { firstUninitialized, hasInitFailed, isInitialized, NONE } from "./start-order.ts";

const YES: ConditionPatch = { status: ConditionStatus.True };
const NOT_STARTED: ConditionPatch = { status: ConditionStatus.False };
const NOT_INITIALIZED: ConditionPatch = no("ContainersNotInitialized");
const NOT_READY: ConditionPatch = no("ContainersNotReady");
const GATES_SHUT: ConditionPatch = no("ReadinessGatesNotReady");
const COMPLETED: ConditionPatch = no("PodCompleted");
const FAILED: ConditionPatch = no("PodFailed");
const INITIALIZED_AND_COMPLETED: ConditionPatch = { ...YES, reason: "PodCompleted" };

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

function livePatch(
  record: KubeletPod,
  template: PodTemplate,
  phaseShown: PodPhase,
): PodStatusPatch {
  const containersReady = areContainersReady(record, template) ? YES : NOT_READY;
  const areGatesShut = containersReady === YES && !areGatesOpen(record, template);
  return {
    phase: Math.max(phaseShown, livePhase(record, template)) as PodPhase,
    podReadyToStartContainers: record.stage === Stage.Starting ? NOT_STARTED : YES,
    initialized: isInitialized(record, template) ? YES : NOT_INITIALIZED,
    containersReady,
    ready: areGatesShut ? GATES_SHUT : containersReady,
    startUs: record.admittedUs,
    restartCount: restartsOf(record),
    containerReason: shownReason(record, template),
    ...(record.address === 0 ? {} : { podIp: formatAddress(record.address) }),
    ...(record.end?.isDisruption === true ? { disruptionTarget: DISRUPTION } : {}),
  };
}

const DISRUPTION: ConditionPatch = { ...YES, reason: "TerminationByKubelet" };

function finishedPatch(record: KubeletPod, template: PodTemplate): PodStatusPatch {
  const { end } = record;
  const hasSucceeded = end === undefined && record.exitCode === 0;
  const ready = hasSucceeded ? COMPLETED : FAILED;
  const initialized = hasInitFailed(record, template) ? NOT_INITIALIZED : YES;
  return {
    phase: hasSucceeded ? PodPhase.Succeeded : PodPhase.Failed,
    initialized: hasSucceeded ? INITIALIZED_AND_COMPLETED : initialized,
    containersReady: ready,
    ready,
    startUs: record.admittedUs,
    restartCount: restartsOf(record),
    containerReason: hasSucceeded ? "Completed" : endReason(record),
    ...(end === undefined ? {} : { reason: end.reason, message: end.message }),
    ...(end?.isDisruption === true
      ? { disruptionTarget: { ...DISRUPTION, message: end.message } }
      : {}),
  };
}

/** Pending until every main container has run once, then Running whatever happens to them. */
function livePhase(record: KubeletPod, template: PodTemplate): PodPhase {
  if (!isInitialized(record, template) && !hasMainRun(record)) return PodPhase.Pending;
  for (let i = record.initCount; i < record.containerCount; i++) {
    if (record.containers[i]!.starts === 0) return PodPhase.Pending;
  }
  return PodPhase.Running;
}

function hasMainRun(record: KubeletPod): boolean {
  for (let i = record.initCount; i < record.containerCount; i++) {
    if (record.containers[i]!.starts > 0) return true;
  }
  return false;
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

/** What `kubectl get pods` would show in place of the phase; "" = the phase. */
function shownReason(record: KubeletPod, template: PodTemplate): string {
  const at = firstUninitialized(record, template);
  if (at !== NONE && !hasMainRun(record)) {
    const reason = waitingReason(record.containers[at]!);
    return `Init:${reason === "" ? `${at}/${record.initCount}` : reason}`;
  }
  let isSomeRunning = false;
  let shown = "";
  for (let i = record.containerCount - 1; i >= record.initCount; i--) {
    const container = record.containers[i]!;
    if (container.stage === ContainerStage.Running) isSomeRunning = true;
    const reason = waitingReason(container);
    if (reason !== "") shown = reason;
  }
  if (shown !== "") return shown === "Completed" && isSomeRunning ? "NotReady" : shown;
  return record.initCount > 0 && !hasMainRun(record) ? "PodInitializing" : "";
}

/** Reason of a container that waits or has ended; "" for one that runs or is being made. */
function waitingReason(container: ContainerRecord): string {
  switch (container.stage) {
    case ContainerStage.BackOff:
      return container.reason;
    case ContainerStage.Pulling:
      return container.reason;
    case ContainerStage.Ended:
      return exitReason(container);
    default:
      return "";
  }
}

/** The first main container that failed speaks for the pod. */
function endReason(record: KubeletPod): string {
  for (let i = 0; i < record.containerCount; i++) {
    const container = record.containers[i]!;
    if (container.exitCode !== 0) return exitReason(container);
  }
  return "Error";
}

/** Reason of a container that has ended. */
export function exitReason({ exitCode, reason }: ContainerRecord): string {
  if (reason === "OOMKilled") return reason;
  return exitCode === 0 ? "Completed" : "Error";
}
