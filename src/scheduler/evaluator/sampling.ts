// How many feasible nodes are enough (scheduler.md 5.5).
//
// Large clusters are searched only in part: the share falls from 50 % to 5 % as the cluster grows.

const NODE_COUNT_MIN = 100;
const PERCENTAGE_MIN = 5;

/** Feasible nodes to find among `nodeCount`; percentage 0 means adaptive. */
export function feasibleNodesToFind(nodeCount: number, percentageOfNodesToScore: number): number {
  if (nodeCount < NODE_COUNT_MIN) return nodeCount;
  const percentage =
    percentageOfNodesToScore === 0
      ? Math.max(PERCENTAGE_MIN, 50 - Math.trunc(nodeCount / 125))
      : percentageOfNodesToScore;
  return Math.max(NODE_COUNT_MIN, Math.trunc((nodeCount * percentage) / 100));
}
