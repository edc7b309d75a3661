// DefaultPreemption: making room for a pod of higher priority by removing others.
//
// Registered so that profiles expand as upstream's; the search for victims is not simulated yet, and
// every decision that reaches it says so. Until then an unschedulable pod nominates nothing.

import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { PostFilterOutcome, PostFilterPlugin, PreEnqueuePlugin } from "../framework/plugin.ts";
import { type Status, SUCCESS, unschedulable } from "../framework/status.ts";

/** The text stands in the message in place of what preemption would have found. */
export const PREEMPTION_NOT_SIMULATED = "preemption: not simulated";

/** PostFilter that finds no victims and says why. */
export class DefaultPreemption implements PreEnqueuePlugin, PostFilterPlugin {
  readonly name = "DefaultPreemption";

  /** No preemption is ever under way, so nothing is gated. */
  preEnqueue(): Status {
    return SUCCESS;
  }

  postFilter(): PostFilterOutcome {
    return { status: unschedulable(this.name, PREEMPTION_NOT_SIMULATED) };
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [{ resource: "Pod", actions: Action.Delete, hint: () => "Skip" }];
  }
}
