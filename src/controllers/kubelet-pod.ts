// One pod on its node as the kubelet and the container runtime see it: a small state machine.
//
//   starting -> running -> exited -> (back-off) -> running ...      restartPolicy says so
//                       -> finished                                  nothing is to be started again
//   any of them -> stopping -> stopped -> removed                    deletion
//
// The record is physical truth plus the kubelet's memory; what the API shows of it comes later and
// only if the kubelet is heard. The containers of a pod are one: they start and end together.

import type { NodeIndex, PodIndex, Uid } from "../cluster/index.ts";
import { type EventHandle, NO_HANDLE } from "../engine/index.ts";
import type { RestartHistory } from "./restart-backoff.ts";

/** Where a pod stands on its node. */
export const Stage = {
  /** Images are being pulled, containers created. */
  Starting: 0,
  Running: 1,
  /** The containers ended; the kubelet has not noticed or waits to start them again. */
  Exited: 2,
  /** SIGTERM was sent, or there was nothing to stop. */
  Stopping: 3,
  /** Everything ended because of a deletion; the object is to be removed. */
  Stopped: 4,
  /** Ended by itself and not to be started again; the object stays. */
  Finished: 5,
} as const;
Object.freeze(Stage);
/** One of the values of the constant of the same name. */
export type Stage = (typeof Stage)[keyof typeof Stage];

/** A pod that a kubelet has taken on. */
export interface KubeletPod {
  readonly pod: PodIndex;
  readonly uid: Uid;
  readonly node: NodeIndex;
  /** When the kubelet accepted it: status.startTime. */
  readonly admittedUs: number;
  stage: Stage;
  /** Starts of the containers so far; restartCount is one less. */
  starts: number;
  /** The next thing that will happen to it by itself. */
  next: EventHandle;
  /** Becoming ready, which may wait beside the exit. */
  becomesReady: EventHandle;
  isReady: boolean;
  exitCode: number;
  /** When the containers last ended; -1 = never. */
  exitUs: number;
  stopBeganUs: number;
  stopsAtUs: number;
  history: RestartHistory | undefined;
  /** CrashLoopBackOff is shown. */
  isBackingOff: boolean;
  /** What the API shows is older than this record. */
  isDirty: boolean;
}

/** A pod just taken on; `starts` counts starts before this kubelet knew it. */
export function createKubeletPod(
  pod: PodIndex,
  uid: Uid,
  node: NodeIndex,
  admittedUs: number,
  starts: number,
): KubeletPod {
  return {
    pod,
    uid,
    node,
    admittedUs,
    stage: Stage.Starting,
    starts,
    next: NO_HANDLE,
    becomesReady: NO_HANDLE,
    isReady: false,
    exitCode: 0,
    exitUs: -1,
    stopBeganUs: -1,
    stopsAtUs: -1,
    history: undefined,
    isBackingOff: false,
    isDirty: false,
  };
}
