// round-robin: the next node that fits after the one used last, in node order, starting again.
//
// When the node used last is gone the turn begins at the first node.

import type { Strategy } from "../strategy/strategy.ts";
import type { NodeView } from "../strategy/views.ts";

/** A new round-robin policy; it remembers the node used last. */
export function createRoundRobin(): Strategy {
  let lastName = "";
  return {
    name: "round-robin",
    decide: (_pod, view) => {
      const position = new Map(view.allNodes().map(({ name }, index) => [name, index]));
      const last = position.get(lastName) ?? -1;
      const isAfter = ({ name }: NodeView): boolean => position.get(name)! > last;
      const node = view.nodes.find(isAfter) ?? view.nodes[0]!;
      lastName = node.name;
      return { node };
    },
  };
}
