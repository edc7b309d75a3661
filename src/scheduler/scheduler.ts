// Scheduler: the loop that takes one pod at a time and finds it a node.
//
// It ties together who is next (queue), who decides (decider), what is believed (cache, fed by
// ClusterNews) and what is asked of the API (client). Simulated time passes in three places: the
// cycle itself, the status patch after a failure (both hold up the loop), and the binding (beside
// it). It has no events while there is nothing to do.

import { type Duration, duration, type Instant, assert } from "../base/index.ts";
import { type EventHandle, type EventKind, NO_HANDLE, RANK } from "../engine/index.ts";
import type { Simulation } from "../engine/index.ts";
import type { SchedulerCache } from "./cache/scheduler-cache.ts";
import {
  BindingCycle,
  type BindingTimes,
  errorOf,
  type Placement,
  rejectionOf,
} from "./cycle/binding-cycle.ts";
import { ClusterNews } from "./cycle/cluster-news.ts";
import type { Decider, Verdict } from "./cycle/decider.ts";
import {
  createSchedulerStatistics,
  type AttemptResult,
  type SchedulerObserver,
  type SchedulerStatistics,
} from "./cycle/decision-record.ts";
import { type AttemptFailure, FailureHandler } from "./cycle/failure-handler.ts";
import { QueueTimers } from "./cycle/queue-timers.ts";
import type { SchedulerClient } from "./cycle/scheduler-client.ts";
import { Code } from "./framework/status.ts";
import { type PodInfo, podKey } from "./framework/pod-info.ts";
import { Evictions } from "./preemption/evictions.ts";
import { RunningPreemptions } from "./preemption/running-preemptions.ts";
import type { QueuedPod, QueuePlace } from "./queue/queued-pod.ts";
import { ProfileJudge } from "./queue/requeue-judge.ts";
import { SchedulingQueue } from "./queue/scheduling-queue.ts";

/** Facts the length of a cycle may depend on. */
export interface CycleFacts {
  readonly nodeCount: number;
  readonly evaluatedCount: number;
}

/** What checks may see from inside; nothing it does may change the run. */
export interface SchedulerProbe {
  onPop(record: QueuedPod, from: QueuePlace): void;
  /** The verdict was just given; the cache is still the snapshot it was given on. */
  onVerdict(record: QueuedPod, verdict: Verdict): void;
  onMove(record: QueuedPod, place: QueuePlace, label: string): void;
}

/** The parts of a scheduler and its times. */
export interface SchedulerOptions {
  readonly cache: SchedulerCache;
  readonly decider: Decider;
  readonly client: SchedulerClient;
  /** The marks that the plugins were given; absent: this scheduler's own. */
  readonly preemptions?: RunningPreemptions;
  /** From pop to decision: fixed, or worked out per cycle (integer microseconds). */
  readonly cycleUs: Duration | ((facts: CycleFacts) => Duration);
  /** What the steps of a binding take beside what is simulated; absent: nothing. */
  readonly bindingTimes?: BindingTimes | undefined;
  readonly initialBackoffUs?: number;
  readonly maxBackoffUs?: number;
  /** Wall-clock fraction of a second at instant 0: back-off ticks fall on whole seconds. */
  readonly secondPhaseUs?: number;
  /** SchedulerPopFromBackoffQ, on by default. */
  readonly popFromBackoff?: boolean;
}

const SECOND_US = 1_000_000;

type LoopState = "idle" | "deciding" | "patching";

interface RunningCycle {
  readonly record: QueuedPod;
  readonly pod: PodInfo;
  readonly verdict: Verdict;
  /** The chosen node by name, because its row may serve another node when the cycle is over. */
  readonly nodeName: string;
  readonly poppedUs: number;
}

/** One scheduler: one pod is decided about at a time. */
export class Scheduler {
  readonly simulation: Simulation;
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  readonly decider: Decider;
  /** Where the watch delivers. */
  readonly news: ClusterNews;
  readonly binding: BindingCycle;
  readonly preemptions: RunningPreemptions;
  readonly statistics: SchedulerStatistics = createSchedulerStatistics();
  readonly options: SchedulerOptions;
  /** Set by whoever checks invariants. */
  probe: SchedulerProbe | undefined;
  private readonly failures: FailureHandler;
  private readonly evictions: Evictions;
  private readonly timers: QueueTimers;
  private readonly observers: SchedulerObserver[] = [];
  private readonly wakeKind: EventKind;
  private readonly decidedKind: EventKind;
  private wake: EventHandle = NO_HANDLE;
  private loop: LoopState = "idle";
  private cycle: RunningCycle | undefined;
  /** Pops so far, also of pods that were passed over. */
  private cycleNumber = 0;

  constructor(simulation: Simulation, options: SchedulerOptions) {
    this.simulation = simulation;
    this.options = options;
    this.cache = options.cache;
    this.decider = options.decider;
    this.queue = this.createQueue();
    this.failures = new FailureHandler({
      queue: this.queue,
      cache: this.cache,
      client: options.client,
      findPod: (uid) => this.news.findPod(uid),
    });
    this.binding = this.createBinding();
    this.preemptions =
      options.preemptions ?? new RunningPreemptions((uid) => this.news.findPod(uid));
    this.evictions = new Evictions({
      simulation,
      queue: this.queue,
      cache: this.cache,
      client: options.client,
      running: this.preemptions,
      preemptWaiting: ({ uid }) => this.binding.preempt(uid),
      onSettled: () => this.settle(),
    });
    this.timers = new QueueTimers(simulation, this.queue, {
      hasNodes: () => this.cache.nodeCount > 0,
      onTick: () => this.settle(),
    });
    this.news = new ClusterNews({
      queue: this.queue,
      cache: this.cache,
      claims: (pod) => this.decider.profiles.has(pod.template.schedulerName),
      onUnclaimed: (pod) => this.noteUnclaimed(pod),
      rejectWaiting: (pod) => this.binding.reject(pod.uid, "", "removed"),
      onGone: (uid) => this.failures.forget(uid),
      onSettled: () => this.settle(),
    });
    this.wakeKind = simulation.defineKind("scheduler: next pod", RANK.scheduler, () => {
      this.wake = NO_HANDLE;
      this.next();
    });
    this.decidedKind = simulation.defineKind("scheduler: decision", RANK.scheduler, () =>
      this.conclude(),
    );
  }

  /** Told of every decision and binding, in order. */
  observe(observer: SchedulerObserver): void {
    this.observers.push(observer);
  }

  /** The pod being decided about, and since when; undefined between cycles. */
  get runningCycle(): { readonly pod: PodInfo; readonly poppedUs: number } | undefined {
    return this.cycle;
  }

  /** True while the loop waits for the status patch of a failed attempt. */
  get isPatching(): boolean {
    return this.loop === "patching";
  }

  // --- The loop ---------------------------------------------------------------------------------

  /** Something changed: look at the queue when everything of this instant has been heard. */
  private settle(): void {
    this.timers.arm();
    if (this.loop !== "idle" || this.wake !== NO_HANDLE || !this.queue.hasNext) return;
    this.wake = this.simulation.after(0 as Duration, this.wakeKind);
  }

  /** Takes the next pod and begins its cycle; pods that need no decision are passed over. */
  private next(): void {
    if (this.loop !== "idle") return;
    for (;;) {
      const record = this.queue.pop();
      if (record === undefined) break;
      this.cycleNumber++;
      this.takeUp(record);
      if (this.isToBeSkipped(record)) continue;
      this.begin(record);
      return;
    }
    this.timers.arm();
  }

  private isToBeSkipped(record: QueuedPod): boolean {
    const { pod } = record;
    if (pod.deleting) {
      this.failures.skipDeleting(pod);
      return true;
    }
    if (!this.cache.isAssumed(pod.uid)) return false;
    this.queue.done(pod.uid);
    return true;
  }

  /** The decision is made on what is believed now; it takes effect when the cycle is over. */
  private begin(record: QueuedPod): void {
    const { simulation } = this;
    const verdict = this.decider.decide(record.pod, this.cycleNumber);
    this.probe?.onVerdict(record, verdict);
    const poppedUs = simulation.nowUs;
    const { node } = verdict.decision;
    const nodeName = node === -1 ? "" : this.cache.nodeName(node);
    this.cycle = { record, pod: record.pod, verdict, nodeName, poppedUs };
    this.loop = "deciding";
    const holdUs = node === -1 ? 0 : this.holdUs(record);
    const cycleUs = duration(this.cycleLengthUs(verdict) + holdUs);
    if (cycleUs === 0) this.conclude();
    else simulation.after(cycleUs, this.decidedKind);
    this.timers.arm();
  }

  private cycleLengthUs({ decision }: Verdict): Duration {
    const { cycleUs } = this.options;
    if (typeof cycleUs === "number") return cycleUs;
    const { evaluatedCount } = decision;
    return cycleUs({ nodeCount: this.cache.nodeList.length, evaluatedCount });
  }

  private holdUs({ pod, attempts }: QueuedPod): number {
    return this.options.bindingTimes?.holdUs(pod, attempts) ?? 0;
  }

  /** The cycle is over: carry the verdict out, then go on with the next pod. */
  private conclude(): void {
    const { cycle } = this;
    assert(cycle !== undefined, "a scheduling cycle ends that never began");
    this.decider.endCycle?.(this.simulation.nowUs);
    this.cycle = undefined;
    this.loop = "idle";
    const failure = this.carryOut(cycle);
    if (failure !== undefined) {
      // The mark comes before the pod returns to the queue, the evictions after its status patch.
      const evict = this.beginPreemption(cycle);
      this.loop = "patching";
      const isWaiting = this.failures.handle(cycle.record, failure, () => this.patched());
      if (!isWaiting) this.loop = "idle";
      evict?.();
    }
    this.settle();
  }

  private beginPreemption({ pod, verdict }: RunningCycle): (() => void) | undefined {
    const chosen = verdict.postFilter?.preemption?.chosen;
    if (chosen === undefined) return undefined;
    const evict = this.evictions.begin(pod, chosen);
    if (evict === undefined) return undefined;
    this.statistics.preemptions++;
    this.statistics.preemptionVictims += chosen.victims.length;
    const atUs = this.simulation.nowUs;
    for (const observer of this.observers) observer.onPreemption?.(pod, chosen, atUs);
    return evict;
  }

  private patched(): void {
    this.loop = "idle";
    this.settle();
  }

  /** Assumes and starts the binding, or says why not. */
  private carryOut(cycle: RunningCycle): AttemptFailure | undefined {
    const { decision, message, state } = cycle.verdict;
    const { pod, nodeName } = cycle;
    if (decision.outcome !== "placed") {
      const isError = decision.outcome === "error";
      this.tell(cycle, isError ? "error" : "unschedulable", "", message);
      return failureOf(cycle.verdict);
    }
    if (this.cache.findPod(pod.uid) !== undefined) {
      // Bound by another scheduler during the cycle.
      const text = `pod ${pod.uid}(${podKey(pod)}) is in the cache, so can't be assumed`;
      this.tell(cycle, "error", "", text);
      return errorOf(text);
    }
    const profile = this.decider.profiles.get(pod.template.schedulerName)!;
    const assumed = this.cache.assume(pod, nodeName);
    const placement: Placement = { record: cycle.record, assumed, nodeName, profile, state };
    const refusal = this.binding.reserveAndPermit(placement);
    if (refusal !== undefined) {
      this.binding.release(placement);
      const isError = refusal.code === Code.Error;
      const failure = isError ? errorOf(refusal.reasons.join(", ")) : rejectionOf(refusal);
      this.tell(cycle, isError ? "error" : "unschedulable", "", failure.message);
      return failure;
    }
    this.tell(cycle, "scheduled", nodeName, "");
    this.binding.start(placement);
    return undefined;
  }

  private tell(
    cycle: RunningCycle,
    result: AttemptResult,
    nodeName: string,
    message: string,
  ): void {
    const { decision } = cycle.verdict;
    const { statistics } = this;
    statistics.attempts++;
    if (result === "scheduled") statistics.placed++;
    else if (result === "unschedulable") statistics.unschedulable++;
    else statistics.errors++;
    if (result === "scheduled" && decision.viaHint) statistics.hinted++;
    const { score, feasibleCount, tieCount } = decision;
    if (score !== undefined) statistics.scoredDecisions++;
    if (tieCount > 1) statistics.tiedDecisions++;
    if (this.observers.length === 0) return;
    const told = {
      pod: cycle.pod,
      attempt: cycle.record.attempts,
      poppedUs: cycle.poppedUs,
      decidedUs: this.simulation.nowUs,
      initialAttemptUs: cycle.record.initialAttemptUs ?? cycle.poppedUs,
      result,
      nodeName,
      evaluatedCount: decision.evaluatedCount,
      feasibleCount,
      score,
      tieCount,
      message,
      decision,
    };
    for (const observer of this.observers) observer.onDecision?.(told);
  }

  // --- Parts --------------------------------------------------------------------------------------

  private createQueue(): SchedulingQueue {
    const { simulation, options } = this;
    const profiles = [...this.decider.profiles.values()];
    const first = profiles[0];
    assert(first !== undefined, "a scheduler needs at least one profile");
    const { initialBackoffUs, maxBackoffUs, popFromBackoff } = options;
    // With the gate off the 1 s flush is no ticker of the wall clock: it runs from the start on.
    const secondPhaseUs =
      popFromBackoff === false ? -simulation.nowUs % SECOND_US : options.secondPhaseUs;
    return new SchedulingQueue({
      now: () => simulation.nowUs,
      less: (a, b) => first.queueSort.less(a, b),
      gateOf: (pod, firstAsked) => this.gateOf(pod, firstAsked),
      judge: new ProfileJudge(
        profiles.map(({ schedulerName, plugins }) => ({
          schedulerName,
          plugins: [...plugins, ...(this.decider.listeners ?? [])],
        })),
        this.cache.operations,
      ),
      ...(initialBackoffUs === undefined ? {} : { initialBackoffUs }),
      ...(maxBackoffUs === undefined ? {} : { maxBackoffUs }),
      ...(secondPhaseUs === undefined ? {} : { secondPhaseUs }),
      ...(popFromBackoff === undefined ? {} : { popFromBackoff }),
      onMove: (record, place, label) => {
        this.cache.operations.queueMoves++;
        if (place === "active") this.noteActive(record);
        this.probe?.onMove(record, place, label);
        for (const observer of this.observers) observer.onQueueMove?.(record, place, label);
      },
      onPop: (record, from) => {
        this.cache.operations.queuePops++;
        this.probe?.onPop(record, from);
      },
    });
  }

  private createBinding(): BindingCycle {
    const { simulation, queue, cache } = this;
    return new BindingCycle({
      simulation,
      queue,
      cache,
      client: this.options.client,
      times: this.options.bindingTimes,
      onFailure: (record, failure) => {
        this.failures.handle(record, failure, () => undefined);
      },
      onBound: ({ assumed, nodeName }) => {
        this.statistics.bound++;
        const atUs = simulation.nowUs;
        for (const observer of this.observers) observer.onBound?.(assumed, nodeName, atUs);
      },
      onBindingFailed: ({ assumed, nodeName }, reason) => {
        this.statistics.bindingFailures++;
        const atUs = simulation.nowUs;
        for (const observer of this.observers) {
          observer.onBindingFailed?.(assumed, nodeName, reason, atUs);
        }
      },
      onSettled: () => this.settle(),
    });
  }

  /** PreEnqueue of the pod's profile; the plugin that gated it last time is asked first. */
  private gateOf(pod: PodInfo, firstAsked: string): string {
    const plugins = this.decider.profiles.get(pod.template.schedulerName)?.preEnqueuePlugins ?? [];
    const isHeldBy = (name: string): boolean =>
      plugins.some(
        (plugin) => plugin.name === name && plugin.preEnqueue(pod).code !== Code.Success,
      );
    if (firstAsked !== "" && isHeldBy(firstAsked)) return firstAsked;
    for (const plugin of plugins) {
      if (plugin.name === firstAsked) continue;
      if (plugin.preEnqueue(pod).code !== Code.Success) return plugin.name;
    }
    return "";
  }

  private noteUnclaimed(pod: PodInfo): void {
    this.statistics.unclaimedPods++;
    for (const observer of this.observers) observer.onUnclaimed?.(pod);
  }

  // --- Long queues without delay ------------------------------------------------------------------

  /** A pod remembers how it came to be active, so that a long queue is no endless loop. */
  private noteActive(record: QueuedPod): void {
    record.activatedUs = this.simulation.nowUs;
    record.activatedDepth = this.simulation.causalDepth;
  }

  private takeUp(record: QueuedPod): void {
    this.simulation.takeUp(record.activatedDepth, record.activatedUs as Instant);
  }
}

/** What a verdict without a node means for queue, status and nomination. */
function failureOf(verdict: Verdict): AttemptFailure {
  const { decision, message, postFilter } = verdict;
  if (decision.outcome === "error") return errorOf(message);
  const pendingPlugins = new Set<string>();
  for (const status of decision.statuses.distinct().keys()) {
    if (status.code === Code.Pending) pendingPlugins.add(status.plugin);
  }
  // A plugin may put the whole pod on hold before any node is looked at.
  const { preFilter } = decision;
  if (preFilter.code === Code.Pending) pendingPlugins.add(preFilter.plugin);
  const isNoNodes = decision.outcome === "no-nodes";
  const nominate = isNoNodes ? "" : postFilter?.nominate;
  return {
    isRejected: true,
    message,
    rejectingPlugins: decision.rejectingPlugins,
    pendingPlugins,
    nominatingMode: nominate === undefined ? "noop" : "override",
    nominatedNodeName: nominate ?? "",
  };
}
