// Obstacles: everything that keeps a pod off one node, not only what the cycle met first.
//
// Each filter is asked on its own; what it says is taken apart by the file that knows its rule. For
// plugins of users the plugin's reason stands alone. It proposes nothing by itself: which changes go
// together is solve.ts, which nodes are worth a look nearest-nodes.ts.

import {
  Code,
  type CycleState,
  type NodeRow,
  type PodInfo,
  type Status,
} from "../../scheduler/index.ts";
import { affinityFindings } from "./affinity-obstacles.ts";
import type { FilterWorld } from "./filter-world.ts";
import {
  cordonFindings,
  featureFindings,
  labelFindings,
  narrowingFindings,
  portFindings,
  taintFindings,
} from "./node-obstacles.ts";
import { type Finding, otherFinding } from "./obstacle.ts";
import { resourceFindings } from "./resource-obstacles.ts";
import { spreadFindings } from "./spread-obstacles.ts";
import { isVolumePlugin, volumeFindings } from "./volume-obstacles.ts";

/** One filter's own verdict on a node. */
export interface FilterVerdict {
  readonly plugin: string;
  readonly status: Status;
}

/** What the filters of one node are asked with: with nominated pods on it, if those are in the way. */
export interface NodeQuestion {
  readonly world: FilterWorld;
  /** The node as it is. */
  readonly row: NodeRow;
  /** The row the filters look at: the node, or a copy with the pods nominated to it. */
  readonly asked: NodeRow;
  readonly state: CycleState;
  /** Pods nominated to the node that count as being there; empty when they are not in the way. */
  readonly guests: readonly PodInfo[];
}

/** Asks every filter of the profile about the node; filters that PreFilter skipped are left out. */
export function askFilters(world: FilterWorld, row: NodeRow): FilterVerdict[] {
  return world.isFilterable ? askEach(ask(world, row).question) : [];
}

/** Everything in the way on that node; empty when the pod fits. */
export function findObstacles(world: FilterWorld, row: NodeRow): Finding[] {
  if (!world.isFilterable) return refusalFindings(world);
  const { question, refusals } = ask(world, row);
  const found: Finding[] = [];
  for (const { plugin, status } of refusals) {
    found.push(...findingsOf(question, { ...status, plugin }, refusals));
  }
  if (found.length === 0 && world.isNarrowedAway(row)) return narrowingFindings(world);
  return found;
}

/** What is in the way of a pod that PreFilter refused as a whole. */
function refusalFindings(world: FilterWorld): Finding[] {
  const { status } = world.preFiltering;
  if (status.plugin === "NodeAffinity" || status.plugin === "") return narrowingFindings(world);
  if (isVolumePlugin(status.plugin)) return volumeFindings(undefined, status, world);
  return [otherFinding(status)];
}

function ask(
  world: FilterWorld,
  row: NodeRow,
): { question: NodeQuestion; refusals: FilterVerdict[] } {
  const plain: NodeQuestion = { world, row, asked: row, state: world.state, guests: [] };
  const guests = nominatedOn(world, row);
  if (guests.length > 0) {
    const crowded = withGuests(plain, guests);
    const refusals = refusalsOf(crowded);
    if (refusals.length > 0) return { question: crowded, refusals };
  }
  return { question: plain, refusals: refusalsOf(plain) };
}

// Asked of every node, where few filters object: what passes leaves no record.
function refusalsOf({ world, state, asked }: NodeQuestion): FilterVerdict[] {
  const refusals: FilterVerdict[] = [];
  for (const plugin of world.profile.filterPlugins) {
    if (world.state.skipFilterPlugins.has(plugin.name)) continue;
    const status = plugin.filter(state, world.pod, asked);
    if (status.code !== Code.Success) refusals.push({ plugin: plugin.name, status });
  }
  return refusals;
}

function askEach({ world, state, asked }: NodeQuestion): FilterVerdict[] {
  const verdicts: FilterVerdict[] = [];
  for (const plugin of world.profile.filterPlugins) {
    if (world.state.skipFilterPlugins.has(plugin.name)) continue;
    verdicts.push({ plugin: plugin.name, status: plugin.filter(state, world.pod, asked) });
  }
  return verdicts;
}

function nominatedOn({ cache, pod }: FilterWorld, row: NodeRow): readonly PodInfo[] {
  if (cache.nominator.size === 0) return [];
  return cache.nominator
    .podsForNode(cache.nodeName(row))
    .filter((other) => other.uid !== pod.uid && other.priority >= pod.priority);
}

// The node as it would be if the pods nominated to it came, as the filters of a cycle see it.
function withGuests(question: NodeQuestion, guests: readonly PodInfo[]): NodeQuestion {
  const { world, row } = question;
  const { cache, profile, pod } = world;
  const scratch = cache.copyToScratch(row);
  const state = world.state.clone();
  for (const guest of guests) {
    cache.addToScratch(guest);
    for (const plugin of profile.preFilterPlugins) {
      if (!world.state.skipFilterPlugins.has(plugin.name))
        plugin.addPod?.(state, pod, guest, scratch);
    }
  }
  return { world, row, asked: scratch, state, guests };
}

function findingsOf(
  question: NodeQuestion,
  status: Status,
  refusals: readonly FilterVerdict[],
): Finding[] {
  switch (status.plugin) {
    case "NodeResourcesFit":
      return resourceFindings(question, status);
    case "TaintToleration":
      return taintFindings(
        question,
        status,
        refusals.some(({ plugin }) => plugin === "NodeUnschedulable"),
      );
    case "NodeAffinity":
      return labelFindings(question, status);
    case "NodeUnschedulable":
      return cordonFindings(question, status);
    case "NodePorts":
      return portFindings(question, status);
    case "NodeDeclaredFeatures":
      return featureFindings(question, status);
    case "PodTopologySpread":
      return spreadFindings(question, status);
    case "InterPodAffinity":
      return affinityFindings(question, status);
    default:
      return isVolumePlugin(status.plugin)
        ? volumeFindings(question, status, question.world)
        : [otherFinding(status)];
  }
}
