// DefaultPreemption: making room for a pod of higher priority by evicting others.
//
// In PostFilter it only decides: who would have to go, on which node, or why nothing helps (E1 to
// E4). The evictions are carried out beside the loop (preemption/evictions.ts); until they have all
// been asked for, PreEnqueue keeps the pod out of the active queue.

import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import { formatFitError } from "../framework/fit-error.ts";
import type { NodeStatuses } from "../framework/node-statuses.ts";
import type {
  FilterLists,
  PluginHandle,
  PostFilterOutcome,
  PostFilterPlugin,
  PreEnqueuePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { Code, errorStatus, statusMessage } from "../framework/status.ts";
import { type Status, SUCCESS, unresolvable, unschedulable } from "../framework/status.ts";
import type { PreemptionFindings } from "../preemption/candidate.ts";
import {
  type CandidateLimits,
  candidatesWanted,
  potentialNodes,
  searchVictims,
} from "../preemption/victim-search.ts";

/** Decides on victims; one object per profile. */
export class DefaultPreemption implements PreEnqueuePlugin, PostFilterPlugin {
  readonly name = "DefaultPreemption";
  readonly limits: CandidateLimits;
  private readonly handle: PluginHandle;

  constructor(limits: CandidateLimits, handle: PluginHandle) {
    this.limits = limits;
    this.handle = handle;
  }

  preEnqueue(pod: PodInfo): Status {
    if (this.handle.preemptions?.isPreempting(pod) !== true) return SUCCESS;
    return unresolvable(this.name, "waiting for the preemption for this pod to be finished");
  }

  postFilter(
    state: CycleState,
    pod: PodInfo,
    statuses: NodeStatuses,
    filters: FilterLists,
  ): PostFilterOutcome {
    const { cache } = this.handle;
    const ineligible = whyNotEligible(cache, pod, statuses);
    if (ineligible !== "") return { status: this.refusal(ineligible) };
    const nodes = potentialNodes(cache.nodeList, statuses);
    const wanted = candidatesWanted(nodes.length, this.limits);
    const findings = this.search(state, pod, filters, nodes, wanted);
    const { chosen, rejected, failure } = findings;
    if (failure !== undefined) {
      const status = errorStatus(this.name, `preemption: ${statusMessage(failure)}`);
      return { status, preemption: findings };
    }
    if (chosen !== undefined) {
      return { status: SUCCESS, nominate: chosen.nodeName, preemption: findings };
    }
    const text = noCandidateText(cache.nodeList.length, rejected);
    return { status: this.refusal(text), nominate: "", preemption: findings };
  }

  eventsToRegister(): readonly EventRegistration[] {
    // The end of a victim may open the gate; whether to try again is for the plugins that rejected.
    return [{ resource: "Pod", actions: Action.Delete, hint: () => "Skip" }];
  }

  /** Dry runs over `nodes` until `wanted` candidates are found; for checks too. */
  search(
    state: CycleState,
    preemptor: PodInfo,
    filters: FilterLists,
    nodes: readonly NodeRow[],
    wanted: number,
  ): PreemptionFindings {
    const { cache, objects, nowUs } = this.handle;
    const context = {
      cache,
      state,
      filters,
      preemptor,
      budgets: objects.disruptionBudgets(),
      // Without a clock pods without start time started later than all others.
      nowUs: nowUs?.() ?? Number.POSITIVE_INFINITY,
    };
    return searchVictims(context, nodes, wanted);
  }

  private refusal(text: string): Status {
    return unschedulable(this.name, `preemption: ${text}`);
  }
}

/** Why this pod must not evict anybody now; "" when it may. */
function whyNotEligible(cache: SchedulerCache, pod: PodInfo, statuses: NodeStatuses): string {
  if (pod.template.preemptionPolicy === "Never") {
    return "not eligible due to preemptionPolicy=Never.";
  }
  if (pod.nominatedNodeName === "") return "";
  const row = cache.findRow(pod.nominatedNodeName);
  if (row === undefined || !cache.isListed(row)) return "";
  if (statuses.get(row).code === Code.UnschedulableAndUnresolvable) return "";
  const isAwaited = cache
    .podsOn(row)
    .some((other) => other.priority < pod.priority && other.deleting && other.isPreempted === true);
  return isAwaited ? "not eligible due to a terminating pod on the nominated node." : "";
}

/** The text over all nodes when no victims help anywhere. */
function noCandidateText(allNodeCount: number, statuses: NodeStatuses): string {
  return formatFitError({ allNodeCount, statuses, preFilterMessage: "", postFilterMessage: "" });
}
