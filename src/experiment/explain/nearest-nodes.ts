// The nodes that come closest to taking a pod, and what would have to change around each.
//
// Fewest obstacles first; among equals what passes by itself (room, ports) before what somebody must
// change (labels, taints, cordons), before what no change of the neighbours can give.

import { Code, formatCode, type NodeRow } from "../../scheduler/index.ts";
import type { NodeObstacles } from "../../metrics/index.ts";
import type { DecisionWorld } from "./decision-world.ts";
import type { FilterWorld } from "./filter-world.ts";
import { type Finding, otherFinding } from "./obstacle.ts";
import { findObstacles } from "./obstacles.ts";
import { shownChanges, solveNode } from "./solve.ts";

/** Stands for every node, where PreFilter turned the pod down before any node was looked at. */
export const EVERY_NODE = "*";

/** A node with everything that is in the way there. */
export interface BlockedNode {
  readonly row: NodeRow;
  readonly findings: readonly Finding[];
}

/**
 * All nodes that would not take the pod, looked at or not, nearest first; ties in list order. A pod
 * that was refused as a whole is blocked alike everywhere: the first node stands for all.
 */
export function rankBlockedNodes(
  world: FilterWorld,
  find: (row: NodeRow) => readonly Finding[] = (row) => findObstacles(world, row),
): BlockedNode[] {
  const nodes = world.isFilterable ? world.nodes : world.nodes.slice(0, 1);
  const ranked = nodes.flatMap((row, position) => {
    const findings = find(row);
    return findings.length === 0 ? [] : [{ row, position, findings, effort: effortOf(findings) }];
  });
  return ranked.sort(
    (a, b) =>
      a.findings.length - b.findings.length ||
      a.effort.steps - b.effort.steps ||
      a.effort.share - b.effort.share ||
      a.position - b.position,
  );
}

/** Everything in the way on one node; where no filter objects, the word of the strategy that did. */
export function findingsOn(world: DecisionWorld, row: NodeRow): readonly Finding[] {
  const found = findObstacles(world, row);
  if (found.length > 0) return found;
  const own = world.decision.statuses.explicit(row);
  return own === undefined ? [] : [otherFinding(own)];
}

/** The first so many, each with the changes that would let the pod fit there. */
export function describeNearest(
  world: DecisionWorld,
  ranked: readonly BlockedNode[],
  countMax: number,
): NodeObstacles[] {
  if (!world.isFilterable) return ranked.slice(0, 1).map((each) => everyNode(world, each));
  const described: NodeObstacles[] = [];
  for (const each of ranked.slice(0, countMax)) {
    if (described.length > 0 && world.effort.isSpent) break;
    described.push(describe(world, each));
  }
  return described;
}

function describe(world: DecisionWorld, { row, findings }: BlockedNode): NodeObstacles {
  const solution = solveNode(world, row);
  return {
    node: world.nameOf(row),
    obstacles: findings.map(({ obstacle }) => obstacle),
    changes: shownChanges(solution),
    check: solution.check,
    refusal: solution.refusal,
  };
}

// The pod was refused as a whole: what helps is a change of the pod, and those are suggestions.
function everyNode(world: DecisionWorld, { findings }: BlockedNode): NodeObstacles {
  return {
    node: EVERY_NODE,
    obstacles: findings.map(({ obstacle }) => obstacle),
    changes: [],
    check: "unknown",
    refusal: world.preFiltering.status.reasons.join(", "),
  };
}

/** How hard all that is to change, and how large a part of the wish is missing at worst. */
function effortOf(findings: readonly Finding[]): {
  readonly steps: number;
  readonly share: number;
} {
  let steps = 0;
  let share = 0;
  for (const { obstacle, size } of findings) {
    const isFinal = obstacle.code === FINAL;
    steps += !isFinal ? 1 : obstacle.kind === "resource" ? 3 : 2;
    share = Math.max(share, size ?? 0);
  }
  return { steps, share };
}

const FINAL = formatCode(Code.UnschedulableAndUnresolvable);
