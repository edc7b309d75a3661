// PostFilter: what is tried when no node fits (scheduler-preemption.md E1).
//
// Plugins in order until one succeeds or fails for good; otherwise their reasons are joined. The
// result is the nomination and the text behind the FitError.

import type { CycleState } from "../framework/cycle-state.ts";
import type { NodeStatuses } from "../framework/node-statuses.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { PostFilterOutcome } from "../framework/plugin.ts";
import type { Profile } from "../framework/profile.ts";
import { Code, type Status, unschedulable } from "../framework/status.ts";

/** Runs the profile's PostFilter plugins; undefined when it has none. */
export function runPostFilters(
  profile: Profile,
  state: CycleState,
  pod: PodInfo,
  statuses: NodeStatuses,
): PostFilterOutcome | undefined {
  if (profile.postFilterPlugins.length === 0) return undefined;
  const reasons: string[] = [];
  let nominate: string | undefined;
  for (const plugin of profile.postFilterPlugins) {
    const outcome = plugin.postFilter(state, pod, statuses);
    if (outcome.status.code !== Code.Unschedulable) return outcome;
    reasons.push(...outcome.status.reasons);
    nominate = outcome.nominate ?? nominate;
  }
  const status: Status = unschedulable("", ...reasons);
  return nominate === undefined ? { status } : { status, nominate };
}
