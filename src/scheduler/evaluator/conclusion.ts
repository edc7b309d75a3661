// What a finished search means: outcome, message, and whom to blame.
//
// Shared by all evaluators, because it is about words and not about nodes.

import type { NodeStatuses } from "../framework/node-statuses.ts";
import type { Decision, NotSimulated } from "../framework/decision.ts";
import { formatFitError } from "../framework/fit-error.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { type Status, statusMessage } from "../framework/status.ts";
import type { PreFiltering } from "./filtering.ts";

const NO_NODES_TEXT = "no nodes available to schedule pods";

/** The text of a cycle that placed nothing; "" when it placed the pod. */
export function conclusionText(
  allNodeCount: number,
  statuses: NodeStatuses,
  error: Status | undefined,
  isPlaced: boolean,
  preFilterMessage: string,
): string {
  if (allNodeCount === 0) return NO_NODES_TEXT;
  if (error !== undefined) return statusMessage(error);
  if (isPlaced) return "";
  return formatFitError({ allNodeCount, statuses, preFilterMessage, postFilterMessage: "" });
}

/** Names what upstream does for this pod and this build does not. */
export function notSimulatedIn(profile: Profile, pod: PodInfo): readonly NotSimulated[] {
  let found: NotSimulated[] | undefined;
  const { plugins } = profile;
  for (let at = 0; at < plugins.length; at++) {
    const plugin = plugins[at]!;
    const reason = plugin.notSimulated?.(pod);
    if (reason === undefined) continue;
    found ??= [];
    found.push({ plugin: plugin.name, reason });
  }
  return found ?? ALL_SIMULATED;
}

const ALL_SIMULATED: readonly NotSimulated[] = [];

/** How the cycle ended. */
export function outcomeOf(
  nodeCount: number,
  error: Status | undefined,
  isPlaced: boolean,
): Decision["outcome"] {
  if (nodeCount === 0) return "no-nodes";
  if (error !== undefined) return "error";
  return isPlaced ? "placed" : "unschedulable";
}

/** The plugins behind the statuses of single nodes. */
export function refusersOf(statuses: NodeStatuses): Set<string> {
  const plugins = new Set<string>();
  for (const status of statuses.distinct().keys()) plugins.add(status.plugin);
  return plugins;
}

/** The plugins that rejected the pod somewhere, or narrowed the search. */
export function rejectingPlugins(
  statuses: NodeStatuses,
  preFiltering: PreFiltering | undefined,
): ReadonlySet<string> {
  const plugins = refusersOf(statuses);
  if (statuses.absent.plugin !== "") plugins.add(statuses.absent.plugin);
  for (const plugin of preFiltering?.narrowingPlugins ?? []) plugins.add(plugin);
  return plugins;
}
