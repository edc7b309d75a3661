// BindingCycle: from an assumed pod to a bound one, beside the scheduling loop.
//
// Permit, PreBind and the POST take simulated time, during which the loop goes on with other pods.
// Steps of scheduler.md 6.1; what a failure undoes, and in which order, of 6.2.

import type { Simulation } from "../../engine/index.ts";
import { RANK, type EventHandle } from "../../engine/index.ts";
import type { Duration } from "../../base/index.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import { type PodInfo, podKey } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { Code, errorStatus, isRejected, type Status, statusMessage } from "../framework/status.ts";
import { ASSIGNED_POD_DELETE } from "../queue/cluster-events.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { SchedulingQueue } from "../queue/scheduling-queue.ts";
import type { AttemptFailure } from "./failure-handler.ts";
import type { SchedulerClient } from "./scheduler-client.ts";

/** Longest wait a Permit plugin may ask for. */
const PERMIT_WAIT_US_MAX = 15 * 60 * 1_000_000;

/** A pod with a node, on its way to being bound. */
export interface Placement {
  readonly record: QueuedPod;
  /** The pod as assumed: nodeName is set. */
  readonly assumed: PodInfo;
  readonly nodeName: string;
  readonly profile: Profile;
  readonly state: CycleState;
}

/** What the binding of pods needs of its scheduler. */
export interface BindingCycleOptions {
  readonly simulation: Simulation;
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  readonly client: SchedulerClient;
  /** The failure handler, without waiting for its patch. */
  onFailure(record: QueuedPod, failure: AttemptFailure): void;
  onBound(placement: Placement): void;
  onBindingFailed(placement: Placement, reason: string): void;
  /** Called when something happened outside the loop, so that it looks at the queue again. */
  onSettled(): void;
}

interface Waiting {
  readonly placement: Placement;
  /** Plugins that have not allowed the pod yet. */
  readonly plugins: Set<string>;
  timeout: EventHandle;
}

const NO_PLUGINS: ReadonlySet<string> = new Set<string>();

/** All bindings under way of one scheduler. */
export class BindingCycle {
  private readonly options: BindingCycleOptions;
  private readonly waiting = new Map<PodInfo["uid"], Waiting>();
  /** Placements whose POST has been sent and not been answered. */
  private readonly posting = new Map<PodInfo["uid"], Placement>();

  constructor(options: BindingCycleOptions) {
    this.options = options;
  }

  /** Reserve, then Permit: still part of the scheduling cycle. Undefined when the pod may go on. */
  reserveAndPermit(placement: Placement): Status | undefined {
    const { profile, state, assumed, nodeName } = placement;
    for (const plugin of profile.reservePlugins) {
      const status = plugin.reserve(state, assumed, nodeName);
      if (status.code !== Code.Success) return { ...status, plugin: plugin.name };
    }
    const plugins = new Set<string>();
    let timeoutUs = PERMIT_WAIT_US_MAX;
    for (const plugin of profile.permitPlugins) {
      const answer = plugin.permit(state, assumed, nodeName);
      if (answer.status.code === Code.Wait) {
        plugins.add(plugin.name);
        timeoutUs = Math.min(timeoutUs, answer.timeoutUs);
      } else if (answer.status.code !== Code.Success) {
        return { ...answer.status, plugin: plugin.name };
      }
    }
    if (plugins.size > 0) this.hold(placement, plugins, timeoutUs);
    return undefined;
  }

  /** Undoes Reserve (in reverse order) and the assumption. */
  release(placement: Placement): void {
    const { profile, state, assumed, nodeName } = placement;
    for (const plugin of [...profile.reservePlugins].reverse()) {
      plugin.unreserve(state, assumed, nodeName);
    }
    // Another scheduler may have bound the pod meanwhile: then it counts where that one put it.
    if (this.options.cache.isAssumed(assumed.uid)) this.options.cache.forget(assumed.uid);
  }

  /** Starts the binding task of a reserved pod. */
  start(placement: Placement): void {
    const { profile, state, assumed, nodeName } = placement;
    const answers = profile.preBindPlugins.map((plugin) => ({
      plugin,
      status: plugin.preBindPreFlight(state, assumed, nodeName),
    }));
    const failed = answers.find(
      ({ status }) => status.code !== Code.Skip && status.code !== Code.Success,
    );
    if (failed !== undefined) {
      this.fail(placement, errorStatus(failed.plugin.name, statusMessage(failed.status)));
      return;
    }
    const hasWork = answers.some(({ status }) => status.code === Code.Success);
    if (hasWork || this.waiting.has(assumed.uid)) this.announceNode(placement);
    if (!this.waiting.has(assumed.uid)) this.bind(placement);
  }

  /** A Permit plugin lets a waiting pod go on; false when it does not wait for that plugin. */
  allow(uid: PodInfo["uid"], plugin: string): boolean {
    const entry = this.waiting.get(uid);
    if (entry === undefined || !entry.plugins.delete(plugin)) return false;
    if (entry.plugins.size > 0) return true;
    this.waiting.delete(uid);
    this.options.simulation.cancel(entry.timeout);
    this.bind(entry.placement);
    this.options.onSettled();
    return true;
  }

  /** Rejects a waiting pod; false when it does not wait. */
  reject(uid: PodInfo["uid"], plugin: string, reason: string): boolean {
    const entry = this.waiting.get(uid);
    if (entry === undefined) return false;
    this.waiting.delete(uid);
    this.options.simulation.cancel(entry.timeout);
    this.fail(entry.placement, { code: Code.Unschedulable, plugin, reasons: [reason] });
    this.options.onSettled();
    return true;
  }

  /** A pod of higher priority takes the room of a waiting pod; false when it does not wait. */
  preempt(uid: PodInfo["uid"]): boolean {
    const entry = this.waiting.get(uid);
    if (entry === undefined) return false;
    this.waiting.delete(uid);
    this.options.simulation.cancel(entry.timeout);
    this.fail(entry.placement, errorStatus("DefaultPreemption", "preempted"));
    this.options.onSettled();
    return true;
  }

  isWaiting(uid: PodInfo["uid"]): boolean {
    return this.waiting.has(uid);
  }

  /** Pods on Permit and pods whose binding is under way. */
  get waitingCount(): number {
    return this.waiting.size;
  }

  get postingCount(): number {
    return this.posting.size;
  }

  isPosting(uid: PodInfo["uid"]): boolean {
    return this.posting.has(uid);
  }

  private hold(placement: Placement, plugins: Set<string>, timeoutUs: number): void {
    const { uid } = placement.assumed;
    const first = [...plugins][0]!;
    const timeout = this.options.simulation.callAfter(
      timeoutUs as Duration,
      RANK.scheduler,
      "scheduler: Permit wait is over",
      () => this.reject(uid, first, `rejected due to timeout after waiting at plugin ${first}`),
    );
    this.waiting.set(uid, { placement, plugins, timeout });
  }

  /** NominatedNodeNameForExpectation; its failure is ignored. */
  private announceNode({ assumed, nodeName }: Placement): void {
    this.options.client.patchPodStatus(assumed, { nominatedNodeName: nodeName }, () => undefined);
  }

  private bind(placement: Placement): void {
    const { queue, client } = this.options;
    const { profile, state, assumed, nodeName } = placement;
    queue.done(assumed.uid);
    for (const plugin of profile.preBindPlugins) {
      const status = plugin.preBind(state, assumed, nodeName);
      if (status.code === Code.Success || status.code === Code.Skip) continue;
      this.fail(placement, { ...status, plugin: plugin.name });
      return;
    }
    this.posting.set(assumed.uid, placement);
    client.bind(assumed, nodeName, (error) => {
      this.posting.delete(assumed.uid);
      if (error === undefined) this.finish(placement);
      else this.fail(placement, errorStatus("DefaultBinder", error));
      this.options.onSettled();
    });
  }

  private finish(placement: Placement): void {
    const { assumed, nodeName, profile, state } = placement;
    this.options.client.recordEvent({
      type: "Normal",
      reason: "Scheduled",
      action: "Binding",
      note: `Successfully assigned ${podKey(assumed)} to ${nodeName}`,
      pod: assumed,
      from: assumed.template.schedulerName,
    });
    this.options.onBound(placement);
    for (const plugin of profile.postBindPlugins) plugin.postBind(state, assumed, nodeName);
  }

  /** Undo, wake whoever may use the room, and hand the pod back (6.2). */
  private fail(placement: Placement, status: Status): void {
    const { queue } = this.options;
    const { assumed, record } = placement;
    this.release(placement);
    this.options.onBindingFailed(placement, statusMessage(status));
    if (isRejected(status)) {
      this.options.onFailure(record, rejectionOf(status));
      queue.moveAll(ASSIGNED_POD_DELETE, { oldPod: assumed }, (other) => other.uid !== assumed.uid);
    } else {
      queue.moveAll(ASSIGNED_POD_DELETE, { oldPod: assumed });
      this.options.onFailure(record, errorOf(statusMessage(status)));
    }
  }
}

/** A rejection after the node was chosen reads like a cluster of that one node. */
export function rejectionOf(status: Status): AttemptFailure {
  const text = status.reasons.length === 0 ? "" : ` ${statusLines(status)}.`;
  const isPending = status.code === Code.Pending;
  const plugins = new Set([status.plugin]);
  return {
    isRejected: true,
    message: `0/1 nodes are available:${text}`,
    rejectingPlugins: isPending ? NO_PLUGINS : plugins,
    pendingPlugins: isPending ? plugins : NO_PLUGINS,
    nominatingMode: "override",
    nominatedNodeName: "",
  };
}

/** An error of any kind: no plugin rejected the pod, its nomination is cleared. */
export function errorOf(message: string): AttemptFailure {
  return {
    isRejected: false,
    message,
    rejectingPlugins: NO_PLUGINS,
    pendingPlugins: NO_PLUGINS,
    nominatingMode: "override",
    nominatedNodeName: "",
  };
}

function statusLines(status: Status): string {
  return status.reasons.map((reason) => `1 ${reason}`).join(", ");
}
