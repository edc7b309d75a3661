// E2: processes that all wait the same span, so that every wake-up is a tie; podsim's lane against
// the object engine.

import type { Benchmark } from "../harness/benchmark.ts";
import { runObjectTimeouts, runTies } from "./timeouts.ts";
import type { TimeoutsResult } from "./timeouts.ts";

const WAKE_UPS = 500_000;

const hashOf = ({ clock, order }: TimeoutsResult): string => `${clock} ${order}`;

/** Workload E2. */
export const benchmark: Benchmark = {
  name: "engine/ties",
  title: "E2: processes that wait equal spans (lane), first in, first out among ties",
  operation: "wake-up",
  sizeName: "processes",
  sizes: { small: [10, 50, 100], full: [100, 1_000, 10_000] },
  baseline: "object engine",
  variants: (processes) => {
    const waits = processes <= 100 ? 200 : WAKE_UPS / processes;
    const operations = processes * waits;
    return [
      {
        name: "object engine",
        operations,
        run: () => hashOf(runObjectTimeouts(processes, waits, true)),
      },
      { name: "podsim", operations, run: () => hashOf(runTies(processes, waits)) },
    ];
  },
};
