// What a kubelet says of one container: its state, and how it ended before.
//
// A pure function of the container's record. A container whose process has ended shows as running
// until the kubelet has noticed; one that is to be started again shows how it ended until the
// kubelet has looked at it once more and found it backing off.

import {
  type ContainerEnd,
  ContainerState,
  type ContainerStatus,
  NEVER_US,
  type PodTemplate,
} from "../../cluster/index.ts";
import {
  type ContainerRecord,
  ContainerStage,
  type KubeletPod,
  restartsOf,
} from "./kubelet-pod.ts";

/** Code and reason of containers whose process went with the power of their machine. */
export const LOST_EXIT = { exitCode: 255, reason: "Unknown" } as const;
/** How a container ended of which nobody knows more than that it is not there. */
const UNKNOWN_END: ContainerEnd = {
  reason: "ContainerStatusUnknown",
  exitCode: 137,
  startedUs: NEVER_US,
  finishedUs: NEVER_US,
};

/** How a process ended that was started at `startedUs`; `reason` where its code does not say. */
export function endOf(
  { exitCode, startedUs }: { readonly exitCode: number; readonly startedUs: number },
  finishedUs: number,
  reason = "",
): ContainerEnd {
  const said = reason === "" ? (exitCode === 0 ? "Completed" : "Error") : reason;
  return { reason: said, exitCode, startedUs, finishedUs };
}

/** All containers of a pod, init containers first. `isPastInit`: the init containers were done once. */
export function containerStatusesOf(
  record: KubeletPod,
  template: PodTemplate,
  isPastInit: boolean,
): ContainerStatus[] {
  const statuses: ContainerStatus[] = [];
  for (let i = 0; i < record.containerCount; i++) {
    const own = record.containers[i]!;
    const isInit = i < record.initCount;
    const isOrdinaryInit = isInit && !template.initContainers[i]!.isSidecar;
    const isReady = isOrdinaryInit
      ? own.stage === ContainerStage.Ended && own.exitCode === 0 && own.starts > 0
      : own.isReady;
    statuses.push(statusOf(record, own, isReady, isInit ? own.starts > 0 : isPastInit));
  }
  return statuses;
}

function statusOf(
  { initCount }: KubeletPod,
  own: ContainerRecord,
  isReady: boolean,
  couldHaveRun: boolean,
): ContainerStatus {
  const { stage, end, last, reason } = own;
  if (stage === ContainerStage.Running || stage === ContainerStage.Exited) {
    return shown(own, isReady, ContainerState.Running, "", 0, own.startedUs, NEVER_US, last);
  }
  if (stage === ContainerStage.Ended) {
    const known = end ?? (own.starts > 0 || couldHaveRun ? UNKNOWN_END : undefined);
    if (known !== undefined) return ended(own, isReady, known);
  } else if (end !== undefined && reason === "") {
    return ended(own, isReady, end);
  }
  const ownReason = stage === ContainerStage.Ended ? "" : reason;
  const waitsFor = ownReason || (initCount > 0 ? "PodInitializing" : "ContainerCreating");
  const { Waiting } = ContainerState;
  return shown(own, isReady, Waiting, waitsFor, 0, NEVER_US, NEVER_US, end ?? last);
}

function ended(own: ContainerRecord, isReady: boolean, end: ContainerEnd): ContainerStatus {
  const { reason, exitCode, startedUs, finishedUs } = end;
  const { Terminated } = ContainerState;
  return shown(own, isReady, Terminated, reason, exitCode, startedUs, finishedUs, own.last);
}

// Statuses are made at every write of every pod, so they all have one shape.
function shown(
  own: ContainerRecord,
  isReady: boolean,
  state: ContainerState,
  reason: string,
  exitCode: number,
  startedUs: number,
  finishedUs: number,
  last: ContainerEnd | undefined,
): ContainerStatus {
  const restartCount = restartsOf(own);
  const { isStarted } = own;
  return {
    state,
    isReady,
    isStarted,
    restartCount,
    reason,
    exitCode,
    startedUs,
    finishedUs,
    last,
  };
}
