// Every benchmark, one line each. Loaded when asked for, so that one benchmark's code does not
// shape what the engine compiles for another.

import type { Benchmark } from "./harness/benchmark.ts";

type Load = () => Promise<{ readonly benchmark: Benchmark }>;

const plain = () => import("./scheduler/plain-scheduling.bench.ts");
const benchmarkOf = (benchmark: Benchmark) => ({ benchmark });

/** Benchmarks by name. */
export const BENCHMARKS: ReadonlyMap<string, Load> = new Map<string, Load>([
  ["engine/event-queue", () => import("./engine/event-queue.bench.ts")],
  ["engine/event-loop", () => import("./engine/event-loop.bench.ts")],
  ["engine/lanes", () => import("./engine/lanes.bench.ts")],
  ["engine/timeouts", () => import("./engine/timeouts.bench.ts")],
  ["engine/ties", () => import("./engine/ties.bench.ts")],
  ["cluster/pods-on-nodes", () => import("./cluster/pods-on-nodes.bench.ts")],
  ["scheduler/plain-resources-sampled", async () => benchmarkOf((await plain()).resourcesSampled)],
  [
    "scheduler/plain-resources-all-nodes",
    async () => benchmarkOf((await plain()).resourcesAllNodes),
  ],
  ["scheduler/plain-default-sampled", async () => benchmarkOf((await plain()).defaultSampled)],
  ["scheduler/plain-default-all-nodes", async () => benchmarkOf((await plain()).defaultAllNodes)],
]);
