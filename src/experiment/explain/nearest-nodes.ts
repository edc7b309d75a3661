// The nodes that come closest to taking a pod, with what would have to change on each.
//
// Fewest obstacles first; among equals what passes by itself (room, ports) before what somebody must
// change (labels, taints, cordons), before what no change of the neighbours can give.

import { Code, formatCode, type NodeRow } from "../../scheduler/index.ts";
import type { NodeObstacles, Obstacle } from "../../metrics/index.ts";
import type { DecisionWorld } from "./decision-world.ts";
import { findObstacles, other } from "./obstacles.ts";

/** How many nodes are worth reading. */
const NEAREST_MAX = 5;

/** Stands for every node, where PreFilter turned the pod down before any node was looked at. */
export const EVERY_NODE = "*";

/** The nearest nodes of all that there are, looked at or not; ties in list order. */
export function nearestNodes(world: DecisionWorld): NodeObstacles[] {
  const { status } = world.preFiltering;
  if (!world.isFilterable) {
    return [
      {
        node: EVERY_NODE,
        obstacles: [other(status.plugin, status.code, status.reasons.join(", "))],
      },
    ];
  }
  const ranked = world.nodes.flatMap((row, position) => {
    const obstacles = findObstacles(world, row);
    return obstacles.length === 0
      ? []
      : [{ row, position, obstacles, effort: effortOf(obstacles) }];
  });
  ranked.sort(
    (a, b) =>
      a.obstacles.length - b.obstacles.length ||
      a.effort.steps - b.effort.steps ||
      a.effort.share - b.effort.share ||
      a.position - b.position,
  );
  return ranked.slice(0, NEAREST_MAX).map(({ row, obstacles }) => describe(world, row, obstacles));
}

function describe(
  world: DecisionWorld,
  row: NodeRow,
  obstacles: readonly Obstacle[],
): NodeObstacles {
  return { node: world.nameOf(row), obstacles };
}

/** How hard all that is to change, and how large a part of the wish is missing at worst. */
function effortOf(obstacles: readonly Obstacle[]): {
  readonly steps: number;
  readonly share: number;
} {
  let steps = 0;
  let share = 0;
  for (const { kind, code, lack } of obstacles) {
    const isFinal = code === FINAL;
    steps += !isFinal ? 1 : kind === "resource" ? 3 : 2;
    if (lack !== null && lack.asked > 0) share = Math.max(share, lack.missing / lack.asked);
  }
  return { steps, share };
}

const FINAL = formatCode(Code.UnschedulableAndUnresolvable);
