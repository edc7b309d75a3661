// PreFilter over the whole snapshot and Filter on one node, nominated pods included.
//
// The plainest reading of scheduler.md 5.2 and 5.3: every plugin is asked, in the profile's order,
// and the first refusal ends the node.

import { compareText } from "../../base/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { FilterLists, FilterPlugin } from "../framework/plugin.ts";
import {
  Code,
  errorStatus,
  isRejected,
  type Status,
  statusMessage,
  SUCCESS,
  unresolvable,
} from "../framework/status.ts";
import { whyFilterFails } from "./unprepared-plugins.ts";

/** What PreFilter leaves: a verdict for the whole pod, or the nodes that remain. */
export interface PreFiltering {
  readonly status: Status;
  /** Names left by narrowing plugins; undefined when none narrowed. */
  readonly nodeNames: ReadonlySet<string> | undefined;
  /** Plugins that narrowed, sorted by name. */
  readonly narrowingPlugins: readonly string[];
  /** Plugins that said Skip, in order. */
  readonly skipped: readonly string[];
}

/** Runs all PreFilter plugins; `state` remembers what they counted and which ones skipped. */
export function runPreFilters(
  profile: FilterLists,
  state: CycleState,
  pod: PodInfo,
  nodes: readonly NodeRow[],
): PreFiltering {
  const skipped: string[] = [];
  const narrowing: string[] = [];
  let nodeNames: ReadonlySet<string> | undefined;
  let rejection: Status | undefined;
  const finish = (status: Status): PreFiltering => ({
    status,
    nodeNames,
    narrowingPlugins: [...narrowing].sort(compareText),
    skipped,
  });
  for (const plugin of profile.preFilterPlugins) {
    if (state.operations !== undefined) state.operations.preFilterCalls++;
    const outcome = plugin.preFilter(state, pod, nodes);
    const status = withPlugin(outcome.status, plugin.name);
    if (status.code === Code.Skip) {
      skipped.push(plugin.name);
      state.skipFilterPlugins.add(plugin.name);
      continue;
    }
    if (status.code === Code.UnschedulableAndUnresolvable) return endedBy(status, skipped);
    if (isRejected(status)) {
      rejection = status;
      continue;
    }
    if (status.code !== Code.Success) {
      return endedBy(failedCall("PreFilter", plugin.name, status), skipped);
    }
    if (outcome.nodeNames === undefined) continue;
    narrowing.push(plugin.name);
    nodeNames = intersect(nodeNames, outcome.nodeNames);
    if (nodeNames.size === 0) return finish(unresolvable("", emptyNarrowingText(narrowing)));
  }
  return finish(rejection ?? SUCCESS);
}

/** Some plugin ended it on the spot: what others had left of the nodes no longer counts. */
function endedBy(status: Status, skipped: readonly string[]): PreFiltering {
  return { status, nodeNames: undefined, narrowingPlugins: [], skipped };
}

/**
 * The verdict for one node. Pods of equal or higher priority that are nominated to it are put there
 * first; when that passes, the node must pass without them as well (they may never come).
 */
export function filterNode(
  profile: FilterLists,
  cache: SchedulerCache,
  state: CycleState,
  pod: PodInfo,
  row: NodeRow,
): Status {
  if (cache.nominator.size === 0) return runFilters(profile, state, pod, row);
  const nominated = cache.nominator
    .podsForNode(cache.nodeName(row))
    .filter((other) => other.uid !== pod.uid && other.priority >= pod.priority);
  if (nominated.length === 0) return runFilters(profile, state, pod, row);
  const scratch = cache.copyToScratch(row);
  const scratchState = state.clone();
  for (const other of nominated) {
    cache.addToScratch(other);
    const failed = runExtensions("AddPod", profile, scratchState, pod, other, scratch);
    if (failed !== undefined) return failed;
  }
  const withNominated = runFilters(profile, scratchState, pod, scratch);
  if (withNominated.code !== Code.Success) return withNominated;
  return runFilters(profile, state, pod, row);
}

/**
 * Tells the plugins that counted something in PreFilter that `other` comes to (or leaves) a scratch
 * row. Undefined when all went well.
 */
export function runExtensions(
  point: "AddPod" | "RemovePod",
  profile: FilterLists,
  state: CycleState,
  pod: PodInfo,
  other: PodInfo,
  row: NodeRow,
): Status | undefined {
  for (const plugin of profile.preFilterPlugins) {
    if (state.skipsFilter(plugin.name)) continue;
    if (state.operations !== undefined) state.operations.extensionCalls++;
    const failed =
      point === "AddPod"
        ? plugin.addPod?.(state, pod, other, row)
        : plugin.removePod?.(state, pod, other, row);
    if (failed === undefined || failed.code === Code.Success) continue;
    const text = `running ${point} on PreFilter plugin "${plugin.name}": ${statusMessage(failed)}`;
    return errorStatus(plugin.name, text);
  }
  return undefined;
}

/** Filter plugins in order on one row; the first that does not say Success decides. */
export function runFilters(
  profile: FilterLists,
  state: CycleState,
  pod: PodInfo,
  row: NodeRow,
): Status {
  const { operations } = state;
  const plugins = state.activeFilters ?? activeFiltersOf(profile, state);
  for (let at = 0; at < plugins.length; at++) {
    const plugin = plugins[at]!;
    if (operations !== undefined) operations.filterCalls++;
    const status = plugin.filter(state, pod, row);
    if (status.code === Code.Success) continue;
    const named = withPlugin(status, plugin.name);
    return isRejected(named) ? named : failedCall("filter", plugin.name, named);
  }
  return SUCCESS;
}

/** The filters that are asked, once PreFilter has run; copies of the state made later share them. */
export function activeFiltersOf(profile: FilterLists, state: CycleState): readonly FilterPlugin[] {
  state.activeFilters ??= profile.filterPlugins
    .filter((plugin) => !state.skipsFilter(plugin.name))
    .map((plugin) => preparedFilter(plugin, profile));
  return state.activeFilters;
}

/** The plugin, or one that fails on every node where its PreFilter is switched off. */
function preparedFilter(plugin: FilterPlugin, profile: FilterLists): FilterPlugin {
  const { name } = plugin;
  const fault = whyFilterFails(name, profile.preFilterPlugins);
  return fault === undefined ? plugin : { name, filter: () => errorStatus(name, fault) };
}

/** An Error status in upstream's words for a plugin that neither accepted nor rejected. */
export function failedCall(point: string, plugin: string, status: Status): Status {
  const call =
    point === "filter"
      ? `running "${plugin}" filter plugin`
      : `running ${point} plugin "${plugin}"`;
  return { code: Code.Error, plugin, reasons: [`${call}: ${statusMessage(status)}`] };
}

function withPlugin(status: Status, plugin: string): Status {
  return status.plugin === plugin ? status : { ...status, plugin };
}

function intersect(
  known: ReadonlySet<string> | undefined,
  names: ReadonlySet<string>,
): ReadonlySet<string> {
  if (known === undefined) return names;
  return new Set([...known].filter((name) => names.has(name)));
}

function emptyNarrowingText(plugins: readonly string[]): string {
  if (plugins.length === 1) return `node(s) didn't satisfy plugin ${plugins[0]}`;
  const sorted = [...plugins].sort(compareText);
  return `node(s) didn't satisfy plugin(s) [${sorted.join(" ")}] simultaneously`;
}
