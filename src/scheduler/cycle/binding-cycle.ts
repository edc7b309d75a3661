// BindingCycle: from an assumed pod to a bound one, beside the scheduling loop.
//
// Permit, PreBind and the POST take simulated time, during which the loop goes on with other pods.
// Steps of scheduler.md 6.1; what a failure undoes, and in which order, of 6.2.

import { type Duration, duration, formatDuration } from "../../base/index.ts";
import { type EventHandle, RANK, type Simulation } from "../../engine/index.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { PreBindPlugin, PreBindWork, WaitingPods } from "../framework/plugin.ts";
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

/** What the steps take beside what is simulated, by pod and attempt; integer microseconds. */
export interface BindingTimes {
  /** Reserve and Permit, which hold up the scheduling loop. */
  holdUs(pod: PodInfo, attempt: number): Duration;
  /** Before the POST, beside the loop. */
  preBindUs(pod: PodInfo, attempt: number): Duration;
  /** Before the request of the POST leaves. */
  bindUs(pod: PodInfo, attempt: number): Duration;
  /** Whether the API server refuses this binding for no reason of its own. */
  isLost(pod: PodInfo, attempt: number): boolean;
}

/** What the binding of pods needs of its scheduler. */
export interface BindingCycleOptions {
  readonly simulation: Simulation;
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  readonly client: SchedulerClient;
  readonly times: BindingTimes | undefined;
  /** The failure handler, without waiting for its patch. */
  onFailure(record: QueuedPod, failure: AttemptFailure): void;
  onBound(placement: Placement): void;
  onBindingFailed(placement: Placement, reason: string): void;
  /** Called when something happened outside the loop, so that it looks at the queue again. */
  onSettled(): void;
}

/** One binding under way, from Permit to the answer of the POST. */
interface BindingTask {
  readonly placement: Placement;
  /** Permit plugins that have not allowed the pod yet, each with its own time-out. */
  readonly waitsFor: Map<string, EventHandle>;
  /** PreBind plugins that have something to do, in order; those at the front are done first. */
  readonly workers: PreBindPlugin[];
  /** The PATCH that tells users of the node is under way; nothing goes on before its answer. */
  isAnnouncing: boolean;
  /** Came during that PATCH. */
  refusal: Status | undefined;
  /** What PreBind is busy with. */
  work: { readonly plugin: string; readonly work: PreBindWork } | undefined;
}

const BINDER = "DefaultBinder";
/** The API's words for a fault of its own. */
const LOST_TEXT = "Internal error occurred: the binding was lost";
const NO_PLUGINS: ReadonlySet<string> = new Set<string>();

/** All bindings under way of one scheduler. */
export class BindingCycle implements WaitingPods {
  private readonly options: BindingCycleOptions;
  private readonly tasks = new Map<PodInfo["uid"], BindingTask>();

  constructor(options: BindingCycleOptions) {
    this.options = options;
  }

  /** Reserve, then Permit: still part of the scheduling cycle. Undefined when the pod may go on. */
  reserveAndPermit(placement: Placement): Status | undefined {
    const { profile, state, assumed, nodeName } = placement;
    for (const plugin of profile.reservePlugins) {
      const status = plugin.reserve(state, assumed, nodeName);
      if (status.code !== Code.Success) return failedAt("Reserve", plugin.name, status);
    }
    const waits = new Map<string, number>();
    for (const plugin of profile.permitPlugins) {
      const { status, timeoutUs } = plugin.permit(state, assumed, nodeName);
      if (status.code === Code.Wait) waits.set(plugin.name, timeoutUs);
      else if (status.code !== Code.Success) return failedAt("Permit", plugin.name, status);
    }
    if (waits.size > 0) this.hold(placement, waits);
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
    const task = this.tasks.get(assumed.uid) ?? this.createTask(placement);
    for (const plugin of profile.preBindPlugins) {
      const status = plugin.preBindPreFlight(state, assumed, nodeName);
      if (status.code === Code.Success) task.workers.push(plugin);
      else if (status.code !== Code.Skip) {
        const text = `running PreBindPreFlight "${plugin.name}": ${statusMessage(status)}`;
        this.fail(task, errorStatus(plugin.name, text));
        return;
      }
    }
    if (task.workers.length > 0 || task.waitsFor.size > 0) this.announceNode(task);
    else this.leavePermit(task);
  }

  // --- Permit -------------------------------------------------------------------------------------

  waitingFor(plugin: string): readonly PodInfo[] {
    const pods: PodInfo[] = [];
    for (const { placement, waitsFor } of this.tasks.values()) {
      if (waitsFor.has(plugin)) pods.push(placement.assumed);
    }
    return pods;
  }

  allow(uid: PodInfo["uid"], plugin: string): boolean {
    const task = this.tasks.get(uid);
    const timeout = task?.waitsFor.get(plugin);
    if (task === undefined || timeout === undefined) return false;
    this.options.simulation.cancel(timeout);
    task.waitsFor.delete(plugin);
    if (task.waitsFor.size > 0 || task.isAnnouncing) return true;
    this.leavePermit(task);
    this.options.onSettled();
    return true;
  }

  reject(uid: PodInfo["uid"], plugin: string, reason: string): boolean {
    return this.refuse(uid, { code: Code.Unschedulable, plugin, reasons: [reason] });
  }

  /**
   * A pod of higher priority takes the room of one that waits on Permit or is in PreBind; false when
   * this one is at neither, so that it must be evicted.
   */
  preempt(uid: PodInfo["uid"]): boolean {
    const text = "waiting on permit for pod: preempted";
    if (this.refuse(uid, errorStatus("DefaultPreemption", text))) return true;
    const task = this.tasks.get(uid);
    if (task?.work === undefined) return false;
    const { plugin, work } = task.work;
    this.fail(task, failedAt("PreBind", plugin, errorStatus(plugin, work.stop())));
    this.options.onSettled();
    return true;
  }

  private hold(placement: Placement, waits: ReadonlyMap<string, number>): void {
    const { uid } = placement.assumed;
    const task = this.createTask(placement);
    for (const [plugin, askedUs] of waits) {
      const waitUs = duration(Math.min(askedUs, PERMIT_WAIT_US_MAX));
      const text = `rejected due to timeout after waiting ${formatDuration(waitUs)} at plugin ${plugin}`;
      const timeout = this.options.simulation.callAfter(
        waitUs,
        RANK.scheduler,
        "scheduler: Permit wait is over",
        () => this.reject(uid, plugin, text),
      );
      task.waitsFor.set(plugin, timeout);
    }
  }

  /** Ends a wait on Permit; false when the pod does not wait there. */
  private refuse(uid: PodInfo["uid"], status: Status): boolean {
    const task = this.tasks.get(uid);
    if (task === undefined || task.waitsFor.size === 0) return false;
    this.stopWaiting(task);
    if (task.isAnnouncing) task.refusal = status;
    else this.fail(task, status);
    this.options.onSettled();
    return true;
  }

  private stopWaiting({ waitsFor }: BindingTask): void {
    for (const timeout of waitsFor.values()) this.options.simulation.cancel(timeout);
    waitsFor.clear();
  }

  /** NominatedNodeNameForExpectation: its failure is ignored, but its answer is waited for. */
  private announceNode(task: BindingTask): void {
    const { assumed, nodeName } = task.placement;
    task.isAnnouncing = true;
    this.options.client.patchPodStatus(assumed, { nominatedNodeName: nodeName }, () => {
      task.isAnnouncing = false;
      if (task.refusal !== undefined) this.fail(task, task.refusal);
      else if (task.waitsFor.size === 0) this.leavePermit(task);
      this.options.onSettled();
    });
  }

  // --- PreBind and Bind -----------------------------------------------------------------------------

  private leavePermit(task: BindingTask): void {
    this.options.queue.done(task.placement.assumed.uid);
    this.preBind(task);
  }

  /** One plugin after the other; at the end of the list comes the POST. */
  private preBind(task: BindingTask): void {
    const plugin = task.workers.shift();
    if (plugin === undefined) {
      this.takeTime(task);
      return;
    }
    const { state, assumed, nodeName } = task.placement;
    const answer = plugin.preBind(state, assumed, nodeName);
    if ("code" in answer) {
      this.endPreBind(task, plugin, answer);
      return;
    }
    task.work = { plugin: plugin.name, work: answer };
    answer.start((status) => {
      task.work = undefined;
      this.endPreBind(task, plugin, status);
      this.options.onSettled();
    });
  }

  private endPreBind(task: BindingTask, plugin: PreBindPlugin, status: Status): void {
    const isFine = status.code === Code.Success || status.code === Code.Skip;
    if (isFine) this.preBind(task);
    else this.fail(task, failedAt("PreBind", plugin.name, status));
  }

  /** What PreBind and the binding take beside their own work, and whether it comes to nothing. */
  private takeTime(task: BindingTask): void {
    const { times, simulation } = this.options;
    if (times === undefined) {
      this.post(task);
      return;
    }
    const { assumed, record } = task.placement;
    const { attempts } = record;
    const spanUs = duration(times.preBindUs(assumed, attempts) + times.bindUs(assumed, attempts));
    const go = (): void => {
      if (times.isLost(assumed, attempts)) {
        this.fail(task, failedAt("Bind", BINDER, errorStatus(BINDER, LOST_TEXT)));
        this.options.onSettled();
      } else this.post(task);
    };
    if (spanUs === 0) go();
    else simulation.callAfter(spanUs, RANK.scheduler, "scheduler: binding takes time", go);
  }

  private post(task: BindingTask): void {
    const { assumed, nodeName } = task.placement;
    this.options.client.bind(assumed, nodeName, (error) => {
      if (error === undefined) this.finish(task);
      else this.fail(task, failedAt("Bind", BINDER, errorStatus(BINDER, error)));
      this.options.onSettled();
    });
  }

  private finish(task: BindingTask): void {
    const { assumed, nodeName, profile, state } = task.placement;
    this.tasks.delete(assumed.uid);
    this.options.client.recordEvent({
      type: "Normal",
      reason: "Scheduled",
      action: "Binding",
      note: `Successfully assigned ${podKey(assumed)} to ${nodeName}`,
      pod: assumed,
      from: assumed.template.schedulerName,
    });
    this.options.onBound(task.placement);
    for (const plugin of profile.postBindPlugins) plugin.postBind(state, assumed, nodeName);
  }

  /** Undo, wake whoever may use the room, and hand the pod back (6.2). */
  private fail(task: BindingTask, status: Status): void {
    const { queue } = this.options;
    const { placement } = task;
    const { assumed, record } = placement;
    this.tasks.delete(assumed.uid);
    this.stopWaiting(task);
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

  private createTask(placement: Placement): BindingTask {
    const task: BindingTask = {
      placement,
      waitsFor: new Map(),
      workers: [],
      isAnnouncing: false,
      refusal: undefined,
      work: undefined,
    };
    this.tasks.set(placement.assumed.uid, task);
    return task;
  }
}

/** A rejection keeps the plugin's reasons; an error says at which point and in which plugin it came. */
function failedAt(point: string, plugin: string, status: Status): Status {
  if (isRejected(status)) return { ...status, plugin };
  return errorStatus(plugin, `running ${point} plugin "${plugin}": ${statusMessage(status)}`);
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
