// One pod on its node as the kubelet and the container runtime see it: two small state machines.
//
//   pod        new -> starting -> active -> finished              nothing is to be started again
//              any of them -> stopping -> stopped -> removed      deletion, eviction, shutdown
//   container  waiting -> pulling -> creating -> running -> exited -> ended
//                                        ^---------- back-off <--'   its restart policy says so
//
// The record is physical truth plus the kubelet's memory; what the API shows of it comes later and
// only if the kubelet is heard. Records are used again, so whoever keeps one across an event keeps
// its turn as well.

import { assert } from "../../base/index.ts";
import {
  type ContainerEnd,
  NO_NODE,
  NO_POD,
  type NodeIndex,
  type PodIndex,
  type PodTemplate,
  type Uid,
} from "../../cluster/index.ts";
import { type EventHandle, NO_HANDLE } from "../../engine/index.ts";
import type { RestartHistory } from "./restart-backoff.ts";

/** Where a pod stands on its node. */
export const Stage = {
  /** Admitted; nothing has been begun, or it waits for room. */
  New: 0,
  /** Sandbox and network are being made. */
  Starting: 1,
  /** Containers are being started, run, or wait to be started again. */
  Active: 2,
  /** What runs was told to stop, or there was nothing to stop. */
  Stopping: 3,
  /** Everything ended because of a deletion; the object is to be removed. */
  Stopped: 4,
  /** Ended and not to be started again; the object stays. */
  Finished: 5,
} as const;
Object.freeze(Stage);
/** One of the values of the constant of the same name. */
export type Stage = (typeof Stage)[keyof typeof Stage];

/** Where a container stands. */
export const ContainerStage = {
  Waiting: 0,
  /** Its image is being fetched, or that failed and is to be tried again. */
  Pulling: 1,
  Creating: 2,
  Running: 3,
  /** Ended; the kubelet has not noticed. */
  Exited: 4,
  /** Ended and to be started again. */
  BackOff: 5,
  /** Ended, not to be started again. */
  Ended: 6,
} as const;
Object.freeze(ContainerStage);
/** One of the values of the constant of the same name. */
export type ContainerStage = (typeof ContainerStage)[keyof typeof ContainerStage];

/** One container of a pod. */
export interface ContainerRecord {
  stage: ContainerStage;
  /** Starts so far, those before a reboot counted as one. */
  starts: number;
  /** The next thing that will happen to it by itself. */
  next: EventHandle;
  /** What its startup or readiness probe will find next, which may wait beside the exit. */
  probe: EventHandle;
  /** When its liveness probe will have failed for good. */
  liveness: EventHandle;
  /** The kubelet stopped it for a probe's or a hook's sake: it restarts whatever its exit code. */
  isKilled: boolean;
  /** Its process runs, and the sync that started it waits for its postStart hook. */
  isHooked: boolean;
  /** That hook failed, which is why it was stopped. */
  hasHookFailed: boolean;
  /** Its startup probe has succeeded, or it has none. */
  isStarted: boolean;
  isReady: boolean;
  /** When it last started; -1 = never. */
  startedUs: number;
  /** When it ends by itself as planned, or because it was told to stop; -1 = not planned. */
  stopsAtUs: number;
  /** The pace at which that was planned: how much of its time its work takes, in percent. */
  pacePercent: number;
  /** The part of it that is for want of cpu. */
  cpuPercent: number;
  exitCode: number;
  /** How its latest run ended; undefined while it runs, or if it never did. */
  end: ContainerEnd | undefined;
  /** How the run before that one ended. */
  last: ContainerEnd | undefined;
  /** Restarts that the API showed before this record was made. */
  restartsBefore: number;
  /** Why it waits where its stage does not say: ImagePullBackOff, CrashLoopBackOff ...; "" = nothing special. */
  reason: string;
  history: RestartHistory | undefined;
  /** Failed pulls in a row, and when the last one failed. */
  pullFailures: number;
  pullFailedUs: number;
}

/** Why a pod ends that neither ended by itself nor was deleted. */
export interface PodEnd {
  /** status.reason: Evicted, Preempting, Terminated, DeadlineExceeded. */
  readonly reason: string;
  readonly message: string;
  /** It gets the condition DisruptionTarget, reason TerminationByKubelet. */
  readonly isDisruption: boolean;
}

/** A pod that a kubelet has taken on. */
export interface KubeletPod {
  /** Number of the record, the payload of its events. */
  readonly slot: number;
  /** Pods that had this record before, modulo 2^31: tells late events of an earlier pod apart. */
  turn: number;
  pod: PodIndex;
  uid: Uid;
  node: NodeIndex;
  /** As it was taken on: the object's row may be another pod's before its processes have ended. */
  template: PodTemplate;
  /** Whose requests count on the node: the same, or what it was given before a resize that waits. */
  counted: PodTemplate;
  /** When the kubelet accepted it: status.startTime. */
  admittedUs: number;
  /** When its present sandbox was begun; its probes' tickers count from here. */
  beganUs: number;
  stage: Stage;
  /** Init containers in their order, then main ones; only the first `containerCount` are in use. */
  readonly containers: ContainerRecord[];
  containerCount: number;
  initCount: number;
  /** Its sandbox's IPv4 address as one number; 0 = none. */
  address: number;
  /** Restarts of all its containers that the API showed before this record was made. */
  restartsBefore: number;
  /** The next thing that will happen to the pod as a whole. */
  next: EventHandle;
  /** Its active deadline. */
  deadline: EventHandle;
  /** All readiness gates are True, or it has none. */
  areGatesOpen: boolean;
  exitCode: number;
  /** When a container last ended; -1 = never. */
  exitUs: number;
  stopBeganUs: number;
  stopGraceUs: number;
  end: PodEnd | undefined;
  /** Its requests count on the node. */
  holdsRoom: boolean;
  /** Some container of it says what it uses. */
  isMetered: boolean;
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

  /** A pod just taken on. */
  take(
    pod: PodIndex,
    uid: Uid,
    node: NodeIndex,
    admittedUs: number,
    template: PodTemplate,
  ): KubeletPod {
    const record = this.free.pop() ?? this.make(template);
    const initCount = template.initContainers.length;
    const containerCount = initCount + template.containers.length;
    record.template = template;
    record.counted = template;
    record.pod = pod;
    record.uid = uid;
    record.node = node;
    record.admittedUs = admittedUs;
    record.beganUs = admittedUs;
    record.stage = Stage.New;
    record.initCount = initCount;
    record.containerCount = containerCount;
    while (record.containers.length < containerCount) record.containers.push(newContainer());
    for (let i = 0; i < containerCount; i++) clear(record.containers[i]!);
    record.address = 0;
    record.restartsBefore = 0;
    record.next = NO_HANDLE;
    record.deadline = NO_HANDLE;
    record.areGatesOpen = false;
    record.exitCode = 0;
    record.exitUs = -1;
    record.stopBeganUs = -1;
    record.stopGraceUs = 0;
    record.end = undefined;
    record.holdsRoom = false;
    record.isMetered = false;
    record.isDirty = false;
    return record;
  }

  /** The record may be used again: its pod is gone, and no event of it is pending. */
  giveBack(record: KubeletPod): void {
    assert(record.pod !== NO_POD, "A kubelet's record of a pod is given back twice.");
    assert(!record.holdsRoom, "A kubelet forgets a pod that still holds its room.");
    record.pod = NO_POD;
    record.turn = (record.turn + 1) & 0x7fffffff;
    this.free.push(record);
  }

  private make(template: PodTemplate): KubeletPod {
    const record: KubeletPod = {
      slot: this.records.length,
      turn: 0,
      pod: NO_POD,
      uid: 0,
      node: NO_NODE,
      template,
      counted: template,
      admittedUs: -1,
      beganUs: -1,
      stage: Stage.New,
      containers: [newContainer()],
      containerCount: 0,
      initCount: 0,
      address: 0,
      restartsBefore: 0,
      next: NO_HANDLE,
      deadline: NO_HANDLE,
      areGatesOpen: false,
      exitCode: 0,
      exitUs: -1,
      stopBeganUs: -1,
      stopGraceUs: 0,
      end: undefined,
      holdsRoom: false,
      isMetered: false,
      isDirty: false,
    };
    this.records.push(record);
    return record;
  }
}

/** True if some container of the pod is running. */
export function isAnyRunning(record: KubeletPod): boolean {
  for (let i = 0; i < record.containerCount; i++) {
    if (record.containers[i]!.stage === ContainerStage.Running) return true;
  }
  return false;
}

/** Restarts of one container. */
export function restartsOf({ restartsBefore, starts }: ContainerRecord): number {
  return restartsBefore + Math.max(0, starts - 1);
}

function newContainer(): ContainerRecord {
  return {
    stage: ContainerStage.Waiting,
    starts: 0,
    next: NO_HANDLE,
    probe: NO_HANDLE,
    liveness: NO_HANDLE,
    isKilled: false,
    isHooked: false,
    hasHookFailed: false,
    isStarted: false,
    isReady: false,
    startedUs: -1,
    stopsAtUs: -1,
    pacePercent: 100,
    cpuPercent: 100,
    exitCode: 0,
    end: undefined,
    last: undefined,
    restartsBefore: 0,
    reason: "",
    history: undefined,
    pullFailures: 0,
    pullFailedUs: -1,
  };
}

function clear(container: ContainerRecord): void {
  container.stage = ContainerStage.Waiting;
  container.starts = 0;
  container.next = NO_HANDLE;
  container.probe = NO_HANDLE;
  container.liveness = NO_HANDLE;
  container.isKilled = false;
  container.isHooked = false;
  container.hasHookFailed = false;
  container.isStarted = false;
  container.isReady = false;
  container.startedUs = -1;
  container.stopsAtUs = -1;
  container.pacePercent = 100;
  container.cpuPercent = 100;
  container.exitCode = 0;
  container.end = undefined;
  container.last = undefined;
  container.restartsBefore = 0;
  container.reason = "";
  container.history = undefined;
  container.pullFailures = 0;
  container.pullFailedUs = -1;
}
