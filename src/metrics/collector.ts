// Turns what happens in a run into numbers and rows, as it happens.
//
// Listens to commits of the ApiServer, decisions of the schedulers and the machines' power, all at
// the instant they happen, and never answers back: a run with and without a collector takes the same
// course. Memory depends on live pods and on nodes, not on how many pods have passed through. It is
// longer than most files because it is the one place where a change of a pod becomes every number.

import { assert } from "../base/index.ts";
import {
  CHANGED_OWNER,
  ConditionStatus,
  formatPhase,
  formatPodReady,
  formatPodStatus,
  isFinishedPhase,
  NO_NODE,
  NO_OWNER,
  PodConditionType,
  PodPhase,
  podRestartsShown,
} from "../cluster/index.ts";
import type {
  ApiServer,
  KubernetesEvent,
  NodeChange,
  NodeIndex,
  NodeObject,
  Machines,
  PodBehavior,
  PodChange,
  PodIndex,
} from "../cluster/index.ts";
import type { DecisionRecord } from "../scheduler/index.ts";
import { ClusterSamples } from "./cluster-samples.ts";
import { DurationSample } from "./duration-sample.ts";
import { LostWork } from "./lost-work.ts";
import { NodeHealth } from "./node-health.ts";
import { didHold, doesHold } from "./pod-holdings.ts";
import {
  DEPARTURE,
  type Departure,
  departureName,
  departureOf,
  PodRecords,
} from "./pod-records.ts";
import { ResourceUse } from "./resource-use.ts";
import type { NodeRow, PodRow, RowSinks, RunResult } from "./run-result.ts";
import { type Quotient, ratioOf, TimeWeightedGauge } from "./time-weighted-gauge.ts";
import { WorkloadTracker } from "./workload-tracker.ts";

/** The part of a RunResult that is measured; the rest (versions, notes, gates) is the run's. */
export type MeasuredResult = Pick<
  RunResult,
  | "counts"
  | "decisions"
  | "pending"
  | "startup"
  | "longestPending"
  | "attemptsPerPod"
  | "departures"
  | "lostWork"
  | "utilization"
  | "nodeAvailabilityRatio"
  | "availabilityRatio"
  | "recoveryMaxUs"
  | "workloads"
  | "pendingAtEnd"
>;

const PENDING_SHOWN_MAX = 50;

/** Observes one run. */
export class Collector {
  private readonly api: ApiServer;
  private readonly now: () => number;
  private readonly sinks: RowSinks;
  private readonly records = new PodRecords();
  private readonly use = new ResourceUse();
  private readonly workloads: WorkloadTracker;
  private readonly samples: ClusterSamples;
  private readonly health = new NodeHealth();
  private readonly podCount = new TimeWeightedGauge(0, 0);
  /** By row: the Node object, or what it last was before it was removed. */
  private readonly lastFacts: (NodeObject | undefined)[] = [];
  private readonly pendingTimes = new DurationSample();
  private readonly startupTimes = new DurationSample();
  /** How long those waited that left or were left without a node. */
  private readonly unboundTimes = new DurationSample();
  private readonly departures = new Float64Array(DEPARTURE.deleted + 1);
  private work: LostWork | undefined;
  private fromUs = 0;
  private created = 0;
  private bound = 0;
  private succeeded = 0;
  private failed = 0;
  private eventCount = 0;
  private pending = 0;
  private running = 0;
  private ready = 0;
  private terminating = 0;
  private attempts = 0;
  private scheduledCount = 0;
  private unschedulableCount = 0;
  private errorCount = 0;
  private tied = 0;
  private evaluated = 0;
  private longestPending: RunResult["longestPending"] = null;
  private attemptsOfBound = 0;
  private attemptsMax = 0;
  private boundWithAttempts = 0;
  private whyUntried: (pod: PodIndex) => string = () => "not tried yet";

  /** Joins a run before its first commit. `now` reads the simulation's clock. */
  constructor(api: ApiServer, now: () => number, sinks: RowSinks = {}) {
    this.api = api;
    this.now = now;
    this.sinks = sinks;
    this.workloads = new WorkloadTracker(api.objects);
    this.samples = new ClusterSamples(sinks.sample, () => this.sampleCounts());
    api.observe({
      onPod: (change) => this.onPod(change),
      onNode: (change) => this.onNode(change),
      onObject: (change) => this.workloads.onObject(change.before, change.after, this.now()),
    });
  }

  /** Lets somebody who knows the schedulers say why nobody ever decided about a pod. */
  explainUntried(why: (pod: PodIndex) => string): void {
    this.whyUntried = why;
  }

  /** Measures lost work too, from before the first process starts; every run must be told. */
  watchWork(machines: Machines, behavior: PodBehavior): LostWork {
    this.work = new LostWork(this.api, machines, behavior, this.now);
    return this.work;
  }

  /** Measures from here on; what happened before (warm-up) stays out of every number. */
  restart(): void {
    const nowUs = this.now();
    this.fromUs = nowUs;
    this.use.restart(nowUs);
    this.workloads.restart(nowUs);
    this.health.restart(nowUs);
    this.work?.restart();
  }

  /** One scheduling attempt. */
  onDecision(scheduler: string, record: DecisionRecord): void {
    const { pod } = record;
    if (this.isMeasured(record.decidedUs)) {
      this.attempts += 1;
      this.evaluated += record.evaluatedCount;
      if (record.result === "scheduled") this.scheduledCount += 1;
      else if (record.result === "unschedulable") this.unschedulableCount += 1;
      else this.errorCount += 1;
      if (record.result === "scheduled" && record.tieCount > 1) this.tied += 1;
    }
    const uid = Number(pod.uid);
    if (pod.pod >= 0 && this.api.pods.isLive(pod.pod as PodIndex, uid)) {
      this.records.setAttempts(pod.pod as PodIndex, record.attempt);
    }
    this.sinks.decision?.({
      atUs: record.decidedUs,
      scheduler,
      namespace: pod.namespace,
      pod: pod.name,
      uid,
      attempt: record.attempt,
      result: record.result,
      node: record.nodeName,
      evaluated: record.evaluatedCount,
      feasible: record.feasibleCount,
      score: record.score ?? null,
      ties: record.tieCount,
      message: record.message,
    });
  }

  /** A Kubernetes Event was recorded. */
  onEvent(event: KubernetesEvent): void {
    this.eventCount += 1;
    this.sinks.event?.({
      atUs: event.atUs,
      type: event.type,
      reason: event.reason,
      kind: event.about.kind,
      namespace: event.about.namespace,
      name: event.about.name,
      from: event.from,
      message: event.message,
    });
  }

  /** A machine went up or down, physically. */
  onMachine(node: NodeIndex, isUp: boolean): void {
    this.health.setUp(node, isUp, this.now());
  }

  /** Ends the measurement: writes the rows of what still exists and returns the numbers. */
  finish(): MeasuredResult {
    const nowUs = this.now();
    assert(this.work !== undefined, "a collector was never told of the machines");
    this.samples.flush();
    const pendingAtEnd: { pod: string; message: string }[] = [];
    let unschedulable = 0;
    this.api.pods.forEach((pod) => {
      this.writePod(pod, null);
      if (!this.isPending(pod)) return;
      this.noteUnbound(pod, nowUs);
      if (this.api.pods.podScheduled(pod) === ConditionStatus.False) unschedulable += 1;
      if (pendingAtEnd.length < PENDING_SHOWN_MAX) pendingAtEnd.push(this.pendingEntry(pod));
    });
    this.writeNodes(nowUs);
    const { workloads, availabilityRatio } = this.workloads.summary(nowUs);
    const longest = workloads.map((workload) => workload.longestDegradedUs ?? 0);
    const everComplete = workloads.some((workload) => workload.firstCompleteUs !== null);
    return {
      counts: {
        nodes: this.api.nodes.count,
        podsCreated: this.created,
        podsBound: this.bound,
        podsSucceeded: this.succeeded,
        podsFailed: this.failed,
        podsPendingAtEnd: this.pending,
        podsRunningAtEnd: this.running,
        podsTerminatingAtEnd: this.terminating,
        podsUnschedulableAtEnd: unschedulable,
        events: this.eventCount,
      },
      decisions: {
        attemptsCount: this.attempts,
        scheduledCount: this.scheduledCount,
        unschedulableCount: this.unschedulableCount,
        errorCount: this.errorCount,
        tiedCount: this.tied,
        nodesEvaluatedCount: this.evaluated,
      },
      pending: this.pendingTimes.summary(),
      startup: this.startupTimes.summary(),
      longestPending: this.longestPending,
      attemptsPerPod: {
        avg: this.boundWithAttempts === 0 ? null : this.attemptsOfBound / this.boundWithAttempts,
        max: this.boundWithAttempts === 0 ? null : this.attemptsMax,
      },
      departures: {
        evictedByTaintCount: this.departures[DEPARTURE.evictedByTaint]!,
        evictedByApiCount: this.departures[DEPARTURE.evictedByApi]!,
        evictedByKubeletCount: this.departures[DEPARTURE.evictedByKubelet]!,
        preemptedCount: this.departures[DEPARTURE.preempted]!,
        lostWithNodeCount: this.departures[DEPARTURE.lostWithNode]!,
        deletedCount: this.departures[DEPARTURE.deleted]!,
      },
      lostWork: this.work.summary(),
      utilization: this.use.summary(nowUs),
      nodeAvailabilityRatio: this.health.upRatio(nowUs),
      availabilityRatio,
      recoveryMaxUs: everComplete ? longest.reduce((max, us) => Math.max(max, us), 0) : null,
      workloads,
      pendingAtEnd,
    };
  }

  /** Value of a distribution's percentile for a threshold: any percent, not only those in the record. */
  quantile(measure: "pending" | "startup", ratio: number): number | null {
    return (measure === "pending" ? this.pendingTimes : this.startupTimes).quantile(ratio);
  }

  /** Waits of the pods that were bound, and of those that were not; whole once the run is finished. */
  waits(): { readonly bound: DurationSample; readonly unbound: DurationSample } {
    return { bound: this.pendingTimes, unbound: this.unboundTimes };
  }

  /** What ratio measures are taken over, by their names. */
  quotients(): [string, Quotient | undefined][] {
    const nowUs = this.now();
    return [...this.use.quotients(nowUs), ["availability", this.workloads.availability(nowUs)]];
  }

  // --- For the accounting audit: integrals so far, since the start or the end of the warm-up ---------

  /** Pods that left before they had finished: the sum over all reasons. */
  departedCount(): number {
    return this.departures.reduce((sum, count) => sum + count, 0);
  }

  cpuArea(): bigint {
    return this.use.milliCpuRequested.integral(this.now());
  }

  memoryArea(): bigint {
    return this.use.memoryBytesRequested.integral(this.now());
  }

  nodeCpuArea(node: NodeIndex): bigint {
    return this.use.node(node, this.now()).milliCpu.integral(this.now());
  }

  podArea(): bigint {
    return this.podCount.integral(this.now());
  }

  cpuOfNodes(): number {
    return this.use.milliCpuOfNodes();
  }

  cpuOfCluster(): number {
    return this.use.milliCpuRequested.value;
  }

  private onPod(change: PodChange): void {
    const nowUs = this.now();
    this.samples.touch(nowUs);
    const { pod, kind } = change;
    if (kind === "Added") this.podCount.add(1, nowUs);
    if (kind === "Deleted") this.podCount.add(-1, nowUs);
    if (kind === "Added") this.beginPod(change);
    else this.countBefore(change, -1);
    if (kind === "Modified") this.noteProgress(change, nowUs);
    if (kind === "Deleted") this.endPod(change, nowUs);
    else this.countAfter(change, nowUs);
    this.moveRequests(change, nowUs);
    this.moveReadiness(change, pod, nowUs);
  }

  private beginPod(change: PodChange): void {
    this.created += 1;
    const { pod } = change;
    const owner = this.api.pods.owner(pod);
    const workload =
      owner === NO_OWNER ? undefined : this.workloads.workloadOf(this.api.owners.ref(owner));
    this.records.begin(pod, workload);
    if (workload !== undefined) this.workloads.onPodCreated(workload);
    if (change.nodeAfter !== NO_NODE) this.bound += 1;
  }

  private noteProgress(change: PodChange, nowUs: number): void {
    const { pod } = change;
    if (change.nodeBefore === NO_NODE && change.nodeAfter !== NO_NODE) this.noteBound(pod, nowUs);
    if (change.readyAfter === ConditionStatus.True && this.records.readyUs(pod) === null) {
      this.records.setReadyUs(pod, nowUs);
      const createdUs = this.api.pods.createdUs(pod);
      this.sinks.span?.({ measure: "startup", atUs: nowUs, us: nowUs - createdUs });
      if (this.isMeasured(createdUs)) this.startupTimes.add(nowUs - createdUs);
    }
    if (!isFinishedPhase(change.phaseBefore) && isFinishedPhase(change.phaseAfter)) {
      this.records.setFinishedUs(pod, nowUs);
      if (change.phaseAfter === PodPhase.Succeeded) this.succeeded += 1;
      else this.failed += 1;
      // Pod garbage collection and kubelet evictions fail the pod first and say why in a condition.
      if (this.disruptionReason(pod) !== "") this.noteDeparture(pod);
    } else if (
      !change.isDeletingBefore &&
      change.isDeletingAfter &&
      !isFinishedPhase(change.phaseBefore)
    ) {
      this.noteDeparture(pod);
    }
  }

  private noteBound(pod: PodIndex, nowUs: number): void {
    this.bound += 1;
    const createdUs = this.api.pods.createdUs(pod);
    const waitedUs = nowUs - createdUs;
    this.sinks.span?.({ measure: "pending", atUs: nowUs, us: waitedUs });
    if (!this.isMeasured(createdUs)) return;
    this.pendingTimes.add(waitedUs);
    if (this.longestPending === null || waitedUs > this.longestPending.us) {
      const { pods } = this.api;
      this.longestPending = { pod: `${pods.namespace(pod)}/${pods.name(pod)}`, us: waitedUs };
    }
    const attempts = this.records.attempts(pod);
    this.boundWithAttempts += 1;
    this.attemptsOfBound += attempts;
    this.attemptsMax = Math.max(this.attemptsMax, attempts);
  }

  // A pod departs when its deletion is asked for, when it is failed from outside, or when it is
  // removed without either; once only, and not if it had finished by itself.
  private noteDeparture(pod: PodIndex): void {
    if (this.records.departure(pod) !== DEPARTURE.none) return;
    const departure = departureOf(this.disruptionReason(pod));
    this.records.setDeparture(pod, departure);
    if (this.isMeasured(this.now())) this.departures[departure]! += 1;
    const workload = this.records.workload(pod);
    if (departure !== DEPARTURE.deleted && workload !== undefined)
      this.workloads.onPodLost(workload);
  }

  private disruptionReason(pod: PodIndex): string {
    return this.api.pods.conditionReason(pod, PodConditionType.DisruptionTarget);
  }

  private endPod(change: PodChange, nowUs: number): void {
    // A pod of the initial state may have finished before anybody measured when.
    const hasFinished =
      this.records.finishedUs(change.pod) !== null || isFinishedPhase(change.phaseBefore);
    if (!hasFinished) this.noteDeparture(change.pod);
    if (change.nodeBefore === NO_NODE)
      this.noteUnbound(change.pod, this.records.finishedUs(change.pod) ?? nowUs);
    this.writePod(change.pod, nowUs);
  }

  private noteUnbound(pod: PodIndex, untilUs: number): void {
    const createdUs = this.api.pods.createdUs(pod);
    if (this.isMeasured(createdUs)) this.unboundTimes.add(untilUs - createdUs);
  }

  private countBefore(change: PodChange, sign: -1): void {
    this.count(
      change.phaseBefore,
      change.nodeBefore,
      change.readyBefore,
      change.isDeletingBefore,
      sign,
    );
  }

  private countAfter(change: PodChange, _nowUs: number): void {
    this.count(change.phaseAfter, change.nodeAfter, change.readyAfter, change.isDeletingAfter, 1);
  }

  private count(
    phase: PodPhase,
    node: NodeIndex,
    ready: ConditionStatus,
    isDeleting: boolean,
    sign: 1 | -1,
  ): void {
    if (isDeleting) this.terminating += sign;
    if (phase === PodPhase.Pending && node === NO_NODE) this.pending += sign;
    if (phase === PodPhase.Running && !isDeleting) this.running += sign;
    if (ready === ConditionStatus.True && !isDeleting) this.ready += sign;
  }

  private moveRequests(change: PodChange, nowUs: number): void {
    const held = didHold(change);
    const holds = doesHold(change);
    if (held && holds && change.templateBefore === change.templateAfter) return;
    if (held) this.use.release(change.nodeBefore, change.templateBefore, nowUs);
    if (holds) this.use.hold(change.nodeAfter, change.templateAfter, nowUs);
  }

  private moveReadiness(change: PodChange, pod: PodIndex, nowUs: number): void {
    const before = this.records.workload(pod);
    const after = (change.mask & CHANGED_OWNER) === 0 ? before : this.moveWorkload(pod);
    if (before === undefined && after === undefined) return;
    const was =
      change.kind !== "Added" &&
      change.readyBefore === ConditionStatus.True &&
      !change.isDeletingBefore;
    const is =
      change.kind !== "Deleted" &&
      change.readyAfter === ConditionStatus.True &&
      !change.isDeletingAfter;
    if (was === is && before === after) return;
    if (was && before !== undefined) this.workloads.onReady(before, -1, nowUs);
    if (is && after !== undefined) this.workloads.onReady(after, 1, nowUs);
  }

  /** An adopted or released pod counts for its new workload from now on. */
  private moveWorkload(pod: PodIndex): number | undefined {
    const owner = this.api.pods.owner(pod);
    const workload =
      owner === NO_OWNER ? undefined : this.workloads.workloadOf(this.api.owners.ref(owner));
    this.records.setWorkload(pod, workload);
    return workload;
  }

  private onNode(change: NodeChange): void {
    const nowUs = this.now();
    this.samples.touch(nowUs);
    this.lastFacts[change.node] = change.after ?? change.before;
    const before = readyAllocatable(change.before);
    const after = readyAllocatable(change.after);
    this.use.changeAllocatable(
      after.milliCpu - before.milliCpu,
      after.memoryBytes - before.memoryBytes,
      nowUs,
    );
    this.health.onNode(
      change.node,
      change.after === undefined ? undefined : isReady(change.after),
      nowUs,
    );
    this.use.node(change.node, nowUs);
  }

  private isMeasured(atUs: number): boolean {
    return atUs >= this.fromUs;
  }

  private isPending(pod: PodIndex): boolean {
    const { pods } = this.api;
    return pods.phase(pod) === PodPhase.Pending && pods.node(pod) === NO_NODE;
  }

  private pendingEntry(pod: PodIndex): { pod: string; message: string } {
    const { pods } = this.api;
    const message = pods.conditionMessage(pod, PodConditionType.PodScheduled);
    return {
      pod: `${pods.namespace(pod)}/${pods.name(pod)}`,
      message: message === "" ? this.whyUntried(pod) : message,
    };
  }

  private sampleCounts(): Parameters<NonNullable<RowSinks["sample"]>>[0] extends infer Row
    ? Omit<Row, "atUs">
    : never {
    return {
      nodesReady: this.health.readyCount,
      podsPending: this.pending,
      podsRunning: this.running,
      podsReady: this.ready,
      podsTerminating: this.terminating,
      milliCpuRequested: this.use.milliCpuRequested.value,
      memoryBytesRequested: this.use.memoryBytesRequested.value,
      milliCpuAllocatable: this.use.milliCpuAllocatable.value,
      memoryBytesAllocatable: this.use.memoryBytesAllocatable.value,
    };
  }

  private writePod(pod: PodIndex, deletedUs: number | null): void {
    if (this.sinks.pod === undefined) return;
    const { pods, nodes, owners } = this.api;
    const owner = pods.owner(pod);
    const ref = owner === NO_OWNER ? undefined : owners.ref(owner);
    const node = pods.node(pod);
    const { milliCpu, memoryBytes } = pods.template(pod).nodeRequests;
    const departure: Departure = this.records.departure(pod);
    const row: PodRow = {
      namespace: pods.namespace(pod),
      name: pods.name(pod),
      uid: pods.uid(pod),
      owner: ref === undefined ? "" : `${ref.kind}/${ref.name}`,
      node: node === NO_NODE ? "" : nodes.name(node),
      phase: formatPhase(pods.phase(pod)),
      reason: pods.reason(pod),
      status: formatPodStatus(pods, pod),
      ready: formatPodReady(pods, pod),
      restartsCount: podRestartsShown(pods, pod),
      priority: pods.priority(pod),
      milliCpuRequested: milliCpu,
      memoryBytesRequested: memoryBytes,
      createdUs: pods.createdUs(pod),
      boundUs: instantOrNull(pods.scheduledUs(pod)),
      startedUs: instantOrNull(pods.startUs(pod)),
      readyUs: this.records.readyUs(pod),
      finishedUs: this.records.finishedUs(pod),
      deletedUs,
      attemptsCount: this.records.attempts(pod),
      departure: departureName(departure),
    };
    this.sinks.pod(row);
  }

  private writeNodes(nowUs: number): void {
    if (this.sinks.node === undefined) return;
    const { nodes } = this.api;
    for (let index = 0; index < nodes.rowCount; index++) {
      const node = index as NodeIndex;
      // A row is a name; a name that only pods mention never had a Node object.
      const facts = this.lastFacts[node];
      if (facts !== undefined) this.sinks.node(this.nodeRow(node, facts, nowUs));
    }
  }

  private nodeRow(node: NodeIndex, facts: NodeObject, nowUs: number): NodeRow {
    const { nodes } = this.api;
    const use = this.use.node(node, nowUs);
    const removedUs = this.health.removedUs(node);
    const spanUs = BigInt(Math.max(0, (removedUs ?? nowUs) - this.health.sinceUs(node)));
    const { milliCpu, memoryBytes, pods } = facts.allocatable;
    return {
      name: nodes.name(node),
      zone: facts.meta.labels.get("topology.kubernetes.io/zone") ?? "",
      createdUs: nodes.createdUs(node),
      removedUs,
      milliCpuAllocatable: milliCpu,
      memoryBytesAllocatable: memoryBytes,
      podsAllocatable: pods,
      podsBoundCount: use.podsBoundCount,
      podsMaxCount: use.podsMaxCount,
      cpuRequestedRatio: ratioOf(use.milliCpu.integral(nowUs), BigInt(milliCpu) * spanUs),
      memoryRequestedRatio: ratioOf(use.memoryBytes.integral(nowUs), BigInt(memoryBytes) * spanUs),
      downUs: this.health.downUs(node, nowUs),
      notReadyUs: this.health.notReadyUs(node, nowUs),
    };
  }
}

function instantOrNull(us: number): number | null {
  return us < 0 ? null : us;
}

function isReady(node: NodeObject): boolean {
  return node.conditions.some(
    (condition) => condition.type === "Ready" && condition.status === "True",
  );
}

function readyAllocatable(node: NodeObject | undefined): { milliCpu: number; memoryBytes: number } {
  if (node === undefined || !isReady(node)) return { milliCpu: 0, memoryBytes: 0 };
  return node.allocatable;
}
