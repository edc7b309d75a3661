// E4, variant e: the hold model on whole engines. The bare queue is measured in event-queue.bench.ts.

import type { Benchmark } from "../harness/benchmark.ts";
import { runHolds, runObjectHolds } from "./hold.ts";

const HOLDS = 200_000;

/** Workload E4 e. */
export const benchmark: Benchmark = {
  name: "engine/hold",
  title: "E4 e: hold model on whole engines",
  operation: "hold",
  sizeName: "pending events",
  sizes: { small: [10, 100, 1_000], full: [1_000, 10_000, 100_000] },
  baseline: "object engine",
  variants: (size) => {
    const operations = size <= 1_000 ? HOLDS / 10 : HOLDS;
    return [
      { name: "object engine", operations, run: () => String(runObjectHolds(size, operations)) },
      { name: "podsim", operations, run: () => String(runHolds(size, operations)) },
    ];
  },
};
