// Which topology spread constraints apply to a pod, and which nodes and pods they count.
//
// A pod's own constraints, or the profile's defaults with a selector derived from Services and the
// pod's owner (P12, P12.1). Shared by filter, score and hints of PodTopologySpread.

import {
  findUntoleratedTaint,
  type LabelSelector,
  labelSelectorOfMap,
  matchesRequiredNodeAffinity,
  type NodeObject,
  SELECT_EVERYTHING,
  type TopologySpreadConstraint,
} from "../../cluster/index.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { PodInfo } from "../framework/pod-info.ts";

/** A default constraint of the profile; its selector is worked out per pod. */
export type DefaultConstraint = Omit<TopologySpreadConstraint, "selector">;

/** Arguments of PodTopologySpread, decoded. */
export interface TopologySpreadArguments {
  readonly defaultingType: "System" | "List";
  readonly defaultConstraints: readonly DefaultConstraint[];
}

/** Every node is a domain of its own. */
export const HOSTNAME_KEY = "kubernetes.io/hostname";
/** The usual failure domain. */
const ZONE_KEY = "topology.kubernetes.io/zone";

function systemDefault(topologyKey: string, maxSkew: number): DefaultConstraint {
  return {
    maxSkew,
    minDomains: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    nodeAffinityPolicy: "Honor",
    nodeTaintsPolicy: "Ignore",
  };
}

/** The constraints of system defaulting, in upstream's order. */
export const SYSTEM_DEFAULT_CONSTRAINTS: readonly DefaultConstraint[] = [
  systemDefault(HOSTNAME_KEY, 3),
  systemDefault(ZONE_KEY, 5),
];

/** The pod's constraints of one kind: its own if it has any at all, else the defaults. */
export function constraintsOf(
  pod: PodInfo,
  kind: TopologySpreadConstraint["whenUnsatisfiable"],
  args: TopologySpreadArguments,
  objects: ClusterObjects,
): readonly TopologySpreadConstraint[] {
  const own = pod.template.topologySpreadConstraints;
  if (own.length > 0) return own.filter((constraint) => constraint.whenUnsatisfiable === kind);
  const defaults = args.defaultConstraints.filter((each) => each.whenUnsatisfiable === kind);
  if (defaults.length === 0) return [];
  const selector = defaultSelector(pod, objects);
  return selector.isEverything ? [] : defaults.map((each) => ({ ...each, selector }));
}

/** Selector of the pod's siblings by its Services and its controller; everything = there is none. */
function defaultSelector(pod: PodInfo, objects: ClusterObjects): LabelSelector {
  const pairs = new Map<string, string>();
  for (const service of objects.services(pod.namespace)) {
    if (service.selector === undefined) continue;
    const matches = [...service.selector].every(
      ([key, value]) => pod.template.labels.get(key) === value,
    );
    if (!matches) continue;
    for (const [key, value] of service.selector) pairs.set(key, value);
  }
  const owner = pod.owner;
  if (owner?.kind === "ReplicationController" && owner.apiVersion === "v1") {
    const controller = objects.replicationController(pod.namespace, owner.name);
    for (const { key, values } of controller?.selector.requirements ?? []) {
      pairs.set(key, values[0] ?? "");
    }
  }
  const byServices = pairs.size === 0 ? SELECT_EVERYTHING : labelSelectorOfMap(pairs);
  const siblings = workloadSelector(pod, objects);
  if (siblings === undefined || siblings.isNothing) return byServices;
  if (byServices.isEverything) return siblings;
  return byServices.withRequirements(siblings.requirements);
}

function workloadSelector(pod: PodInfo, objects: ClusterObjects): LabelSelector | undefined {
  const owner = pod.owner;
  if (owner === undefined || owner.apiVersion !== "apps/v1") return undefined;
  if (owner.kind === "ReplicaSet") return objects.replicaSet(pod.namespace, owner.name)?.selector;
  if (owner.kind === "StatefulSet") return objects.statefulSet(pod.namespace, owner.name)?.selector;
  return undefined;
}

/** Whether the node carries the topology label of every constraint. */
export function hasAllTopologyKeys(
  node: NodeObject,
  constraints: readonly TopologySpreadConstraint[],
): boolean {
  const { labels } = node.meta;
  for (let at = 0; at < constraints.length; at++) {
    if (!labels.has(constraints[at]!.topologyKey)) return false;
  }
  return true;
}

/** Whether the constraint's policies let the node count for this pod. */
export function isNodeIncluded(
  constraint: TopologySpreadConstraint,
  pod: PodInfo,
  node: NodeObject,
): boolean {
  const required = pod.template.requiredNodeAffinity;
  if (
    constraint.nodeAffinityPolicy === "Honor" &&
    required !== undefined &&
    !matchesRequiredNodeAffinity(required, node.meta)
  ) {
    return false;
  }
  return (
    constraint.nodeTaintsPolicy !== "Honor" ||
    findUntoleratedTaint(node.taints, pod.template.tolerations) === undefined
  );
}
