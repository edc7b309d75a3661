// PostFilter: what is tried when no node fits (scheduler-preemption.md E1).
//
// Plugins in order until one succeeds or fails for good; otherwise their reasons are joined. The
// result is the nomination and the text behind the FitError.

import type { CycleState } from "../framework/cycle-state.ts";
import type { NodeStatuses } from "../framework/node-statuses.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { FilterLists, PostFilterOutcome, PostFilterPlugin } from "../framework/plugin.ts";
import { Code, unschedulable } from "../framework/status.ts";

/** Runs the profile's PostFilter plugins; undefined when it has none. */
export function runPostFilters(
  profile: FilterLists & { readonly postFilterPlugins: readonly PostFilterPlugin[] },
  state: CycleState,
  pod: PodInfo,
  statuses: NodeStatuses,
): PostFilterOutcome | undefined {
  if (profile.postFilterPlugins.length === 0) return undefined;
  const reasons: string[] = [];
  let answers: Omit<PostFilterOutcome, "status"> = {};
  for (const plugin of profile.postFilterPlugins) {
    const { status, ...answer } = plugin.postFilter(state, pod, statuses, profile);
    if (status.code !== Code.Unschedulable) return { status, ...answer };
    reasons.push(...status.reasons);
    answers = { ...answers, ...answer };
  }
  // Upstream blames the first one that could not help.
  const [first] = profile.postFilterPlugins;
  return { status: unschedulable(first?.name ?? "", ...reasons), ...answers };
}
