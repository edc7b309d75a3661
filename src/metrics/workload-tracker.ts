// Ready replicas of every workload against the number it asks for, over time.
//
// A workload is the object at the top of a pod's owners: a Deployment, StatefulSet, DaemonSet, or a
// ReplicaSet or ReplicationController that nobody owns. Jobs have no availability: they end. A pod
// counts as ready while its Ready condition is True and nobody has asked for its deletion.

import type { ObjectStore, OwnerRef, StoredObject } from "../cluster/index.ts";
import { type Quotient, quotientOf, ratioOf, TimeWeightedGauge } from "./time-weighted-gauge.ts";
import type { WorkloadSummary } from "./run-result.ts";

interface WorkloadState {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly readyAndDesired: TimeWeightedGauge;
  readonly desired: TimeWeightedGauge;
  ready: number;
  firstCompleteUs: number | null;
  shortSinceUs: number | null;
  degradedUs: number;
  longestDegradedUs: number | null;
  podsCreatedCount: number;
  podsLostCount: number;
  isGone: boolean;
}

const REPLICATED: ReadonlySet<string> = new Set([
  "Deployment",
  "StatefulSet",
  "ReplicaSet",
  "ReplicationController",
]);

/** Tracks workloads by the uid of their object; fed by the collector. */
export class WorkloadTracker {
  private readonly objects: ObjectStore;
  private readonly states = new Map<number, WorkloadState>();
  private readonly topOfOwner = new Map<number, number>();

  constructor(objects: ObjectStore) {
    this.objects = objects;
  }

  /** An object appeared, changed or went. */
  onObject(before: StoredObject | undefined, after: StoredObject | undefined, nowUs: number): void {
    const object = after ?? before;
    if (object === undefined) return;
    const isAdopted = after?.owner !== undefined && before?.owner === undefined;
    if (after === undefined || (isAdopted && this.states.has(after.uid))) {
      this.end(object.uid, nowUs);
      return;
    }
    if (before !== undefined && before.owner?.uid !== after.owner?.uid)
      this.topOfOwner.delete(after.uid);
    const desired = desiredReplicas(after);
    if (desired === undefined || after.owner !== undefined) return;
    let state = this.states.get(after.uid);
    if (state === undefined) {
      state = createState(after, nowUs);
      this.states.set(after.uid, state);
    }
    if (state.desired.value === desired && state.firstCompleteUs !== null) return;
    state.desired.set(desired, nowUs);
    this.refresh(state, nowUs);
  }

  /** The object went, or was adopted and counts for its owner from now on. */
  private end(uid: number, nowUs: number): void {
    this.topOfOwner.delete(uid);
    const state = this.states.get(uid);
    if (state === undefined) return;
    this.closeShortfall(state, nowUs);
    state.desired.set(0, nowUs);
    this.refresh(state, nowUs);
    state.isGone = true;
  }

  /** The workload of a pod's owner, as a key for the other calls; undefined for bare pods and Jobs. */
  workloadOf(owner: OwnerRef | undefined): number | undefined {
    if (owner === undefined) return undefined;
    const known = this.topOfOwner.get(owner.uid);
    if (known !== undefined) return known === NO_WORKLOAD ? undefined : known;
    let top = this.objects.findByUid(owner.uid);
    while (top?.owner !== undefined) {
      const above = this.objects.findByUid(top.owner.uid);
      if (above === undefined) break;
      top = above;
    }
    const uid = top !== undefined && this.states.has(top.uid) ? top.uid : undefined;
    this.topOfOwner.set(owner.uid, uid ?? NO_WORKLOAD);
    return uid;
  }

  /** The number of ready pods of a workload changed by one. */
  onReady(workload: number, difference: 1 | -1, nowUs: number): void {
    const state = this.states.get(workload);
    if (state === undefined) return;
    state.ready += difference;
    this.refresh(state, nowUs);
  }

  onPodCreated(workload: number): void {
    const state = this.states.get(workload);
    if (state !== undefined) state.podsCreatedCount += 1;
  }

  onPodLost(workload: number): void {
    const state = this.states.get(workload);
    if (state !== undefined) state.podsLostCount += 1;
  }

  /** The measured part begins now. */
  restart(nowUs: number): void {
    for (const state of this.states.values()) {
      state.readyAndDesired.restart(nowUs);
      state.desired.restart(nowUs);
      state.degradedUs = 0;
      state.longestDegradedUs = null;
      if (state.shortSinceUs !== null) state.shortSinceUs = nowUs;
    }
  }

  /** All workloads in creation order, and the ratio over all of them. */
  summary(nowUs: number): {
    readonly workloads: WorkloadSummary[];
    readonly availabilityRatio: number | null;
  } {
    let readyArea = 0n;
    let desiredArea = 0n;
    const workloads: WorkloadSummary[] = [];
    for (const state of this.states.values()) {
      const isMeasured = state.firstCompleteUs !== null;
      const ready = isMeasured ? state.readyAndDesired.integral(nowUs) : 0n;
      const desired = isMeasured ? state.desired.integral(nowUs) : 0n;
      readyArea += ready;
      desiredArea += desired;
      workloads.push(summaryOf(state, ratioOf(ready, desired), nowUs));
    }
    return { workloads, availabilityRatio: ratioOf(readyArea, desiredArea) };
  }

  /** Replica time that was ready, over what was desired: what the ratio over all is taken over. */
  availability(nowUs: number): Quotient | undefined {
    let ready = 0n;
    let desired = 0n;
    for (const state of this.states.values()) {
      if (state.firstCompleteUs === null) continue;
      ready += state.readyAndDesired.integral(nowUs);
      desired += state.desired.integral(nowUs);
    }
    return quotientOf(ready, desired);
  }

  private refresh(state: WorkloadState, nowUs: number): void {
    const desired = state.desired.value;
    const isComplete = state.ready >= desired;
    if (state.firstCompleteUs === null) {
      if (!isComplete || state.isGone) return;
      state.firstCompleteUs = nowUs;
      state.readyAndDesired.set(Math.min(state.ready, desired), nowUs);
      state.readyAndDesired.restart(nowUs);
      state.desired.restart(nowUs);
      return;
    }
    state.readyAndDesired.set(Math.min(state.ready, desired), nowUs);
    if (isComplete) this.closeShortfall(state, nowUs);
    else if (state.shortSinceUs === null) state.shortSinceUs = nowUs;
  }

  private closeShortfall(state: WorkloadState, nowUs: number): void {
    if (state.shortSinceUs === null) return;
    const spanUs = nowUs - state.shortSinceUs;
    state.shortSinceUs = null;
    if (spanUs === 0) return;
    state.degradedUs += spanUs;
    state.longestDegradedUs = Math.max(state.longestDegradedUs ?? 0, spanUs);
  }
}

const NO_WORKLOAD = -1;

function createState(object: StoredObject, nowUs: number): WorkloadState {
  return {
    kind: object.kind,
    namespace: object.namespace,
    name: object.name,
    readyAndDesired: new TimeWeightedGauge(0, nowUs),
    desired: new TimeWeightedGauge(0, nowUs),
    ready: 0,
    firstCompleteUs: null,
    shortSinceUs: null,
    degradedUs: 0,
    longestDegradedUs: null,
    podsCreatedCount: 0,
    podsLostCount: 0,
    isGone: false,
  };
}

// A DaemonSet asks for a pod per eligible node; only its controller knows how many that are.
function desiredReplicas(object: StoredObject): number | undefined {
  if (REPLICATED.has(object.kind)) return (object.object as { readonly replicas: number }).replicas;
  if (object.kind !== "DaemonSet") return undefined;
  const status = object.status as { readonly desiredNumberScheduled?: number } | undefined;
  return status?.desiredNumberScheduled ?? 0;
}

function summaryOf(
  state: WorkloadState,
  availabilityRatio: number | null,
  nowUs: number,
): WorkloadSummary {
  const openUs = state.shortSinceUs === null ? 0 : nowUs - state.shortSinceUs;
  const longest = Math.max(state.longestDegradedUs ?? 0, openUs);
  return {
    kind: state.kind,
    namespace: state.namespace,
    name: state.name,
    desiredCount: state.desired.value,
    readyAtEndCount: state.ready,
    availabilityRatio,
    degradedUs: state.degradedUs + openUs,
    longestDegradedUs: longest === 0 ? null : longest,
    firstCompleteUs: state.firstCompleteUs,
    podsCreatedCount: state.podsCreatedCount,
    podsLostCount: state.podsLostCount,
  };
}
