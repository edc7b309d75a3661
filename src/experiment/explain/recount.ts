// What PreFilter would have counted after a change, without counting everything anew.
//
// Only the plugins concerned run again; pods that left are told to the others as in a dry run of
// preemption. Wherever that might not be the same as a fresh PreFilter, the answer is undefined.

import {
  Code,
  type FilterLists,
  type PodInfo,
  type PreFilterPlugin,
} from "../../scheduler/index.ts";
import type { FilterWorld, PreFiltered } from "./filter-world.ts";

/** Plugins of upstream whose PreFilter counts no pods. */
const UNCONCERNED_BY_PODS: ReadonlySet<string> = new Set([
  "NodeResourcesFit",
  "NodePorts",
  "NodeAffinity",
  "NodeVolumeLimits",
  "VolumeBinding",
  "VolumeZone",
  "NodeDeclaredFeatures",
  "DynamicResources",
]);
/** Plugins of upstream that tell the truth when a pod is said to leave. */
const ADJUSTABLE: ReadonlySet<string> = new Set([
  "PodTopologySpread",
  "InterPodAffinity",
  "VolumeRestrictions",
]);

/** The state for that pod after those left, the named plugins asked again; undefined: ask all. */
export function recount(
  { cache, profile, state: before, preFiltering, isFilterable, nodes }: FilterWorld,
  pod: PodInfo,
  gone: readonly PodInfo[],
  recounted: ReadonlySet<string>,
): PreFiltered | undefined {
  if (!isFilterable || preFiltering.nodeNames !== undefined) return undefined;
  if (!areKnown(profile) || gone.some(({ deleting }) => deleting)) return undefined;
  const state = before.clone();
  state.activeFilters = undefined;
  for (const plugin of profile.preFilterPlugins) {
    if (recounted.has(plugin.name)) {
      state.skipFilterPlugins.delete(plugin.name);
      const { status, nodeNames } = plugin.preFilter(state, pod, nodes);
      if (nodeNames !== undefined) return undefined;
      if (status.code === Code.Skip) state.skipFilterPlugins.add(plugin.name);
      else if (status.code !== Code.Success) return undefined;
    } else if (!state.skipFilterPlugins.has(plugin.name)) {
      for (const other of gone) tellGone(plugin, other);
    }
  }
  return { state, preFiltering };

  function tellGone(plugin: PreFilterPlugin, other: PodInfo): void {
    const row = cache.findRow(other.nodeName);
    if (row !== undefined) plugin.removePod?.(state, pod, other, row);
  }
}

function areKnown({ preFilterPlugins }: FilterLists): boolean {
  return preFilterPlugins.every(
    ({ name }) => UNCONCERNED_BY_PODS.has(name) || ADJUSTABLE.has(name),
  );
}
