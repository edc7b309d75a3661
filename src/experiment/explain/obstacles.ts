// Obstacles: everything that keeps a pod off one node, not only what the cycle met first.
//
// Each filter is asked on its own. For resources, taints, labels, cordons and host ports the answer
// says what exactly is missing; removing all obstacles of a node makes the pod fit there. For other
// rules the plugin's reason stands alone. It proposes nothing by itself: ranking is nearest-nodes.ts.

import {
  FILTERING_EFFECTS,
  formatRequirement,
  type HostPort,
  isTolerated,
  meetsRequirement,
  type NodeObject,
  type NodeSelectorTerm,
  type RequiredNodeAffinity,
  type Taint,
} from "../../cluster/index.ts";
import type { Obstacle, ResourceLack, ResourceUnit } from "../../metrics/index.ts";
import {
  Code,
  type CycleState,
  formatCode,
  type NodeRow,
  type PodInfo,
  type Status,
} from "../../scheduler/index.ts";
import type { DecisionWorld } from "./decision-world.ts";

/** One filter's own verdict on a node. */
export interface FilterVerdict {
  readonly plugin: string;
  readonly status: Status;
}

/** Asks every filter of the profile about the node; filters that PreFilter skipped are left out. */
export function askFilters(world: DecisionWorld, row: NodeRow): FilterVerdict[] {
  if (!world.isFilterable) return [];
  const nominated = nominatedOn(world, row);
  if (nominated.length === 0) return askEach(world, world.state, row);
  const verdicts = askEach(world, ...withNominated(world, row, nominated));
  return verdicts.every(isPass) ? askEach(world, world.state, row) : verdicts;
}

/** Everything in the way on that node; empty when the pod fits. */
export function findObstacles(world: DecisionWorld, row: NodeRow): Obstacle[] {
  const found = askFilters(world, row).flatMap((verdict) =>
    isPass(verdict) ? [] : obstaclesOf(world, row, verdict),
  );
  if (found.length > 0 || !world.isFilterable) return found;
  if (world.isNarrowedAway(row)) {
    const plugins = world.preFiltering.narrowingPlugins.join(", ");
    return [
      other(plugins, Code.UnschedulableAndUnresolvable, `${plugins} leaves other nodes only`),
    ];
  }
  // No filter objects, and yet the node was refused: a strategy said no.
  const own = world.decision.statuses.explicit(row);
  return own === undefined ? [] : [other(own.plugin, own.code, own.reasons.join(", "))];
}

/** The unit in which amounts of a resource are counted here. */
export function unitOf(resource: string): ResourceUnit {
  if (resource === "cpu") return "milli";
  const isBytes = resource === "memory" || resource === "ephemeral-storage";
  return isBytes || resource.startsWith("hugepages-") ? "bytes" : "count";
}

function isPass({ status }: FilterVerdict): boolean {
  return status.code === Code.Success;
}

function askEach(world: DecisionWorld, state: CycleState, row: NodeRow): FilterVerdict[] {
  return world.profile.filterPlugins
    .filter((plugin) => !world.state.skipFilterPlugins.has(plugin.name))
    .map((plugin) => ({ plugin: plugin.name, status: plugin.filter(state, world.pod, row) }));
}

function nominatedOn(world: DecisionWorld, row: NodeRow): PodInfo[] {
  const { cache, pod } = world;
  return cache.nominator
    .podsForNode(cache.nodeName(row))
    .filter((other) => other.uid !== pod.uid && other.priority >= pod.priority);
}

// The node as it would be if the pods nominated to it came, as the filters of a cycle see it.
function withNominated(
  world: DecisionWorld,
  row: NodeRow,
  nominated: readonly PodInfo[],
): [CycleState, NodeRow] {
  const { cache, profile, pod } = world;
  const scratch = cache.copyToScratch(row);
  const state = world.state.clone();
  for (const guest of nominated) {
    cache.addToScratch(guest);
    for (const plugin of profile.preFilterPlugins) {
      if (!world.state.skipFilterPlugins.has(plugin.name))
        plugin.addPod?.(state, pod, guest, scratch);
    }
  }
  return [state, scratch];
}

function obstaclesOf(world: DecisionWorld, row: NodeRow, verdict: FilterVerdict): Obstacle[] {
  const { pod, cache } = world;
  const node = cache.node(row);
  switch (verdict.plugin) {
    case "NodeResourcesFit":
      return resourceObstacles(world, row, verdict.status);
    case "TaintToleration":
      return taintObstacles(pod, node, verdict.status);
    case "NodeAffinity":
      return labelObstacles(pod, node, verdict.status);
    case "NodeUnschedulable": {
      const text =
        "the node is cordoned: uncordon it, or tolerate node.kubernetes.io/unschedulable";
      return [obstacle("NodeUnschedulable", verdict.status.code, "cordon", text)];
    }
    case "NodePorts":
      return portObstacles(world, row, verdict.status);
    default:
      return [other(verdict.plugin, verdict.status.code, verdict.status.reasons.join(", "))];
  }
}

// --- Resources -----------------------------------------------------------------------------------

const INSUFFICIENT = "Insufficient ";

function resourceObstacles(world: DecisionWorld, row: NodeRow, status: Status): Obstacle[] {
  return status.reasons.map((reason) => {
    const resource = reason.startsWith(INSUFFICIENT) ? reason.slice(INSUFFICIENT.length) : "pods";
    const lack = lackOf(world, row, resource);
    // Judged per resource: the plugin's code covers all its reasons at once.
    const isHopeless = lack.asked > lack.allocatable;
    const code = isHopeless ? Code.UnschedulableAndUnresolvable : Code.Unschedulable;
    return {
      plugin: status.plugin || "NodeResourcesFit",
      code: formatCode(code),
      kind: "resource",
      text: reason,
      lack,
    };
  });
}

// With nominated pods in the way, their room counts as taken: that is what the filter saw.
function lackOf(world: DecisionWorld, row: NodeRow, resource: string): ResourceLack {
  const { requests } = world.pod.template;
  const nominated = nominatedOn(world, row).map((guest) => guest.template.nodeRequests);
  const { resources } = world.cache;
  const lack = (
    asked: number,
    allocatable: number,
    used: number,
    extra: (index: number) => number,
  ): ResourceLack => {
    const taken = nominated.reduce((sum, _, index) => sum + extra(index), used);
    const free = allocatable - taken;
    return { resource, unit: unitOf(resource), asked, free, allocatable, missing: asked - free };
  };
  switch (resource) {
    case "pods":
      return lack(1, resources.allocatablePods(row), resources.podCount(row), () => 1);
    case "cpu":
      return lack(
        requests.milliCpu,
        resources.allocatableMilliCpu(row),
        resources.requestedMilliCpu(row),
        (i) => nominated[i]!.milliCpu,
      );
    case "memory":
      return lack(
        requests.memoryBytes,
        resources.allocatableMemoryBytes(row),
        resources.requestedMemoryBytes(row),
        (i) => nominated[i]!.memoryBytes,
      );
    case "ephemeral-storage":
      return lack(
        requests.ephemeralStorageBytes,
        resources.allocatableEphemeralBytes(row),
        resources.requestedEphemeralBytes(row),
        (i) => nominated[i]!.ephemeralStorageBytes,
      );
    default:
      return lack(
        requests.scalars.get(resource) ?? 0,
        resources.allocatableScalar(row, resource),
        resources.requestedScalar(row, resource),
        (i) => nominated[i]!.scalars.get(resource) ?? 0,
      );
  }
}

// --- Taints, labels, ports -----------------------------------------------------------------------

const CORDON_TAINT = "node.kubernetes.io/unschedulable";

function taintObstacles(pod: PodInfo, node: NodeObject, status: Status): Obstacle[] {
  const repelling = node.taints.filter(
    (taint) =>
      FILTERING_EFFECTS.includes(taint.effect) && !isTolerated(taint, pod.template.tolerations),
  );
  // Uncordoning a node takes this taint away with it; the cordon itself is named already.
  const own = repelling.filter((taint) => !(node.unschedulable && taint.key === CORDON_TAINT));
  return own.map((taint) => {
    const text = `taint ${formatTaint(taint)} is not tolerated: add a toleration, or remove the taint`;
    return obstacle("TaintToleration", status.code, "taint", text);
  });
}

function formatTaint({ key, value, effect }: Taint): string {
  return `${key}${value === "" ? "" : `=${value}`}:${effect}`;
}

function labelObstacles(pod: PodInfo, node: NodeObject, status: Status): Obstacle[] {
  const required = pod.template.requiredNodeAffinity;
  const texts = required === undefined ? [] : unmetParts(required, node);
  // Nothing of the pod's own is unmet: the affinity that the profile adds is.
  if (texts.length === 0) return [other("NodeAffinity", status.code, status.reasons.join(", "))];
  return texts.map((text) => obstacle("NodeAffinity", status.code, "label", text));
}

function unmetParts(required: RequiredNodeAffinity, node: NodeObject): string[] {
  const texts: string[] = [];
  for (const [key, value] of required.nodeSelector ?? []) {
    if (node.meta.labels.get(key) === value) continue;
    texts.push(`nodeSelector wants ${key}=${value}, ${labelText(node, key)}`);
  }
  if (required.selector === undefined || required.selector.matches(node.meta)) return texts;
  const usable = required.selector.terms.filter(
    (term) => !term.isEmpty && term.error === undefined,
  );
  const unmet = usable.map((term) => unmetOfTerm(term, node));
  const [first, ...rest] = unmet;
  if (first === undefined)
    return [...texts, "the required node affinity has no term that can match any node"];
  return [
    ...texts,
    ...rest.reduce((best, parts) => (parts.length < best.length ? parts : best), first),
  ];
}

function unmetOfTerm(term: NodeSelectorTerm, node: NodeObject): string[] {
  const labels = term.requirements
    .filter((requirement) => !meetsRequirement(requirement, node.meta.labels))
    .map(
      (requirement) =>
        `node affinity wants ${formatRequirement(requirement)}, ${labelText(node, requirement.key)}`,
    );
  const names = term.names
    .filter(({ isEqual, name }) => (node.meta.name === name) !== isEqual)
    .map(({ isEqual, name }) => `node affinity wants ${isEqual ? "" : "any but "}the node ${name}`);
  return [...labels, ...names];
}

function labelText(node: NodeObject, key: string): string {
  const value = node.meta.labels.get(key);
  return value === undefined ? `the node has no label ${key}` : `the node has ${key}=${value}`;
}

function portObstacles(world: DecisionWorld, row: NodeRow, status: Status): Obstacle[] {
  const { cache, pod } = world;
  const neighbours = [...cache.podsOn(row), ...nominatedOn(world, row)];
  // A dump may hold several pods on one port; all of them would have to go.
  const taken = pod.template.hostPorts.flatMap((port) => {
    const holders = neighbours.filter((other) =>
      other.template.hostPorts.some((held) => collides(held, port)),
    );
    const names = holders.map((holder) => `${holder.namespace}/${holder.name}`).join(", ");
    return holders.length === 0
      ? []
      : [`host port ${port.port}/${port.protocol} is taken by ${names}`];
  });
  return taken.map((text) => obstacle("NodePorts", status.code, "port", text));
}

const ANY_IP = "0.0.0.0";

function collides(held: HostPort, wanted: HostPort): boolean {
  if (held.port !== wanted.port || held.protocol !== wanted.protocol) return false;
  return held.ip === wanted.ip || held.ip === ANY_IP || wanted.ip === ANY_IP;
}

// --- Shapes --------------------------------------------------------------------------------------

/** An obstacle of which only the plugin's own words are known. */
export function other(plugin: string, code: Code, text: string): Obstacle {
  return obstacle(plugin, code, "other", text);
}

function obstacle(plugin: string, code: Code, kind: Obstacle["kind"], text: string): Obstacle {
  return { plugin, code: formatCode(code), kind, text, lack: null };
}
