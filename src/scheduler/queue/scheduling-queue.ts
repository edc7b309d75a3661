// SchedulingQueue: the pods that wait for a node, and the rules by which they move.
//
// Places: active (to be tried), backoff and errorBackoff (waiting for their back-off), unschedulable
// (rejected, waiting for an event; gated pods too), and in flight (popped, not yet done). Rules of
// scheduler-queue.md B1 to B9. It has no timers: whoever runs it asks for the next due instant and
// calls the two flushes. Longer than most files because it is one state machine.

import { assert } from "../../base/index.ts";
import type { ClusterEvent, EventSubject } from "../framework/cluster-event.ts";
import type { SortablePod } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { Backoff } from "./backoff.ts";
import { FORCE_ACTIVATE, UNSCHEDULABLE_TIMEOUT } from "./cluster-events.ts";
import { InFlightPods } from "./in-flight-pods.ts";
import { podChangeEvents } from "./pod-changes.ts";
import { PodHeap, type QueuedPodOrder } from "./pod-heap.ts";
import { createQueuedPod, type QueuedPod, type QueuePlace } from "./queued-pod.ts";
import type { RequeueJudge, RequeueStrategy } from "./requeue-judge.ts";

/** What a queue needs; instants are in the unit of `now` (microseconds unless said otherwise). */
export interface SchedulingQueueOptions {
  now(): number;
  /** The first profile's queue sort; equal pods go by the order in which they got their timestamp. */
  less(a: SortablePod, b: SortablePod): boolean;
  /** The PreEnqueue plugin that holds the pod, or ""; `firstAsked` gated it last time. */
  gateOf(pod: PodInfo, firstAsked: string): string;
  readonly judge: RequeueJudge;
  readonly initialBackoffUs?: number;
  readonly maxBackoffUs?: number;
  /** How long a rejected pod may wait before the leftover flush takes it. */
  readonly unschedulableUsMax?: number;
  /** Length of a second in the unit of `now`. */
  readonly secondUs?: number;
  /** Wall-clock fraction of a second at instant 0. */
  readonly secondPhaseUs?: number;
  /** SchedulerPopFromBackoffQ, on by default. */
  readonly popFromBackoff?: boolean;
  /** Told of every move into a place, with upstream's event label (queue_incoming_pods_total). */
  onMove?(record: QueuedPod, place: QueuePlace, label: string): void;
  /** Told of every pop, with the place the pod was taken from. */
  onPop?(record: QueuedPod, from: QueuePlace): void;
}

const SECOND_US = 1_000_000;
const NOTHING: EventSubject = Object.freeze({});

/** All pending pods of one scheduler, over all its profiles. */
export class SchedulingQueue {
  protected readonly options: SchedulingQueueOptions;
  protected readonly backoff: Backoff;
  private readonly popFromBackoff: boolean;
  private readonly unschedulableUsMax: number;
  private readonly activeHeap: PodHeap;
  private readonly backoffHeap: PodHeap;
  private readonly errorBackoffHeap: PodHeap;
  protected readonly inFlight: InFlightPods = new InFlightPods();
  /** Every record by pod uid, whatever its place. */
  private readonly records = new Map<PodInfo["uid"], QueuedPod>();
  private readonly unschedulable = new Map<PodInfo["uid"], QueuedPod>();
  /** How many unschedulable pods each plugin rejected; "" counts those that no plugin rejected. */
  private readonly rejectedCount = new Map<string, number>();
  /** Unschedulable pods that a gate holds. */
  private gatedCount = 0;
  private arrivalCount = 0;
  /** Pops so far. */
  schedulingCycle = 0;

  constructor(options: SchedulingQueueOptions) {
    this.options = options;
    this.popFromBackoff = options.popFromBackoff ?? true;
    const secondUs = options.secondUs ?? SECOND_US;
    this.unschedulableUsMax = options.unschedulableUsMax ?? 300 * secondUs;
    this.backoff = new Backoff({
      initialUs: options.initialBackoffUs ?? secondUs,
      maxUs: options.maxBackoffUs ?? 10 * secondUs,
      secondUs,
      phaseUs: options.secondPhaseUs ?? 0,
      wholeSeconds: this.popFromBackoff,
    });
    const byPriority: QueuedPodOrder = (a, b) => {
      if (options.less(a, b)) return true;
      return !options.less(b, a) && a.arrival < b.arrival;
    };
    const byExpiry: QueuedPodOrder = (a, b) => {
      const first = this.backoff.expiryUs(a);
      const second = this.backoff.expiryUs(b);
      return first === second ? byPriority(a, b) : first < second;
    };
    this.activeHeap = new PodHeap(byPriority);
    this.backoffHeap = new PodHeap(byExpiry);
    this.errorBackoffHeap = new PodHeap(byExpiry);
  }

  // --- In and out -------------------------------------------------------------------------------

  /** A new unscheduled pod is seen (B4). */
  add(pod: PodInfo, label = "UnschedulablePodAdd"): void {
    const known = this.records.get(pod.uid);
    if (known !== undefined) this.takeOut(known);
    const record = createQueuedPod(pod, this.options.now(), this.nextArrival());
    this.records.set(pod.uid, record);
    this.moveToActive(record, label, true);
  }

  /** Something to pop without waiting? */
  get hasNext(): boolean {
    return this.activeHeap.size > 0 || (this.popFromBackoff && this.backoffHeap.size > 0);
  }

  /** The next pod to schedule (B2), now in flight; undefined when the scheduler has to wait. */
  pop(): QueuedPod | undefined {
    for (;;) {
      let record = this.activeHeap.peek();
      if (record === undefined && this.popFromBackoff) {
        record = this.backoffHeap.peek();
        if (record !== undefined) this.options.onMove?.(record, "active", "PopFromBackoffQ");
      }
      if (record === undefined) return undefined;
      const from = record.place;
      this.takeOut(record);
      record.attempts++;
      this.schedulingCycle++;
      record.place = "inFlight";
      if (this.inFlight.has(record.pod.uid)) continue;
      this.trackInFlight(record);
      this.options.onPop?.(record, from);
      return record;
    }
  }

  /** The attempt is over for good: the pod is bound, gone or skipped. */
  done(uid: PodInfo["uid"]): void {
    this.inFlight.done(uid);
    const record = this.records.get(uid);
    if (record?.place === "inFlight") this.forget(record);
  }

  /**
   * A failed attempt brings its pod back (B5). The caller has replaced the record's pod, and its
   * rejecting and pending plugins by those of this attempt.
   */
  returnFailed(record: QueuedPod): void {
    const { uid } = record.pod;
    const known = this.records.get(uid);
    if (known !== undefined && known.place !== "inFlight" && known.place !== "none") {
      this.inFlight.done(uid); // Already queued again: nothing changes there.
      return;
    }
    const isError = record.unschedulablePlugins.size === 0 && record.pendingPlugins.size === 0;
    if (isError) {
      record.consecutiveErrors++;
    } else {
      record.unschedulableCount++;
      record.consecutiveErrors = 0;
    }
    record.timestampUs = this.options.now();
    record.arrival = this.nextArrival();
    record.backoffExpiryUs = undefined;
    record.wasFlushed = false;
    record.place = "none";
    this.records.set(uid, record);
    this.requeue(record, this.strategyOfReturn(record, isError), "ScheduleAttemptFailure");
    this.inFlight.done(uid);
  }

  /** The unscheduled pod's object changed (B8, "Queue Update"). */
  update(oldPod: PodInfo | undefined, newPod: PodInfo): void {
    const { uid } = newPod;
    const record = this.records.get(uid);
    if (this.inFlight.has(uid)) {
      if (oldPod === undefined) return;
      for (const event of podChangeEvents("UnschedulablePod", oldPod, newPod)) {
        this.inFlight.record(event, { oldPod, newPod });
      }
      return;
    }
    if (record === undefined || record.place === "inFlight" || record.place === "none") {
      this.add(newPod, "UnschedulablePodUpdate");
      return;
    }
    record.pod = newPod;
    if (record.place === "unschedulable") this.updateUnschedulable(record, oldPod, newPod);
    else this.heapOf(record.place).resort(record);
  }

  /** The pod is gone, or was bound. */
  delete(uid: PodInfo["uid"]): void {
    const record = this.records.get(uid);
    if (record === undefined || record.place === "inFlight") return;
    this.takeOut(record);
    this.records.delete(uid);
  }

  // --- Events -----------------------------------------------------------------------------------

  /** An event in the cluster: asks for every unschedulable pod whether it is worth another attempt. */
  moveAll(event: ClusterEvent, subject: EventSubject, concerns?: (pod: PodInfo) => boolean): void {
    const hearers = this.options.judge.hearers(event);
    if (hearers.size === 0) return;
    if (this.isAnyoneListening(hearers)) {
      this.moveSelected([...this.unschedulable.values()], event, subject, concerns);
    }
    this.recordEvent(event, subject);
  }

  /** Brings pods forward at a plugin's request; unknown ones are ignored. */
  activate(pods: readonly PodInfo[]): void {
    for (const pod of pods) {
      const record = this.records.get(pod.uid);
      if (this.inFlight.has(pod.uid)) {
        this.recordEvent(FORCE_ACTIVATE, { newPod: record?.pod ?? pod });
        continue;
      }
      if (record === undefined || !isParked(record.place)) continue;
      const isInside = record.place === "unschedulable";
      const asksGates = isInside || !this.popFromBackoff;
      this.takeOut(record);
      this.moveToActive(record, FORCE_ACTIVATE.label, asksGates, isInside);
    }
  }

  // --- Timers (the owner calls them when due) -----------------------------------------------------

  /** Moves what is no longer backing off to active: the tick of every whole second (B3). */
  flushBackoffCompleted(): void {
    const nowUs = this.options.now();
    for (const heap of [this.backoffHeap, this.errorBackoffHeap]) {
      for (;;) {
        const record = heap.peek();
        if (record === undefined || this.backoff.isBackingOff(record, nowUs)) break;
        this.takeOut(record);
        this.moveToActive(record, "BackoffComplete", !this.popFromBackoff);
      }
    }
  }

  /** The tick at which flushBackoffCompleted has something to move; undefined when nobody waits. */
  get nextBackoffFlushUs(): number | undefined {
    const first = this.backoffHeap.peek();
    const second = this.errorBackoffHeap.peek();
    if (first === undefined) return second && this.backoff.leavesAtUs(second);
    if (second === undefined) return this.backoff.leavesAtUs(first);
    return Math.min(this.backoff.leavesAtUs(first), this.backoff.leavesAtUs(second));
  }

  /** Retries rejected pods that have waited too long: every 30 s (B9). */
  flushUnschedulableLeftover(): void {
    const nowUs = this.options.now();
    const old = [...this.unschedulable.values()].filter(
      (record) => nowUs - record.timestampUs > this.unschedulableUsMax,
    );
    for (const record of old) record.wasFlushed = true; // Gated ones too, although they stay.
    if (old.length > 0) {
      this.moveSelected(old, UNSCHEDULABLE_TIMEOUT, NOTHING);
      this.recordEvent(UNSCHEDULABLE_TIMEOUT, NOTHING);
    }
  }

  /**
   * When the longest-waiting unschedulable pod has been there too long (strictly later counts).
   * Gated pods stay, but pods in flight hear of their flush; without either nothing would come of it.
   */
  get nextLeftoverUs(): number | undefined {
    const hasRejected = this.unschedulable.size > this.gatedCount;
    if (!hasRejected && (this.gatedCount === 0 || this.inFlight.size === 0)) return undefined;
    let oldestUs = Number.POSITIVE_INFINITY;
    for (const { timestampUs } of this.unschedulable.values()) {
      if (timestampUs < oldestUs) oldestUs = timestampUs;
    }
    return oldestUs + this.unschedulableUsMax;
  }

  // --- Reading ------------------------------------------------------------------------------------

  /** The record of a pod, wherever it is. */
  find(uid: PodInfo["uid"]): QueuedPod | undefined {
    return this.records.get(uid);
  }

  /** The pod as the queue holds it; undefined when it is in flight or unknown. */
  findQueued(uid: PodInfo["uid"]): PodInfo | undefined {
    const record = this.records.get(uid);
    return record === undefined || record.place === "inFlight" ? undefined : record.pod;
  }

  /** The record that the next pop takes, and those it would have to come after; for checks. */
  get nextActive(): QueuedPod | undefined {
    return this.activeHeap.peek();
  }

  /** Records of one place, in no particular order. */
  recordsIn(place: QueuePlace): readonly QueuedPod[] {
    if (place === "unschedulable") return [...this.unschedulable.values()];
    if (place === "inFlight") {
      return [...this.records.values()].filter((record) => record.place === "inFlight");
    }
    return place === "none" ? [] : this.heapOf(place).all();
  }

  /** Number of pods in a place (upstream's pending_pods splits gated ones off by their plugin). */
  count(place: QueuePlace): number {
    if (place === "unschedulable") return this.unschedulable.size;
    if (place === "inFlight") return this.inFlight.size;
    return place === "none" ? 0 : this.heapOf(place).size;
  }

  get size(): number {
    return this.records.size;
  }

  /** Every record, in order of first appearance. */
  all(): IterableIterator<QueuedPod> {
    return this.records.values();
  }

  isBackingOff(record: QueuedPod): boolean {
    return this.backoff.isBackingOff(record, this.options.now());
  }

  /** End of the pod's back-off; -Infinity when it has none. */
  backoffExpiryUs(record: QueuedPod): number {
    return this.backoff.expiryUs(record);
  }

  /** Events kept for the pods in flight. */
  get inFlightEventCount(): number {
    return this.inFlight.eventCount;
  }

  // --- Moves --------------------------------------------------------------------------------------

  protected trackInFlight(record: QueuedPod): void {
    this.inFlight.add(record.pod.uid);
  }

  protected recordEvent(event: ClusterEvent, subject: EventSubject): void {
    this.inFlight.record(event, subject);
  }

  /** What the events of its flight mean for a pod that comes back. */
  protected strategyOfReturn(record: QueuedPod, isError: boolean): RequeueStrategy {
    if (isError) return "afterBackoff";
    const events = this.inFlight.eventsSince(record.pod.uid);
    if (events === undefined) return "afterBackoff";
    let strategy: RequeueStrategy = "skip";
    for (const { event, subject } of events) {
      const answer = this.options.judge.judge(record, event, subject);
      if (answer === "immediately") return answer;
      if (answer === "skip") continue;
      strategy = answer;
      if (record.pendingPlugins.size === 0) break;
    }
    return strategy;
  }

  protected updateUnschedulable(
    record: QueuedPod,
    oldPod: PodInfo | undefined,
    newPod: PodInfo,
  ): void {
    if (oldPod === undefined) return;
    for (const event of podChangeEvents("UnschedulablePod", oldPod, newPod)) {
      const strategy = this.options.judge.judge(record, event, { oldPod, newPod });
      if (strategy === "skip") continue;
      this.takeOut(record);
      this.requeue(record, strategy, event.label, true);
      if ((record.place as QueuePlace) !== "unschedulable") return;
    }
  }

  protected moveSelected(
    selected: readonly QueuedPod[],
    event: ClusterEvent,
    subject: EventSubject,
    concerns?: (pod: PodInfo) => boolean,
  ): void {
    const { judge } = this.options;
    for (const record of selected) {
      if (concerns !== undefined && !concerns(record.pod)) continue;
      if (record.gatingPlugin !== "" && !judge.isHeardByGate(record, event)) continue;
      const strategy = judge.judge(record, event, subject);
      if (strategy === "skip") continue;
      this.takeOut(record);
      this.requeue(record, strategy, event.label);
    }
  }

  /** `isInside`: it was among the unschedulable pods; staying there is no move then. */
  protected requeue(
    record: QueuedPod,
    strategy: RequeueStrategy,
    label: string,
    isInside = false,
  ): void {
    if (strategy === "skip") {
      this.enterUnschedulable(record, label, isInside);
    } else if (strategy === "afterBackoff" && this.isBackingOff(record)) {
      this.moveToBackoff(record, label, isInside);
    } else {
      this.moveToActive(record, label, true, isInside);
    }
  }

  private moveToBackoff(record: QueuedPod, label: string, isInside: boolean): void {
    // With early pops PreEnqueue must have run before; without them it runs when the pod leaves.
    if (this.popFromBackoff && this.isGated(record)) {
      this.enterUnschedulable(record, label, isInside);
      return;
    }
    const isError = record.unschedulablePlugins.size === 0 && record.pendingPlugins.size === 0;
    record.place = isError ? "errorBackoff" : "backoff";
    this.heapOf(record.place).push(record);
    this.options.onMove?.(record, record.place, label);
  }

  private moveToActive(
    record: QueuedPod,
    label: string,
    asksGates: boolean,
    isInside = false,
  ): void {
    if (asksGates && this.isGated(record)) {
      this.enterUnschedulable(record, label, isInside);
      return;
    }
    record.initialAttemptUs ??= this.options.now();
    record.place = "active";
    this.activeHeap.push(record);
    this.options.onMove?.(record, "active", label);
  }

  /** Runs PreEnqueue; a gate is remembered as one of the rejecting plugins. */
  private isGated(record: QueuedPod): boolean {
    const gate = this.options.gateOf(record.pod, record.gatingPlugin);
    record.gatingPlugin = gate;
    if (gate === "") return false;
    record.unschedulablePlugins = new Set([...record.unschedulablePlugins, gate]);
    return true;
  }

  private enterUnschedulable(record: QueuedPod, label: string, isInside: boolean): void {
    record.place = "unschedulable";
    this.unschedulable.set(record.pod.uid, record);
    if (record.gatingPlugin !== "") this.gatedCount++;
    this.countRejections(record, 1);
    if (!isInside) this.options.onMove?.(record, "unschedulable", label);
  }

  protected takeOut(record: QueuedPod): void {
    if (record.place === "unschedulable") {
      this.unschedulable.delete(record.pod.uid);
      if (record.gatingPlugin !== "") this.gatedCount--;
      this.countRejections(record, -1);
    } else if (record.place !== "none" && record.place !== "inFlight") {
      this.heapOf(record.place).remove(record);
    }
    record.place = "none";
  }

  private forget(record: QueuedPod): void {
    record.place = "none";
    this.records.delete(record.pod.uid);
  }

  private heapOf(place: QueuePlace): PodHeap {
    if (place === "active") return this.activeHeap;
    if (place === "backoff") return this.backoffHeap;
    assert(place === "errorBackoff", `${place} has no heap`);
    return this.errorBackoffHeap;
  }

  private nextArrival(): number {
    return this.arrivalCount++;
  }

  // --- Who listens --------------------------------------------------------------------------------

  /** Cheap answer for the frequent events that no waiting pod's plugins subscribe to. */
  private isAnyoneListening(hearers: ReadonlySet<string>): boolean {
    if ((this.rejectedCount.get("") ?? 0) > 0) return true;
    for (const plugin of hearers) {
      if ((this.rejectedCount.get(plugin) ?? 0) > 0) return true;
    }
    return false;
  }

  private countRejections(record: QueuedPod, step: 1 | -1): void {
    const { unschedulablePlugins, pendingPlugins } = record;
    if (unschedulablePlugins.size === 0 && pendingPlugins.size === 0) this.countOne("", step);
    for (const plugin of unschedulablePlugins) this.countOne(plugin, step);
    for (const plugin of pendingPlugins) this.countOne(plugin, step);
  }

  private countOne(plugin: string, step: 1 | -1): void {
    this.rejectedCount.set(plugin, (this.rejectedCount.get(plugin) ?? 0) + step);
  }
}

function isParked(place: QueuePlace): boolean {
  return place === "backoff" || place === "errorBackoff" || place === "unschedulable";
}
