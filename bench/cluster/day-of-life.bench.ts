// A day of many services, with counts of matching pods that are kept and with counting anew.
//
// Both make the same decisions; the second is what the plain evaluator is specified to do, and takes
// minutes beyond a few hundred nodes; a whole day on 5,000 is the program's (day-of-life.ts).

import type { Benchmark, Variant } from "../harness/benchmark.ts";
import { type DayOfLife, finishDayOfLife, startDayOfLife } from "./day-of-life.ts";

/** Services with probes, rollouts and node failures, over two hours. */
export const benchmark: Benchmark = {
  name: "cluster/day-of-life",
  title: "Deployments with probes behind Services, rollouts, node failures; full default profile",
  operation: "run",
  sizeName: "nodes",
  sizes: { small: [4, 8, 16], full: [25, 100, 300] },
  baseline: "counted anew",
  measuresMemory: true,
  variants: (nodes) => [
    createVariant(nodes, "counted anew", false),
    createVariant(nodes, "kept counts", true),
  ],
};

function createVariant(nodes: number, name: string, keepsMatches: boolean): Variant {
  let day: DayOfLife | undefined;
  return {
    name,
    operations: 1,
    run: () => {
      const load = { nodes, hours: 2, keepsMatches };
      day = finishDayOfLife(startDayOfLife(load), load);
      return day.fingerprint;
    },
    counters: () => ({ pods: day!.pods, events: day!.events, attempts: day!.attempts }),
  };
}
