// What PreFilter would have counted after a change, without counting everything anew.
//
// Only the plugins concerned run again; pods that left are told to the others as in a dry run of
// preemption. Wherever that might not be the same as a fresh PreFilter, the answer is undefined.

import type { NodeObject } from "../../cluster/index.ts";
import {
  adoptSpreadCounts,
  Code,
  countChangedNode,
  type CycleState,
  type FilterLists,
  giveUpAffinityTerms,
  type NodeRow,
  type PodInfo,
  type PreFilterPlugin,
  readSpreadCounts,
  type SpreadCounts,
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

/** What happened to the world since its PreFilter ran. */
export interface WorldChanges {
  readonly pod: PodInfo;
  /** Pods that left the cache. */
  readonly gone: readonly PodInfo[];
  /** Nodes that were edited, as they were before. */
  readonly edited: ReadonlyMap<NodeRow, NodeObject>;
  /** Plugins that count otherwise because the pod was changed. */
  readonly byPod: ReadonlySet<string>;
  /** Plugins that count otherwise because a node was changed. */
  readonly byNode: ReadonlySet<string>;
}

/** Spread counts over one state of the cache, by the pods for which they were made. */
export class KnownSpreads {
  private readonly known: { readonly pod: PodInfo; readonly counts: SpreadCounts }[] = [];

  /** Remembers what the state holds, if it holds any. */
  keep(state: CycleState, pod: PodInfo): void {
    const counts = readSpreadCounts(state);
    if (counts !== undefined) this.known.push({ pod, counts: counts.clone() });
  }

  /** Gives the state what was counted before, if something was that counts the same. */
  lend(state: CycleState, pod: PodInfo): boolean {
    return this.known.some((each) => adoptSpreadCounts(state, pod, each.pod, each.counts));
  }
}

/** What PreFilter would leave behind; undefined: it has to be asked. */
export interface Recounted extends PreFiltered {
  /** Plugins that looked at every pod. */
  readonly askedCount: number;
}

/** The state after those changes: what can be said from what was counted, else the plugin is asked. */
export function recount(world: FilterWorld, changes: WorldChanges): Recounted | undefined {
  const { profile, state: before, preFiltering, isFilterable, nodes } = world;
  const { pod, gone, byPod, byNode } = changes;
  if (!isFilterable || preFiltering.nodeNames !== undefined) return undefined;
  if (!areKnown(profile) || gone.some(({ deleting }) => deleting)) return undefined;
  const state = before.clone();
  state.activeFilters = undefined;
  const rows = gone.map(({ nodeName }) => world.cache.findRow(nodeName));
  let askedCount = 0;
  for (const plugin of profile.preFilterPlugins) {
    const { name } = plugin;
    if ((byPod.has(name) || byNode.has(name)) && !isDerived(world, state, name, changes)) {
      askedCount++;
      state.skipFilterPlugins.delete(name);
      const { status, nodeNames } = plugin.preFilter(state, pod, nodes);
      if (nodeNames !== undefined) return undefined;
      if (isOfPodAlone(changes) && name === "PodTopologySpread") world.spreads.keep(state, pod);
      if (status.code === Code.Skip) state.skipFilterPlugins.add(name);
      else if (status.code !== Code.Success) return undefined;
    } else if (!state.skipFilterPlugins.has(name)) {
      tellGone(plugin);
    }
  }
  return { state, preFiltering, askedCount };

  function tellGone(plugin: PreFilterPlugin): void {
    if (plugin.removePod === undefined) return;
    for (let at = 0; at < gone.length; at++) {
      const row = rows[at];
      if (row !== undefined) plugin.removePod(state, pod, gone[at]!, row);
    }
  }
}

/** Whether nothing but the pod was changed: what was counted in the world before holds in this one. */
export function isOfPodAlone({ gone, edited }: Pick<WorldChanges, "gone" | "edited">): boolean {
  return gone.length === 0 && edited.size === 0;
}

/** Whether the plugin's counts follow from those before, departures still to be told. */
function isDerived(
  { cache, spreads }: FilterWorld,
  state: CycleState,
  name: string,
  changes: WorldChanges,
): boolean {
  const { pod, gone, edited, byPod, byNode } = changes;
  if (state.skipFilterPlugins.has(name)) return false;
  if (name === "InterPodAffinity" && !byNode.has(name)) return giveUpAffinityTerms(state, pod);
  if (name !== "PodTopologySpread") return false;
  if (byPod.has(name)) return isOfPodAlone(changes) && spreads.lend(state, pod);
  for (const [row, before] of edited) {
    if (!countChangedNode(state, cache, pod, row, before, gone)) return false;
  }
  return true;
}

/** Whether all PreFilter plugins are upstream's, of which is known what they count. */
export function areKnown({ preFilterPlugins }: FilterLists): boolean {
  return preFilterPlugins.every(
    ({ name }) => UNCONCERNED_BY_PODS.has(name) || ADJUSTABLE.has(name),
  );
}
