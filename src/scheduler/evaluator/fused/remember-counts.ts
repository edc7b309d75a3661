// What the PreFilter of spreading and pod affinity remembers, for code that goes on from a fused cycle:
// nominated pods, dry runs, explanations.
//
// The sums of pod affinity are the counters' own; only nodes with pods that some term means are visited.
// Spreading remembers empty domains too, so its own PreFilter looks at every node.

import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { CycleState } from "../../framework/cycle-state.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { InterPodAffinity } from "../../plugins/inter-pod-affinity.ts";
import { PodTopologySpread } from "../../plugins/pod-topology-spread.ts";
import type { TopologyCounts } from "../../plugins/topology-counts.ts";
import type { CountedTerm, PodClass } from "./pod-class.ts";

/** Stores it in the state, unless PreFilter said Skip. */
export function rememberCounts(
  podClass: PodClass,
  state: CycleState,
  pod: PodInfo,
  cache: SchedulerCache,
): void {
  for (const plugin of podClass.fused.profile.preFilterPlugins) {
    if (state.skipsFilter(plugin.name)) continue;
    if (plugin instanceof PodTopologySpread) plugin.preFilter(state, pod, cache.nodeList);
    else if (plugin instanceof InterPodAffinity) {
      plugin.adoptCounts(state, pod, (counts) => {
        for (const term of podClass.existingAnti) addTerm(counts.existingAnti, term, cache);
        for (const term of podClass.affinity) addTerm(counts.affinity, term, cache);
        for (const term of podClass.anti) addTerm(counts.anti, term, cache);
      });
    }
  }
}

/** Adds the pods of one term by domain; those on nodes that are gone count nowhere. */
function addTerm(
  sums: TopologyCounts,
  { domains, counter }: CountedTerm,
  cache: SchedulerCache,
): void {
  const { rows, counts } = counter;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    if (cache.isListed(row)) sums.add(domains.key, cache.node(row).meta.labels, counts[at]!);
  }
}
