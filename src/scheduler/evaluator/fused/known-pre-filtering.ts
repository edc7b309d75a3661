// KnownPreFiltering: what PreFilter says of a class, remembered, because it cannot say anything else.
//
// Upstream's PreFilter plugins read nothing of a pod without volumes but its shape and whether it has
// host ports, apart from the two that count pods, whose answers the class's counters give. So there are
// eight answers for pods of one shape, and each is worked out once. The calls are still counted as work:
// they are answered.

import type { NodeRow } from "../../cache/node-row.ts";
import type { CycleState, PreFilterMemory } from "../../framework/cycle-state.ts";
import type { OperationCounts } from "../../framework/operation-counts.ts";
import type { PreFilterPlugin } from "../../framework/plugin.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { Code } from "../../framework/status.ts";
import { DynamicResources } from "../../plugins/dynamic-resources.ts";
import { InterPodAffinity } from "../../plugins/inter-pod-affinity.ts";
import { NodeAffinity } from "../../plugins/node-affinity.ts";
import { NodeDeclaredFeatures } from "../../plugins/node-declared-features.ts";
import { NodePorts } from "../../plugins/node-ports.ts";
import { NodeResourcesFit } from "../../plugins/node-resources-fit.ts";
import { NodeVolumeLimits } from "../../plugins/node-volume-limits.ts";
import { PodTopologySpread } from "../../plugins/pod-topology-spread.ts";
import { VolumeBinding } from "../../plugins/volume-binding.ts";
import { VolumeRestrictions } from "../../plugins/volume-restrictions.ts";
import { VolumeZone } from "../../plugins/volume-zone.ts";
import { type PreFiltering, runPreFilters } from "../filtering.ts";
import { type FilterPlan, filterPlanOf } from "./filter-plan.ts";
import type { FusedProfile } from "./fused-profile.ts";
import type { PodClass } from "./pod-class.ts";

/** What PreFilter said, and which filters that leaves. */
export interface ClassPreFiltering {
  readonly preFiltering: PreFiltering;
  readonly filters: FilterPlan;
}

/** One of the eight answers. */
export interface KnownPreFiltering extends ClassPreFiltering {
  readonly memory: PreFilterMemory;
  readonly calls: number;
}

/** Plugins that read the template alone where it has no volumes, and the two that count pods. */
const READ_TEMPLATES = [
  ...[DynamicResources, InterPodAffinity, NodeAffinity, NodeDeclaredFeatures, NodePorts],
  ...[NodeResourcesFit, NodeVolumeLimits, PodTopologySpread, VolumeBinding, VolumeRestrictions],
  VolumeZone,
];

/** Whether all PreFilter plugins of a profile are of that kind. */
export function readTemplatesOnly(plugins: readonly PreFilterPlugin[]): boolean {
  return plugins.every((plugin) => READ_TEMPLATES.some((kind) => plugin instanceof kind));
}

/** PreFilter for a pod of that class, from memory where that is the same. */
export function preFilterClass(
  fused: FusedProfile,
  podClass: PodClass,
  state: CycleState,
  pod: PodInfo,
  nodes: readonly NodeRow[],
  operations: OperationCounts,
): ClassPreFiltering {
  const { profile, preFilterPlugins, answers, readsTemplatesOnly } = fused;
  const isKeepable = readsTemplatesOnly && pod.template.volumes.length === 0;
  const place =
    (answers.spread.code === Code.Success ? 1 : 0) +
    (answers.podAffinity.code === Code.Success ? 2 : 0) +
    (pod.template.hostPorts.length > 0 ? 4 : 0);
  const { preFilterings } = podClass.terms;
  const known = isKeepable ? preFilterings[place] : undefined;
  if (known !== undefined) {
    state.adoptPreFilter(known.memory);
    operations.preFilterCalls += known.calls;
    return known;
  }
  const before = operations.preFilterCalls;
  const { filterPlugins } = profile;
  const preFiltering = runPreFilters({ preFilterPlugins, filterPlugins }, state, pod, nodes);
  const filters = filterPlanOf(fused, state);
  if (!isKeepable) return { preFiltering, filters };
  const calls = operations.preFilterCalls - before;
  const made = { preFiltering, filters, memory: state.sharePreFilter(), calls };
  preFilterings[place] = made;
  return made;
}
