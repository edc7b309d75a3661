// The dry run of preemption on one node: who would have to go so that the pod fits (E3).
//
// All pods of lower priority are taken off a copy of the node; if the pod fits then, they are put
// back one by one, the ones whose eviction would break a budget first, and stay if it still fits.

import { DRY_RUN_ROW, type NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { DisruptionBudget } from "../framework/cluster-objects.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { FilterLists } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { Code, errorStatus, type Status, unresolvable } from "../framework/status.ts";
import { activeFiltersOf, filterNode, runExtensions } from "../evaluator/filtering.ts";
import { splitByBudgets } from "./budget-split.ts";
import type { PreemptionCandidate } from "./candidate.ts";
import { sortByImportance } from "./importance.ts";

/** What stays the same for all nodes of one search. */
export interface DryRunContext {
  readonly cache: SchedulerCache;
  /** The cycle's state; it is copied per node. */
  readonly state: CycleState;
  readonly filters: FilterLists;
  readonly preemptor: PodInfo;
  readonly budgets: readonly DisruptionBudget[];
  readonly nowUs: number;
}

/** Why no victims on a node would help: nobody there is of lower priority. */
export const NO_VICTIMS: Status = unresolvable("", "No preemption victims found for incoming pod");

/** The victims on that node, or the verdict that says why there are none. */
export function selectVictims(context: DryRunContext, row: NodeRow): PreemptionCandidate | Status {
  const { cache, preemptor, budgets, nowUs } = context;
  if (!cache.mayHavePodsBelow(row, preemptor.priority)) return NO_VICTIMS;
  const potential = cache.podsOn(row).filter((pod) => pod.priority < preemptor.priority);
  if (potential.length === 0) return NO_VICTIMS;
  const node = new EmptiedNode(context, row);
  for (const pod of potential) {
    const failed = node.remove(pod);
    if (failed !== undefined) return failed;
  }
  const emptied = node.filter();
  if (emptied.code !== Code.Success) return emptied;
  const split = splitByBudgets(sortByImportance(potential, nowUs), budgets);
  let victims: PodInfo[] = [];
  let budgetViolations = 0;
  for (const pods of [split.violating, split.harmless]) {
    for (const pod of pods) {
      const verdict = node.reprieve(pod);
      if (verdict === "spared") continue;
      if (verdict !== "victim") return verdict;
      victims.push(pod);
      if (pods === split.violating) budgetViolations++;
    }
  }
  const nodeName = cache.nodeName(row);
  if (victims.length === 0) {
    return errorStatus("", `expected at least one victim pod on node "${nodeName}"`);
  }
  const hasBoth = split.violating.length > 0 && split.harmless.length > 0;
  if (hasBoth) victims = sortByImportance(victims, nowUs);
  return { row, nodeName, victims, budgetViolations };
}

/** A copy of a node on the dry-run row, with the plugins' counts kept in step. */
class EmptiedNode {
  private readonly context: DryRunContext;
  private readonly state: CycleState;

  constructor(context: DryRunContext, row: NodeRow) {
    this.context = context;
    activeFiltersOf(context.filters, context.state);
    this.state = context.state.clone();
    if (this.state.operations !== undefined) this.state.operations.dryRuns++;
    context.cache.copyToScratch(row, DRY_RUN_ROW);
  }

  remove(pod: PodInfo): Status | undefined {
    const { cache, filters, preemptor } = this.context;
    cache.removeFromScratch(pod, DRY_RUN_ROW);
    return runExtensions("RemovePod", filters, this.state, preemptor, pod, DRY_RUN_ROW);
  }

  filter(): Status {
    const { cache, filters, preemptor } = this.context;
    return filterNode(filters, cache, this.state, preemptor, DRY_RUN_ROW);
  }

  /** Puts the pod back; it stays if the preemptor still fits. A status is an error. */
  reprieve(pod: PodInfo): "spared" | "victim" | Status {
    const { cache, filters, preemptor } = this.context;
    cache.addToScratch(pod, DRY_RUN_ROW);
    const failed = runExtensions("AddPod", filters, this.state, preemptor, pod, DRY_RUN_ROW);
    if (failed !== undefined) return failed;
    if (this.filter().code === Code.Success) return "spared";
    return this.remove(pod) ?? "victim";
  }
}
