// The nodes that come closest to taking a pod, and what would have to change around each.
//
// Fewest obstacles first; among equals what passes by itself (room, ports) before what somebody must
// change (labels, taints, cordons), before what no change of the neighbours can give. All nodes are
// sketched; only those that are shown are described.

import type { NodeRow } from "../../scheduler/index.ts";
import type { NodeObstacles } from "../../metrics/index.ts";
import type { DecisionWorld } from "./decision-world.ts";
import type { FilterWorld } from "./filter-world.ts";
import { type GroundList, Sketch } from "./ground.ts";
import { type Finding, otherFinding } from "./obstacle.ts";
import { findObstacles, Sketching } from "./obstacles.ts";
import { shownChanges, type Solution, solveNodes } from "./solve.ts";

/** Stands for every node, where PreFilter turned the pod down before any node was looked at. */
export const EVERY_NODE = "*";

/** A node that would not take the pod. */
export interface BlockedNode {
  readonly row: NodeRow;
  /** Its place in the list of nodes. */
  readonly position: number;
  readonly grounds: GroundList;
  /** The largest part of a wish that is missing there, and all missing parts together. */
  readonly share: number;
  readonly sum: number;
  /** The same of resources alone. */
  readonly roomShare: number;
  readonly roomSum: number;
}

/**
 * All nodes that would not take the pod, looked at or not, in list order. A pod that was refused as a
 * whole is blocked alike everywhere: the first node stands for all.
 */
export function findBlockedNodes(world: FilterWorld): BlockedNode[] {
  const { nodes } = world;
  const count = world.isFilterable ? nodes.length : Math.min(nodes.length, 1);
  const sketching = new Sketching(world);
  const sketch = new Sketch();
  const blocked: BlockedNode[] = [];
  for (let position = 0; position < count; position++) {
    const row = nodes[position]!;
    sketch.begin();
    sketching.sketch(row, sketch);
    if (sketch.list.size === 0) sketching.addFindings(ownRefusal(world, row), sketch);
    const { list: grounds, share, sum, roomShare, roomSum } = sketch;
    if (grounds.size > 0) blocked.push({ row, position, grounds, share, sum, roomShare, roomSum });
  }
  return blocked;
}

/** The order of nearness. */
export function compareNearness(a: BlockedNode, b: BlockedNode): number {
  return (
    a.grounds.size - b.grounds.size ||
    a.grounds.steps - b.grounds.steps ||
    a.share - b.share ||
    a.position - b.position
  );
}

/** Everything in the way on one node; where no filter objects, the word of the strategy that did. */
export function findingsOn(world: DecisionWorld, row: NodeRow): readonly Finding[] {
  const found = findObstacles(world, row);
  return found.length > 0 ? found : ownRefusal(world, row);
}

function ownRefusal(world: FilterWorld, row: NodeRow): readonly Finding[] {
  const own = world.ownStatus(row);
  return own === undefined ? NO_FINDINGS : [otherFinding(own)];
}

const NO_FINDINGS: readonly Finding[] = [];

/** The nearest so many, each with the changes that would let the pod fit there. */
export function describeNearest(
  world: DecisionWorld,
  blocked: readonly BlockedNode[],
  countMax: number,
): NodeObstacles[] {
  if (!world.isFilterable) return blocked.slice(0, 1).map((each) => everyNode(world, each));
  const nearest = firstOf(blocked, countMax, compareNearness);
  const rows = nearest.map(({ row }) => row);
  return solveNodes(world, rows).map((solution, at) => describe(world, rows[at]!, solution));
}

/** The first so many in that order, which must be total. One pass: few are wanted of thousands. */
export function firstOf<T>(
  items: readonly T[],
  countMax: number,
  compare: (a: T, b: T) => number,
): T[] {
  if (countMax >= items.length) return [...items].sort(compare);
  const first: T[] = [];
  for (const item of items) {
    if (first.length === countMax && compare(item, first[countMax - 1]!) > 0) continue;
    if (first.length === countMax) first.pop();
    let at = first.length;
    while (at > 0 && compare(item, first[at - 1]!) < 0) at--;
    first.splice(at, 0, item);
  }
  return first;
}

function describe(world: DecisionWorld, row: NodeRow, solution: Solution): NodeObstacles {
  return {
    node: world.nameOf(row),
    obstacles: findingsOn(world, row).map(({ obstacle }) => obstacle),
    changes: shownChanges(solution),
    check: solution.check,
    refusal: solution.refusal,
  };
}

// The pod was refused as a whole: what helps is a change of the pod, and those are suggestions.
function everyNode(world: DecisionWorld, { row }: BlockedNode): NodeObstacles {
  return {
    node: EVERY_NODE,
    obstacles: findingsOn(world, row).map(({ obstacle }) => obstacle),
    changes: [],
    check: "unknown",
    refusal: world.preFiltering.status.reasons.join(", "),
  };
}
