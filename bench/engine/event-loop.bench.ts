// The event loop with a null scheduler against an idiomatic object engine: goal P5.

import type { Benchmark } from "../harness/benchmark.ts";
import { runColumnEngine } from "./column-engine.ts";
import { runObjectEngine } from "./object-engine.ts";
import { EVENTS_PER_POD } from "./pod-stream.ts";

/** The event loop, goal P5. */
export const benchmark: Benchmark = {
  name: "engine/event-loop",
  title: "pods with lifetimes on 1,000 nodes, null scheduler: arrival, cycle, start, end",
  operation: "event",
  sizeName: "pods",
  sizes: { small: [500, 1_000, 2_000], full: [10_000, 100_000, 1_000_000] },
  baseline: "object engine",
  measuresMemory: true,
  variants: (pods) => [
    { name: "object engine", operations: pods * EVENTS_PER_POD, run: () => runObjectEngine(pods) },
    { name: "podsim", operations: pods * EVENTS_PER_POD, run: () => runColumnEngine(pods) },
  ],
};
