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
  return world.isFilterable ? askEach(ask(world, row, new Refusals())) : [];
}

/** Everything in the way on that node; empty when the pod fits. */
export function findObstacles(world: FilterWorld, row: NodeRow): Finding[] {
  if (!world.isFilterable) return refusalFindings(world);
  const refusals = new Refusals();
  const question = ask(world, row, refusals);
  const found: Finding[] = [];
  for (let at = 0; at < refusals.count; at++) {
    const status = { ...refusals.statuses[at]!, plugin: refusals.plugins[at]! };
    found.push(...findingsOf(question, status, refusals.isCordonNamed));
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

const NO_GUESTS: readonly PodInfo[] = [];
/** A question that is not about any node yet. */
const NO_ROW = -1 as NodeRow;

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
  private readonly refusals = new Refusals();
  /** Of a node without nominated pods, used again for each: those who are shown it keep nothing. */
  private readonly plain: PlainQuestion;
  private narrowing: readonly Finding[] | undefined;

  constructor(world: FilterWorld) {
    this.world = world;
    this.plain = new PlainQuestion(world);
  }

  /** Everything in the way on that node: the grounds of what findObstacles says. */
  sketch(row: NodeRow, sketch: Sketch): void {
    const { world } = this;
    if (!world.isFilterable) {
      this.addFindings(refusalFindings(world), sketch);
      return;
    }
    const { refusals } = this;
    const question = this.ask(row);
    const { count, plugins, statuses, isCordonNamed } = refusals;
    for (let at = 0; at < count; at++) {
      this.sketcherOf(plugins[at]!)(question, statuses[at]!, sketch, isCordonNamed);
    }
    if (sketch.list.size > 0 || !world.isNarrowedAway(row)) return;
    this.narrowing ??= narrowingFindings(world);
    this.addFindings(this.narrowing, sketch);
  }

  private ask(row: NodeRow): NodeQuestion {
    const { world, refusals, plain } = this;
    const known = world.knownRefusal(row);
    if (world.cache.nominator.size > 0) return ask(world, row, refusals, known);
    plain.row = row;
    plain.asked = row;
    refuse(plain, refusals, known);
    return plain;
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
      this.world.refusing.add(plugin);
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
          this.addFindings(findingsOf(question, { ...status, plugin }, false), sketch);
    }
  }
}

const FINAL = formatCode(Code.UnschedulableAndUnresolvable);

// --- Asking --------------------------------------------------------------------------------------

/** Who refuses one node and with which words; used again for the next node. */
class Refusals {
  readonly plugins: string[] = [];
  readonly statuses: Status[] = [];
  count = 0;
  isCordonNamed = false;

  clear(): void {
    this.count = 0;
    this.isCordonNamed = false;
  }

  add(plugin: string, status: Status): void {
    this.plugins[this.count] = plugin;
    this.statuses[this.count] = status;
    this.count++;
    if (plugin === "NodeUnschedulable") this.isCordonNamed = true;
  }
}

/** A question about a node as it is. */
class PlainQuestion implements NodeQuestion {
  readonly world: FilterWorld;
  row: NodeRow;
  asked: NodeRow;
  readonly state: CycleState;
  readonly guests: readonly PodInfo[] = NO_GUESTS;

  constructor(world: FilterWorld, row: NodeRow = NO_ROW) {
    this.world = world;
    this.row = row;
    this.asked = row;
    this.state = world.state;
  }
}

// `known`: the first of the filters that refuses, where that has been found out already.
function ask(world: FilterWorld, row: NodeRow, refusals: Refusals, known?: Status): NodeQuestion {
  const plain = new PlainQuestion(world, row);
  const guests = nominatedOn(world, row);
  if (guests.length > 0) {
    const crowded = withGuests(plain, guests);
    refuse(crowded, refusals);
    if (refusals.count > 0) return crowded;
  }
  refuse(plain, refusals, known);
  return plain;
}

// Asked of every node, where few filters object: what passes leaves no record.
function refuse({ world, state, asked }: NodeQuestion, refusals: Refusals, known?: Status): void {
  refusals.clear();
  const { activeFilters, pod } = world;
  let at = 0;
  if (known !== undefined) {
    while (activeFilters[at]!.name !== known.plugin) at++;
    refusals.add(known.plugin, known);
    at++;
  }
  for (; at < activeFilters.length; at++) {
    const plugin = activeFilters[at]!;
    const status = plugin.filter(state, pod, asked);
    if (status.code !== Code.Success) refusals.add(plugin.name, status);
  }
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

function findingsOf(question: NodeQuestion, status: Status, isCordonNamed: boolean): Finding[] {
  switch (status.plugin) {
    case "NodeResourcesFit":
      return resourceFindings(question, status);
    case "TaintToleration":
      return taintFindings(question, status, isCordonNamed);
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
