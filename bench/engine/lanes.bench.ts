// Lanes against the general queue, by the number of lanes that are busy at the same time.
//
// 512 chains of events hop from delay to delay. The same program runs with one lane per delay and
// with every event in the general queue; both must fire the same events in the same order.

import type { Duration } from "../../src/base/index.ts";
import { RANK, Simulation } from "../../src/engine/index.ts";
import type { Benchmark } from "../harness/benchmark.ts";
import { ResultHash } from "../harness/result-hash.ts";

const EVENTS = 100_000;
const CHAINS = 512;

/** Lanes against the general queue. */
export const benchmark: Benchmark = {
  name: "engine/lanes",
  title: "constant delays: one lane each against the general queue",
  operation: "event",
  sizeName: "lanes",
  sizes: { small: [1, 4, 16], full: [4, 16, 64] },
  baseline: "general queue",
  variants: (laneCount) => [
    { name: "general queue", operations: EVENTS, run: () => runChains(laneCount, false) },
    { name: "lanes", operations: EVENTS, run: () => runChains(laneCount, true) },
  ],
};

function runChains(laneCount: number, useLanes: boolean): string {
  const simulation = new Simulation();
  const hash = new ResultHash();
  const ranks = Object.values(RANK);
  let left = EVENTS;
  const pushes: ((chain: number) => void)[] = [];
  const hop = (chain: number): void => {
    hash.add(chain);
    if (--left > CHAINS) pushes[(chain * 7 + left) % laneCount]!(chain);
  };
  for (let index = 0; index < laneCount; index++) {
    const kind = simulation.defineKind(`hop ${index}`, ranks[index % ranks.length]!, hop);
    const delayUs = (100 + index * 37) as Duration;
    if (useLanes) {
      const lane = simulation.lane(kind, delayUs);
      pushes.push((chain) => lane.push(chain));
    } else {
      pushes.push((chain) => void simulation.after(delayUs, kind, chain));
    }
  }
  for (let chain = 0; chain < CHAINS; chain++) pushes[chain % laneCount]!(chain);
  simulation.runUntilDrained();
  hash.addWide(simulation.nowUs);
  return hash.hex();
}
