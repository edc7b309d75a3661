// QueueWithoutHints: the scheduling queue with SchedulerQueueingHints off.
//
// The gate is locked on in 1.36, so no run uses this; it exists because recorded queue cases do.
// Nothing is remembered for pods in flight: a returning pod compares cycle numbers instead.

import type { ClusterEvent, EventSubject } from "../framework/cluster-event.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { QueuedPod } from "./queued-pod.ts";
import type { RequeueStrategy } from "./requeue-judge.ts";
import { SchedulingQueue, type SchedulingQueueOptions } from "./scheduling-queue.ts";

/** The older queue; moves are asked for by cycle number. */
export class QueueWithoutHints extends SchedulingQueue {
  private readonly isUpdated: (oldPod: PodInfo, newPod: PodInfo) => boolean;
  private moveRequestCycle = -1;
  private returningCycle = 0;

  /** `isUpdated`: did anything but status and bookkeeping change? */
  constructor(
    options: SchedulingQueueOptions,
    isUpdated: (oldPod: PodInfo, newPod: PodInfo) => boolean,
  ) {
    super(options);
    this.isUpdated = isUpdated;
  }

  /** A failed attempt of the given scheduling cycle brings its pod back. */
  returnFailedOf(record: QueuedPod, schedulingCycle: number): void {
    this.returningCycle = schedulingCycle;
    this.returnFailed(record);
  }

  protected override trackInFlight(): void {}

  protected override recordEvent(): void {}

  protected override strategyOfReturn(_record: QueuedPod, isError: boolean): RequeueStrategy {
    const wasMoveAsked = this.moveRequestCycle >= this.returningCycle;
    return isError || wasMoveAsked ? "afterBackoff" : "skip";
  }

  protected override moveSelected(
    selected: readonly QueuedPod[],
    event: ClusterEvent,
    subject: EventSubject,
    concerns?: (pod: PodInfo) => boolean,
  ): void {
    super.moveSelected(selected, event, subject, concerns);
    this.moveRequestCycle = this.schedulingCycle;
  }

  protected override updateUnschedulable(
    record: QueuedPod,
    oldPod: PodInfo | undefined,
    newPod: PodInfo,
  ): void {
    if (oldPod === undefined || !this.isUpdated(oldPod, newPod)) return;
    this.takeOut(record);
    this.requeue(record, "afterBackoff", "UnschedulablePodUpdate");
  }
}
