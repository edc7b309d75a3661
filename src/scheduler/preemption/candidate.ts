// Candidates of preemption: nodes that would take the pod if some pods were evicted.
//
// Plain results of a search. Nothing has happened to the victims yet.

import type { NodeRow } from "../cache/node-row.ts";
import type { DisruptionBudget } from "../framework/cluster-objects.ts";
import type { NodeStatuses } from "../framework/node-statuses.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { Status } from "../framework/status.ts";

/** A node with its cheapest set of victims. */
export interface PreemptionCandidate {
  /** Row at the time of the search; later only the name counts. */
  readonly row: NodeRow;
  readonly nodeName: string;
  /** Never empty; from most to least important. */
  readonly victims: readonly PodInfo[];
  /** Victims whose eviction breaks a disruption budget. */
  readonly budgetViolations: number;
}

/** What a search for victims found. */
export interface PreemptionFindings {
  /** First those that break no budget, then the others; each in order of the search. */
  readonly candidates: readonly PreemptionCandidate[];
  /** Verdicts on the nodes that were tried in vain. */
  readonly rejected: NodeStatuses;
  /** The candidates that no rule tells apart; upstream may take any of them, here it is the first. */
  readonly acceptable: readonly PreemptionCandidate[];
  /** The budgets as the search read them. */
  readonly budgets: readonly DisruptionBudget[];
  /** The candidate to carry out; undefined when there is none. */
  readonly chosen: PreemptionCandidate | undefined;
  /** The errors of the dry runs, when no candidate came out beside them. */
  readonly failure: Status | undefined;
}
