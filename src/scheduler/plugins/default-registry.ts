// The plugins of kube-scheduler v1.36 by name, in the order of the default MultiPoint list.
//
// The one place where plugins are registered: a new one is a file and an entry here. Research
// policies, which Kubernetes lacks, are not in this list.

import type { ExtensionPoint, PluginFactory } from "../framework/plugin.ts";
import { type ArgumentReader, Registry, type RegistryEntry } from "../framework/registry.ts";
import type { EnabledPlugin } from "../framework/scheduler-configuration.ts";
import { DefaultBinder } from "./default-binder.ts";
import { DefaultPreemption } from "./default-preemption.ts";
import { DynamicResources } from "./dynamic-resources.ts";
import { ImageLocality } from "./image-locality.ts";
import { InterPodAffinity, type InterPodAffinityArguments } from "./inter-pod-affinity.ts";
import { NodeAffinity, type NodeAffinityArguments } from "./node-affinity.ts";
import { NodeDeclaredFeatures } from "./node-declared-features.ts";
import { NodeName } from "./node-name.ts";
import { NodePorts } from "./node-ports.ts";
import {
  type BalancedAllocationArguments,
  NodeResourcesBalancedAllocation,
} from "./node-resources-balanced-allocation.ts";
import { NodeResourcesFit, type NodeResourcesFitArguments } from "./node-resources-fit.ts";
import { NodeUnschedulable } from "./node-unschedulable.ts";
import { NodeVolumeLimits } from "./node-volume-limits.ts";
import {
  type DefaultPreemptionArguments,
  readDefaultPreemptionArguments,
  readDynamicResourcesArguments,
  readInterPodAffinityArguments,
  readNodeAffinityArguments,
  readTopologySpreadArguments,
  readVolumeBindingArguments,
} from "./placement-arguments.ts";
import { PodTopologySpread } from "./pod-topology-spread.ts";
import { PrioritySort } from "./priority-sort.ts";
import { readBalancedArguments, readFitArguments } from "./resource-arguments.ts";
import { SchedulingGates } from "./scheduling-gates.ts";
import type { TopologySpreadArguments } from "./spread-constraints.ts";
import { TaintToleration } from "./taint-toleration.ts";
import { VolumeBinding, type VolumeBindingArguments } from "./volume-binding.ts";
import { VolumeRestrictions } from "./volume-restrictions.ts";
import { VolumeZone } from "./volume-zone.ts";

const FILTER: readonly ExtensionPoint[] = ["preFilter", "filter"];
const FILTER_AND_SCORE: readonly ExtensionPoint[] = ["preFilter", "filter", "preScore", "score"];

function entry(
  name: string,
  points: readonly ExtensionPoint[],
  factory: PluginFactory,
  readArguments?: ArgumentReader,
): RegistryEntry {
  return { name, points, factory, ...(readArguments !== undefined && { readArguments }) };
}

/** Upstream's plugins, in the order of the default list. */
export const DEFAULT_PLUGINS: readonly RegistryEntry[] = [
  entry("SchedulingGates", ["preEnqueue"], () => new SchedulingGates()),
  entry("PrioritySort", ["queueSort"], () => new PrioritySort()),
  entry("NodeUnschedulable", ["filter"], (_args, handle) => new NodeUnschedulable(handle)),
  entry("NodeName", ["filter"], (_args, handle) => new NodeName(handle)),
  entry(
    "TaintToleration",
    ["filter", "preScore", "score"],
    (_args, handle) => new TaintToleration(handle),
  ),
  entry(
    "NodeAffinity",
    FILTER_AND_SCORE,
    (args, handle) => new NodeAffinity(args as NodeAffinityArguments, handle),
    readNodeAffinityArguments,
  ),
  entry("NodePorts", FILTER, (_args, handle) => new NodePorts(handle)),
  entry(
    "NodeResourcesFit",
    FILTER_AND_SCORE,
    (args, handle) => new NodeResourcesFit(args as NodeResourcesFitArguments, handle),
    readFitArguments,
  ),
  entry("VolumeRestrictions", FILTER, (_args, handle) => new VolumeRestrictions(handle)),
  entry("NodeVolumeLimits", FILTER, (_args, handle) => new NodeVolumeLimits(handle)),
  entry(
    "VolumeBinding",
    [...FILTER_AND_SCORE, "reserve", "preBind"],
    (args, handle) => new VolumeBinding(args as VolumeBindingArguments, handle),
    readVolumeBindingArguments,
  ),
  entry("VolumeZone", FILTER, (_args, handle) => new VolumeZone(handle)),
  entry(
    "PodTopologySpread",
    FILTER_AND_SCORE,
    (args, handle) => new PodTopologySpread(args as TopologySpreadArguments, handle),
    readTopologySpreadArguments,
  ),
  entry(
    "InterPodAffinity",
    FILTER_AND_SCORE,
    (args, handle) => new InterPodAffinity(args as InterPodAffinityArguments, handle),
    readInterPodAffinityArguments,
  ),
  entry(
    "DynamicResources",
    ["preEnqueue", ...FILTER, "postFilter", "score", "reserve", "preBind"],
    (_args, handle) => new DynamicResources(handle),
    readDynamicResourcesArguments,
  ),
  entry(
    "DefaultPreemption",
    ["preEnqueue", "postFilter"],
    (args, handle) => new DefaultPreemption(args as DefaultPreemptionArguments, handle),
    readDefaultPreemptionArguments,
  ),
  entry(
    "NodeResourcesBalancedAllocation",
    ["preScore", "score"],
    (args, handle) =>
      new NodeResourcesBalancedAllocation(args as BalancedAllocationArguments, handle),
    readBalancedArguments,
  ),
  entry("ImageLocality", ["score"], (_args, handle) => new ImageLocality(handle)),
  entry("DefaultBinder", ["bind"], () => new DefaultBinder()),
  entry("NodeDeclaredFeatures", FILTER, (_args, handle) => new NodeDeclaredFeatures(handle)),
];

const WEIGHTS: ReadonlyMap<string, number> = new Map([
  ["TaintToleration", 3],
  ["NodeAffinity", 2],
  ["NodeResourcesFit", 1],
  ["PodTopologySpread", 2],
  ["InterPodAffinity", 2],
  ["DynamicResources", 2],
  ["NodeResourcesBalancedAllocation", 1],
  ["ImageLocality", 1],
]);

/** The MultiPoint list of a profile that says nothing; weight 0 stands for "1 if it scores". */
export const DEFAULT_MULTI_POINT: readonly EnabledPlugin[] = DEFAULT_PLUGINS.map(({ name }) => ({
  name,
  weight: WEIGHTS.get(name) ?? 0,
}));

/** A registry with upstream's plugins and nothing else. */
export function createDefaultRegistry(): Registry {
  return new Registry(DEFAULT_PLUGINS);
}
