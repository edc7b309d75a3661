// FailureHandler: what follows an attempt that ended without a binding.
//
// The pod goes back to the queue, its nomination is noted, users get an event, and the pod's status
// is patched when it says something new. Order of scheduler.md 6.3. Whether anybody waits for the
// patch is the caller's decision.

import { utf8Bytes } from "../../base/index.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { type PodInfo, podKey } from "../framework/pod-info.ts";
import type { NominatingMode } from "../cache/nominator.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { SchedulingQueue } from "../queue/scheduling-queue.ts";
import type { PodStatusPatch, SchedulerClient } from "./scheduler-client.ts";

/** An event's note holds at most this many bytes; longer ones are cut. */
const NOTE_BYTES_MAX = 1024;
const CUT_MARK = " ...";

/** Why the attempt failed. */
export interface AttemptFailure {
  /** Rejected by plugins (true) or an error of any kind (false). */
  readonly isRejected: boolean;
  readonly message: string;
  /** Plugins to ask about events; empty means the error path of the queue. */
  readonly rejectingPlugins: ReadonlySet<string>;
  readonly pendingPlugins: ReadonlySet<string>;
  readonly nominatingMode: NominatingMode;
  readonly nominatedNodeName: string;
}

/** What the handling of failures needs of its scheduler. */
export interface FailureHandlerOptions {
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  readonly client: SchedulerClient;
  /** The pod as last heard of by this scheduler. */
  findPod(uid: PodInfo["uid"]): PodInfo | undefined;
}

/** Handles failures of attempts and bindings alike. */
export class FailureHandler {
  private readonly options: FailureHandlerOptions;
  /** The PodScheduled condition this scheduler wrote last, per pending pod. */
  private readonly written = new Map<PodInfo["uid"], string>();

  constructor(options: FailureHandlerOptions) {
    this.options = options;
  }

  /**
   * Deals with the failure; returns true when a status patch was sent, whose reply runs `onDone`.
   * When nothing is sent `onDone` is not called.
   */
  handle(record: QueuedPod, failure: AttemptFailure, onDone: () => void): boolean {
    const { queue, cache, client } = this.options;
    record.unschedulablePlugins = failure.rejectingPlugins;
    record.pendingPlugins = failure.pendingPlugins;
    const attempted = record.pod;
    const current = this.options.findPod(attempted.uid);
    if (current === undefined || current.nodeName !== "") {
      queue.done(attempted.uid);
    } else {
      record.pod = current;
      queue.returnFailed(record);
      cache.nominator.add(current, failure.nominatingMode, failure.nominatedNodeName);
    }
    client.recordEvent({
      type: "Warning",
      reason: "FailedScheduling",
      action: "Scheduling",
      note: cutNote(failure.message),
      pod: attempted,
      from: attempted.template.schedulerName,
    });
    const patch = this.patchFor(current ?? attempted, failure);
    if (patch === undefined) return false;
    client.patchPodStatus(attempted, patch, onDone);
    return true;
  }

  /** A pod popped although it is being deleted: told, and nothing else. */
  skipDeleting(pod: PodInfo): void {
    this.options.queue.done(pod.uid);
    this.options.client.recordEvent({
      type: "Warning",
      reason: "FailedScheduling",
      action: "Scheduling",
      note: `skip schedule deleting pod: ${podKey(pod)}`,
      pod,
      from: pod.template.schedulerName,
    });
  }

  /** The pod left for good. */
  forget(uid: PodInfo["uid"]): void {
    this.written.delete(uid);
  }

  private patchFor(pod: PodInfo, failure: AttemptFailure): PodStatusPatch | undefined {
    const reason = failure.isRejected ? "Unschedulable" : "SchedulerError";
    const text = `${reason}\n${failure.message}`;
    const isNewCondition = this.written.get(pod.uid) !== text;
    const isNewNomination =
      failure.nominatingMode === "override" && failure.nominatedNodeName !== pod.nominatedNodeName;
    if (!isNewCondition && !isNewNomination) return undefined;
    this.written.set(pod.uid, text);
    return {
      ...(isNewCondition ? { condition: { reason, message: failure.message } } : {}),
      ...(isNewNomination ? { nominatedNodeName: failure.nominatedNodeName } : {}),
    };
  }
}

function cutNote(text: string): string {
  if (utf8Bytes(text).length <= NOTE_BYTES_MAX) return text;
  let kept = "";
  let byteCount = CUT_MARK.length;
  for (const character of text) {
    byteCount += utf8Bytes(character).length;
    if (byteCount > NOTE_BYTES_MAX) break;
    kept += character;
  }
  return kept + CUT_MARK;
}
