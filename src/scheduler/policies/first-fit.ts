// first-fit: the first node that fits, in node order.
//
// Value: none; the order of nodes (round-robin over zones, as upstream lists them) decides alone.

import type { Strategy } from "../strategy/strategy.ts";

/** A new first-fit policy; it keeps no state. */
export function createFirstFit(): Strategy {
  return { name: "first-fit", decide: (_pod, { nodes }) => ({ node: nodes[0]! }) };
}
