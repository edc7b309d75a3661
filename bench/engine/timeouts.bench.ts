// E1: processes that wait random spans, podsim against the object engine.

import type { Benchmark } from "../harness/benchmark.ts";
import { runObjectTimeouts, runTimeouts } from "./timeouts.ts";
import type { TimeoutsResult } from "./timeouts.ts";

const WAKE_UPS = 500_000;

const hashOf = ({ clock, order }: TimeoutsResult): string => `${clock} ${order}`;

/** Workload E1. */
export const benchmark: Benchmark = {
  name: "engine/timeouts",
  title: "E1: processes that wait random spans (general queue)",
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
        run: () => hashOf(runObjectTimeouts(processes, waits, false)),
      },
      { name: "podsim", operations, run: () => hashOf(runTimeouts(processes, waits)) },
    ];
  },
};
