// Obstacles: everything that keeps a pod off one node, not only what the cycle met first.
//
// Each filter is asked on its own; what it says is taken apart by the file that knows its rule. For
// plugins of users the plugin's reason stands alone. A sketch names the same grounds without words, for
// all nodes at once. It proposes nothing by itself: which changes go together is solve.ts, which nodes
// are worth a look nearest-nodes.ts.

import {
  Code,
  type CycleState,
  formatCode,
  type NodeRow,
  type PodInfo,
  type Status,
} from "../../scheduler/index.ts";
import { affinityFindings, createAffinitySketcher } from "./affinity-obstacles.ts";
import type { FilterWorld } from "./filter-world.ts";
import { GroundPair, type Sketch } from "./ground.ts";
import {
  cordonFindings,
  createCordonSketcher,
  createLabelSketcher,
  createTaintSketcher,
  featureFindings,
  labelFindings,
  narrowingFindings,
  portFindings,
  taintFindings,
} from "./node-obstacles.ts";
import { type Finding, otherFinding } from "./obstacle.ts";
import { createResourceSketcher, resourceFindings } from "./resource-obstacles.ts";
import { createSpreadSketcher, spreadFindings } from "./spread-obstacles.ts";
import { createVolumeSketcher, isVolumePlugin, volumeFindings } from "./volume-obstacles.ts";

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

// --- Sketches ------------------------------------------------------------------------------------

/** Adds the grounds of one plugin's refusal to the sketch, as its findings would name them. */
export type Sketcher = (
  question: NodeQuestion,
  status: Status,
  sketch: Sketch,
  isCordonNamed: boolean,
) => void;

/** The grounds of all nodes for one pod, one node after the other; equal nodes share them. */
export class Sketching {
  private readonly world: FilterWorld;
  private readonly sketchers = new Map<string, Sketcher>();
  private readonly byFinding = new Map<string, GroundPair>();
  private narrowing: readonly Finding[] | undefined;

  constructor(world: FilterWorld) {
    this.world = world;
  }

  /** Everything in the way on that node: the grounds of what findObstacles says. */
  sketch(row: NodeRow, sketch: Sketch): void {
    const { world } = this;
    if (!world.isFilterable) {
      this.addFindings(refusalFindings(world), sketch);
      return;
    }
    const { question, refusals } = ask(world, row, world.knownRefusal(row));
    const isCordonNamed = isCordonNamedIn(refusals);
    for (let at = 0; at < refusals.length; at++) {
      const { plugin, status } = refusals[at]!;
      world.refusing.add(plugin);
      this.sketcherOf(plugin)(question, status, sketch, isCordonNamed);
    }
    if (sketch.list.size > 0 || !world.isNarrowedAway(row)) return;
    this.narrowing ??= narrowingFindings(world);
    this.addFindings(this.narrowing, sketch);
  }

  addFindings(findings: readonly Finding[], sketch: Sketch): void {
    for (const { obstacle, podKey, size } of findings) {
      const { kind, code } = obstacle;
      const key = `${kind}\n${podKey ?? ""}`;
      let grounds = this.byFinding.get(key);
      if (grounds === undefined) {
        grounds = new GroundPair(kind, podKey);
        this.byFinding.set(key, grounds);
      }
      sketch.add(
        grounds.at(code === FINAL ? Code.UnschedulableAndUnresolvable : Code.Unschedulable),
        size,
      );
    }
  }

  private sketcherOf(plugin: string): Sketcher {
    let sketcher = this.sketchers.get(plugin);
    if (sketcher === undefined) {
      sketcher = this.createSketcher(plugin);
      this.sketchers.set(plugin, sketcher);
    }
    return sketcher;
  }

  private createSketcher(plugin: string): Sketcher {
    const { world } = this;
    switch (plugin) {
      case "NodeResourcesFit":
        return createResourceSketcher();
      case "TaintToleration":
        return createTaintSketcher();
      case "NodeAffinity":
        return createLabelSketcher(world);
      case "NodeUnschedulable":
        return createCordonSketcher();
      case "PodTopologySpread":
        return createSpreadSketcher(world);
      case "InterPodAffinity":
        return createAffinitySketcher(world);
      default:
        if (isVolumePlugin(plugin)) return createVolumeSketcher(world, plugin);
        return (question, status, sketch) =>
          this.addFindings(findingsOf(question, { ...status, plugin }, []), sketch);
    }
  }
}

const FINAL = formatCode(Code.UnschedulableAndUnresolvable);

function isCordonNamedIn(refusals: readonly FilterVerdict[]): boolean {
  for (let at = 0; at < refusals.length; at++) {
    if (refusals[at]!.plugin === "NodeUnschedulable") return true;
  }
  return false;
}

// --- Asking --------------------------------------------------------------------------------------

// `known`: the first of the filters that refuses, where that has been found out already.
function ask(
  world: FilterWorld,
  row: NodeRow,
  known?: Status,
): { question: NodeQuestion; refusals: FilterVerdict[] } {
  const plain: NodeQuestion = { world, row, asked: row, state: world.state, guests: NO_GUESTS };
  const guests = nominatedOn(world, row);
  if (guests.length > 0) {
    const crowded = withGuests(plain, guests);
    const refusals = refusalsOf(crowded);
    if (refusals.length > 0) return { question: crowded, refusals };
  }
  return { question: plain, refusals: refusalsOf(plain, known) };
}

const NO_GUESTS: readonly PodInfo[] = [];

// Asked of every node, where few filters object: what passes leaves no record.
function refusalsOf({ world, state, asked }: NodeQuestion, known?: Status): FilterVerdict[] {
  const refusals: FilterVerdict[] = [];
  let isBeforeKnown = known !== undefined;
  const { activeFilters, pod } = world;
  for (let at = 0; at < activeFilters.length; at++) {
    const plugin = activeFilters[at]!;
    const { name } = plugin;
    if (isBeforeKnown) {
      if (name !== known!.plugin) continue;
      isBeforeKnown = false;
      refusals.push({ plugin: name, status: known! });
      continue;
    }
    const status = plugin.filter(state, pod, asked);
    if (status.code !== Code.Success) refusals.push({ plugin: name, status });
  }
  return refusals;
}

function askEach({ world, state, asked }: NodeQuestion): FilterVerdict[] {
  return world.activeFilters.map((plugin) => ({
    plugin: plugin.name,
    status: plugin.filter(state, world.pod, asked),
  }));
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
      return taintFindings(question, status, isCordonNamedIn(refusals));
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
