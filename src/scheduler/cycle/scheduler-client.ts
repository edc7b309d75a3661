// SchedulerClient: the writes a scheduler asks the API for.
//
// A scheduler changes nothing itself. This is the whole list of what it may ask, so that the loop
// can run against the real API server, a recording, or nothing at all. Every `onDone` runs at the
// instant of the reply; the time until then (client rate, latency) is the implementation's.

import type { PodInfo } from "../framework/pod-info.ts";

/** What a write came to: undefined = done, else the error in words. */
export type WriteError = string | undefined;

/** How a write about a victim ended; one that is gone needs no eviction any more. */
export type VictimWrite = "done" | "gone" | "failed";

/** A status patch after a failed attempt; absent fields stay as they are. */
export interface PodStatusPatch {
  /** PodScheduled = False with this reason and message. */
  readonly condition?: { readonly reason: string; readonly message: string };
  /** "" clears the nomination. */
  readonly nominatedNodeName?: string;
}

/** A Kubernetes event about a pod, as the scheduler writes it. */
export interface SchedulerEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: "Scheduled" | "FailedScheduling" | "Preempted";
  readonly action: "Binding" | "Scheduling" | "Preempting";
  readonly note: string;
  readonly pod: PodInfo;
  /** The reporting controller: the pod's schedulerName. */
  readonly from: string;
}

/** The ways in which a scheduler speaks. */
export interface SchedulerClient {
  /** POST binding. */
  bind(pod: PodInfo, nodeName: string, onDone: (error: WriteError) => void): void;
  /** PATCH of the pod's status. */
  patchPodStatus(pod: PodInfo, patch: PodStatusPatch, onDone: (error: WriteError) => void): void;
  /** PATCH of a victim's condition DisruptionTarget to True. */
  markDisrupted(
    pod: PodInfo,
    condition: { readonly reason: string; readonly message: string },
    onDone: (result: VictimWrite) => void,
  ): void;
  /** DELETE with the pod's own grace period. */
  deletePod(pod: PodInfo, onDone: (result: VictimWrite) => void): void;
  /** Events have a client of their own: nobody waits for them. */
  recordEvent(event: SchedulerEvent): void;
}
