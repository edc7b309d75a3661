// first-fit: the first node that fits, in node order.

import type { Strategy } from "../strategy/strategy.ts";

export function createFirstFit(): Strategy {
  return { name: "first-fit", decide: (_pod, { nodes }) => ({ node: nodes[0]! }) };
}
