// random: any node that fits, all equally likely.
//
// The draw is keyed by run, policy and pod, so the choice for one pod depends on no other pod.

import type { Strategy } from "../strategy/strategy.ts";

/** A new random policy; it keeps no state. */
export function createRandom(): Strategy {
  return {
    name: "random",
    decide: (_pod, { nodes }, random) => ({
      node: nodes[random.integer(nodes.length)]!,
      tieCount: nodes.length,
    }),
  };
}
