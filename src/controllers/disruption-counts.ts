// The arithmetic of disruption budgets: how many pods are expected, how many must be healthy, and
// the status that follows.
//
// Rules of spec/admission-and-eviction.md section 3. Both percentages round up: that makes
// minAvailable strict and maxUnavailable generous.

import {
  type ApiServer,
  type DisruptionBudgetStatus,
  NO_OWNER,
  type OwnerRef,
  type PodDisruptionBudgetObject,
  type PodIndex,
  resolveIntOrPercent,
  type StoredObject,
  type Uid,
} from "../cluster/index.ts";
import { isSameStatus, withWorkloadCondition, type WorkloadCondition } from "./workload-status.ts";

/** Names of evicted pods with the instant of the eviction. */
export type DisruptedPods = ReadonlyMap<string, number>;

/** What a budget asks of the pods it selects. */
export interface HealthWanted {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

/** What one look at the pods found. */
export interface BudgetCounts extends HealthWanted {
  readonly currentHealthy: number;
  readonly disruptedPods: DisruptedPods;
}

/** The sum of the scales of the controllers of some pods, each counted once. */
export class ControllerScales {
  /** Pods without a controller, which have no scale. */
  unmanagedCount = 0;
  /** The owner that has no scale, "" if all have one. */
  failure = "";
  private readonly api: ApiServer;

  constructor(api: ApiServer) {
    this.api = api;
  }

  /** undefined if some controller cannot be scaled. */
  sum(pods: readonly PodIndex[]): number | undefined {
    const seen = new Set<Uid>();
    let total = 0;
    for (const pod of pods) {
      const row = this.api.pods.owner(pod);
      if (row === NO_OWNER) {
        this.unmanagedCount++;
        continue;
      }
      const owner = this.api.owners.ref(row);
      if (seen.has(owner.uid)) continue;
      seen.add(owner.uid);
      const scaled = this.scaleOf(owner);
      if (scaled === undefined) {
        this.failure = `${owner.kind} ${owner.name}`;
        return undefined;
      }
      // Two ReplicaSets of one Deployment have one scale between them.
      if (scaled.uid !== owner.uid && seen.has(scaled.uid)) continue;
      seen.add(scaled.uid);
      total += scaled.replicas;
    }
    return total;
  }

  /** A ReplicaSet of a Deployment has the Deployment's scale. */
  private scaleOf(owner: OwnerRef): { readonly uid: Uid; readonly replicas: number } | undefined {
    const stored = this.api.objects.findByUid(owner.uid);
    const above = stored?.kind === "ReplicaSet" ? stored.owner : undefined;
    const deployment = above === undefined ? undefined : this.api.objects.findByUid(above.uid);
    const scaled = deployment?.kind === "Deployment" ? deployment : stored;
    if (scaled === undefined) return undefined;
    const { object } = scaled;
    switch (object.kind) {
      case "Deployment":
      case "ReplicaSet":
      case "StatefulSet":
      case "ReplicationController":
        return { uid: scaled.uid, replicas: object.replicas };
      default:
        return undefined;
    }
  }
}

/** undefined if the scale that the budget needs cannot be found out. A budget without a bound wants nothing. */
export function healthWanted(
  budget: PodDisruptionBudgetObject,
  selected: readonly PodIndex[],
  scales: ControllerScales,
): HealthWanted | undefined {
  const { minAvailable, maxUnavailable } = budget;
  if (maxUnavailable !== undefined) {
    const expectedPods = scales.sum(selected);
    if (expectedPods === undefined) return undefined;
    const unavailable = resolveIntOrPercent(maxUnavailable, expectedPods, "up");
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - unavailable) };
  }
  if (minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0 };
  if (minAvailable.kind === "int") {
    return { expectedPods: selected.length, desiredHealthy: minAvailable.value };
  }
  const expectedPods = scales.sum(selected);
  if (expectedPods === undefined) return undefined;
  return { expectedPods, desiredHealthy: resolveIntOrPercent(minAvailable, expectedPods, "up") };
}

/** The status that follows, or `before` itself if nothing changed. Without counts nothing is allowed. */
export function budgetStatus(
  budget: StoredObject<"PodDisruptionBudget">,
  before: DisruptionBudgetStatus | undefined,
  counts: BudgetCounts | undefined,
  nowUs: number,
): DisruptionBudgetStatus {
  const after =
    counts === undefined
      ? failedStatus(before, nowUs)
      : countedStatus(budget, before, counts, nowUs);
  return before !== undefined && isSameBudgetStatus(before, after) ? before : after;
}

function countedStatus(
  budget: StoredObject<"PodDisruptionBudget">,
  before: DisruptionBudgetStatus | undefined,
  { expectedPods, desiredHealthy, currentHealthy, disruptedPods }: BudgetCounts,
  nowUs: number,
): DisruptionBudgetStatus {
  const spare = currentHealthy - desiredHealthy;
  const disruptionsAllowed = expectedPods <= 0 || spare <= 0 ? 0 : spare;
  return {
    observedGeneration: budget.generation,
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptedPods,
    conditions: allowedCondition(before, disruptionsAllowed, nowUs),
  };
}

/** The other figures stay as they were. */
function failedStatus(
  before: DisruptionBudgetStatus | undefined,
  nowUs: number,
): DisruptionBudgetStatus {
  const conditions = withWorkloadCondition(
    before?.conditions ?? [],
    "DisruptionAllowed",
    "False",
    "SyncFailed",
    nowUs,
  );
  const known = before ?? {
    observedGeneration: 0,
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    disruptedPods: new Map(),
  };
  return { ...known, disruptionsAllowed: 0, conditions };
}

function allowedCondition(
  before: DisruptionBudgetStatus | undefined,
  disruptionsAllowed: number,
  nowUs: number,
): readonly WorkloadCondition[] {
  const isAllowed = disruptionsAllowed > 0;
  return withWorkloadCondition(
    before?.conditions ?? [],
    "DisruptionAllowed",
    isAllowed ? "True" : "False",
    isAllowed ? "SufficientPods" : "InsufficientPods",
    nowUs,
  );
}

function isSameBudgetStatus(a: DisruptionBudgetStatus, b: DisruptionBudgetStatus): boolean {
  if (a.disruptedPods.size !== b.disruptedPods.size) return false;
  for (const [name, atUs] of a.disruptedPods) if (b.disruptedPods.get(name) !== atUs) return false;
  return isSameStatus({ ...a, disruptedPods: 0 }, { ...b, disruptedPods: 0 });
}
