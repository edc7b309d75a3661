// DefaultPreemption: making room for a pod of higher priority by removing others.
//
// What is modelled: every case in which no victim can exist, with upstream's exact texts (E1, E2).
// Where a node that preemption would look at hosts a pod of lower priority, the search for victims
// would begin; it is not simulated yet, nothing is nominated, and the message says so.

import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import { formatFitError } from "../framework/fit-error.ts";
import { NodeStatuses } from "../framework/node-statuses.ts";
import type {
  PluginHandle,
  PostFilterOutcome,
  PostFilterPlugin,
  PreEnqueuePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { Code, type Status, SUCCESS, unresolvable, unschedulable } from "../framework/status.ts";

/** Stands in the message in place of what the search for victims would have said. */
export const PREEMPTION_NOT_SIMULATED = "preemption: not simulated";

/** PostFilter that explains why no victims help, and names the pods for which some might. */
export class DefaultPreemption implements PreEnqueuePlugin, PostFilterPlugin {
  readonly name = "DefaultPreemption";
  private readonly cache: SchedulerCache;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
  }

  /** No preemption is ever under way, so nothing is gated. */
  preEnqueue(): Status {
    return SUCCESS;
  }

  postFilter(_state: CycleState, pod: PodInfo, statuses: NodeStatuses): PostFilterOutcome {
    if (pod.template.preemptionPolicy === "Never") {
      const text = "preemption: not eligible due to preemptionPolicy=Never.";
      return { status: unschedulable(this.name, text) };
    }
    const nodes = this.cache.nodeList;
    const candidates = nodes.filter((row) => statuses.get(row).code === Code.Unschedulable);
    const hasVictim = (row: NodeRow): boolean =>
      this.cache.podsOn(row).some((other) => other.priority < pod.priority);
    // A pod terminating on the nominated node may end the attempt before the search: a victim's case.
    const nominated = this.cache.findRow(pod.nominatedNodeName);
    const isAwaiting = nominated !== undefined && hasVictim(nominated);
    if (isAwaiting || candidates.some(hasVictim)) {
      return { status: unschedulable(this.name, PREEMPTION_NOT_SIMULATED) };
    }
    const text = noVictimsText(nodes.length, candidates);
    return { status: unschedulable(this.name, `preemption: ${text}`), nominate: "" };
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [{ resource: "Pod", actions: Action.Delete, hint: () => "Skip" }];
  }
}

/** The text over all nodes when no candidate has a victim. */
function noVictimsText(allNodeCount: number, candidates: readonly NodeRow[]): string {
  const statuses = new NodeStatuses();
  statuses.absent = unresolvable("", "Preemption is not helpful for scheduling");
  const none = unresolvable("", "No preemption victims found for incoming pod");
  for (const row of candidates) statuses.set(row, none);
  return formatFitError({ allNodeCount, statuses, preFilterMessage: "", postFilterMessage: "" });
}
