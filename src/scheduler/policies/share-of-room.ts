// Shares of a node's room, as the fitting policies measure it.
//
// A resource that a node does not offer counts as nothing: no division by zero, no preference.

import type { Strategy, StrategyChoice } from "../strategy/strategy.ts";
import type { NodeView, PodView } from "../strategy/views.ts";

/**
 * Room left after placing the pod, as the sum over cpu and memory of
 * (allocatable - requested - request) / allocatable.
 */
export function roomLeft(pod: PodView, node: NodeView): number {
  const cpu = node.milliCpuFree - pod.milliCpuRequested;
  const memory = node.memoryBytesFree - pod.memoryBytesRequested;
  return share(cpu, node.milliCpuAllocatable) + share(memory, node.memoryBytesAllocatable);
}

/** amount / total, and 0 where there is no total. */
export function share(amount: number, total: number): number {
  return total > 0 ? amount / total : 0;
}

/** The node with the highest value, the first in node order among equals. */
function pickHighest(
  nodes: readonly NodeView[],
  worthOf: (node: NodeView) => number,
): StrategyChoice {
  let best = nodes[0]!;
  let score = worthOf(best);
  let tieCount = 1;
  for (let k = 1; k < nodes.length; k++) {
    const node = nodes[k]!;
    const value = worthOf(node);
    if (value > score) {
      best = node;
      score = value;
      tieCount = 1;
    } else if (value === score) {
      tieCount++;
    }
  }
  return { node: best, score, tieCount };
}

/** A policy that values each fitting node and takes the best one. */
export function createValuePolicy(
  name: string,
  worthOf: (pod: PodView, node: NodeView) => number,
): Strategy {
  return {
    name,
    decide: (pod, { nodes }) => pickHighest(nodes, (node) => worthOf(pod, node)),
  };
}
