// One pod on its node as the kubelet and the container runtime see it: a small state machine.
//
//   starting -> running -> exited -> (back-off) -> running ...      restartPolicy says so
//                       -> finished                                  nothing is to be started again
//   any of them -> stopping -> stopped -> removed                    deletion
//
// The record is physical truth plus the kubelet's memory; what the API shows of it comes later and
// only if the kubelet is heard. The containers of a pod are one: they start and end together.
// Records are used again, so whoever keeps one across an event keeps its turn as well.

import { assert } from "../base/index.ts";
import { NO_NODE, NO_POD, type NodeIndex, type PodIndex, type Uid } from "../cluster/index.ts";
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
  /** Number of the record, the payload of its events. */
  readonly slot: number;
  /** Pods that had this record before, modulo 2^31: tells late events of an earlier pod apart. */
  turn: number;
  pod: PodIndex;
  uid: Uid;
  node: NodeIndex;
  /** When the kubelet accepted it: status.startTime. */
  admittedUs: number;
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

/** The records of all kubelets; those given back are used again. */
export class KubeletPods {
  private readonly records: KubeletPod[] = [];
  private readonly free: KubeletPod[] = [];

  /** Records in use. */
  get count(): number {
    return this.records.length - this.free.length;
  }

  /** Records that memory is held for; bounded by the most pods there were at once. */
  get capacity(): number {
    return this.records.length;
  }

  at(slot: number): KubeletPod {
    return this.records[slot]!;
  }

  /** A pod just taken on; `starts` counts starts before this kubelet knew it. */
  take(pod: PodIndex, uid: Uid, node: NodeIndex, admittedUs: number, starts: number): KubeletPod {
    const record = this.free.pop() ?? this.make();
    record.pod = pod;
    record.uid = uid;
    record.node = node;
    record.admittedUs = admittedUs;
    record.stage = Stage.Starting;
    record.starts = starts;
    record.next = NO_HANDLE;
    record.becomesReady = NO_HANDLE;
    record.isReady = false;
    record.exitCode = 0;
    record.exitUs = -1;
    record.stopBeganUs = -1;
    record.stopsAtUs = -1;
    record.history = undefined;
    record.isBackingOff = false;
    record.isDirty = false;
    return record;
  }

  /** The record may be used again: its pod is gone, and no event of it is pending. */
  giveBack(record: KubeletPod): void {
    assert(record.pod !== NO_POD, "A kubelet's record of a pod is given back twice.");
    record.pod = NO_POD;
    record.history = undefined;
    record.turn = (record.turn + 1) & 0x7fffffff;
    this.free.push(record);
  }

  private make(): KubeletPod {
    const record: KubeletPod = {
      slot: this.records.length,
      turn: 0,
      pod: NO_POD,
      uid: 0,
      node: NO_NODE,
      admittedUs: -1,
      stage: Stage.Starting,
      starts: 0,
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
    this.records.push(record);
    return record;
  }
}
