// The Eviction API: deletion that asks the disruption budgets first.
//
// Rules of spec/admission-and-eviction.md section 4. A budget's numbers are its status, which the
// disruption controller keeps; this file only takes one disruption from it. A budget whose status
// nobody has written is not known to allow anything and refuses with 429, as a stale one does.

import type { ApiResult } from "./api-result.ts";
import { refused } from "./api-result.ts";
import type { ApiState } from "./api-state.ts";
import { ConditionStatus, PodPhase } from "./identity.ts";
import type { PodIndex, Uid } from "./identity.ts";
import type { StoredObject } from "./object-store.ts";
import type { ObjectWriter } from "./object-writer.ts";
import type { PodDeletion, PodWriter } from "./pod-writer.ts";

/** Condition DisruptionAllowed of a budget; instants in microseconds. */
export interface DisruptionBudgetCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly updatedUs: number;
  readonly transitionUs: number;
}

/** Status of a PodDisruptionBudget, written by the disruption controller and by evictions. */
export interface DisruptionBudgetStatus {
  readonly observedGeneration: number;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  /** Pods evicted and not yet seen deleted, with the instant of the eviction. */
  readonly disruptedPods: ReadonlyMap<string, number>;
  readonly conditions: readonly DisruptionBudgetCondition[];
}

type Budget = StoredObject<"PodDisruptionBudget">;

const STALE_RETRY_SECONDS = 10;
/** Evictions that the budget's controller has not confirmed; beyond these it takes no more. */
const UNCONFIRMED_MAX = 2000;

/** Decides on evictions and takes them from the budgets. */
export class Evictions {
  private readonly state: ApiState;
  private readonly pods: PodWriter;
  private readonly objects: ObjectWriter;

  constructor(state: ApiState, pods: PodWriter, objects: ObjectWriter) {
    this.state = state;
    this.pods = pods;
    this.objects = objects;
  }

  /** POST pods/eviction. */
  evict(pod: PodIndex, uid: Uid, options: PodDeletion = {}): ApiResult {
    const { pods } = this.state;
    if (!pods.isLive(pod, uid)) return refused("NotFound", "the pod is gone");
    const phase = pods.phase(pod);
    const isBeyondBudgets =
      phase === PodPhase.Pending || pods.isFinished(pod) || pods.isDeleting(pod);
    if (isBeyondBudgets) return this.pods.delete(pod, uid, options);
    const budgets = this.budgetsOf(pod);
    if (budgets.length > 1) {
      const text =
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
      return refused("InternalError", text);
    }
    const budget = budgets[0];
    if (budget !== undefined && !this.isFreeOfBudget(pod, budget)) {
      const answer = this.takeDisruption(pod, budget);
      if (!answer.ok) return answer;
    }
    this.pods.patchStatus(pod, uid, {
      disruptionTarget: {
        status: ConditionStatus.True,
        reason: "EvictionByEvictionAPI",
        message: "Eviction API: evicting",
      },
    });
    return this.pods.delete(pod, uid, options);
  }

  private budgetsOf(pod: PodIndex): readonly Budget[] {
    const { pods, objects } = this.state;
    const namespace = pods.namespace(pod);
    const { labels } = pods.template(pod);
    const found: Budget[] = [];
    objects.forEach("PodDisruptionBudget", (budget) => {
      if (budget.namespace !== namespace) return;
      if (budget.object.selector.matches(labels)) found.push(budget);
    });
    return found;
  }

  /** A pod that is not Ready need not ask, by its budget's policy. */
  private isFreeOfBudget(pod: PodIndex, budget: Budget): boolean {
    if (this.state.pods.ready(pod) === ConditionStatus.True) return false;
    if (budget.object.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
    const status = statusOf(budget);
    if (status === undefined) return false;
    return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0;
  }

  private takeDisruption(pod: PodIndex, budget: Budget): ApiResult {
    const status = statusOf(budget);
    if (status === undefined || status.observedGeneration < budget.generation) {
      const text = `The disruption budget ${budget.name} is still being processed by the server.`;
      return tooMany(text, STALE_RETRY_SECONDS);
    }
    if (status.disruptionsAllowed <= 0) {
      const { desiredHealthy, currentHealthy } = status;
      const text =
        `Cannot evict pod as it would violate the pod's disruption budget. The disruption budget ` +
        `${budget.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
      return tooMany(text, 0);
    }
    if (status.disruptedPods.size > UNCONFIRMED_MAX) {
      const text = `The disruption budget ${budget.name} has too many evictions that are not confirmed`;
      return refused("Forbidden", text);
    }
    const { nowUs } = this.state;
    const disruptedPods = new Map(status.disruptedPods);
    disruptedPods.set(this.state.pods.name(pod), nowUs);
    const disruptionsAllowed = status.disruptionsAllowed - 1;
    const conditions = disruptionsAllowed > 0 ? status.conditions : usedUp(status, nowUs);
    const taken: DisruptionBudgetStatus = {
      ...status,
      disruptionsAllowed,
      disruptedPods,
      conditions,
    };
    return this.objects.patchStatus("PodDisruptionBudget", budget.uid, taken);
  }
}

/** The last disruption was taken: said at once, not only when the controller looks again. */
function usedUp(
  status: DisruptionBudgetStatus,
  nowUs: number,
): readonly DisruptionBudgetCondition[] {
  const type = "DisruptionAllowed";
  const rest = status.conditions.filter((condition) => condition.type !== type);
  const reason = "InsufficientPods";
  return [...rest, { type, status: "False", reason, updatedUs: nowUs, transitionUs: nowUs }];
}

/** The status as its controller wrote it; undefined before it first did. */
function statusOf(budget: Budget): DisruptionBudgetStatus | undefined {
  return budget.status as DisruptionBudgetStatus | undefined;
}

function tooMany(message: string, retryAfterSeconds: number): ApiResult {
  return { ok: false, reason: "TooManyRequests", message, retryAfterSeconds };
}
