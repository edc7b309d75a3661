// `npm run bench -- garbage`: the share of the garbage collector in hot loops (goal P9).
//
// One run of one variant; pauses of the main thread are held against the time that the run took by the
// same clock, so that other load on the machine lengthens both. Compilation is in it, so long runs tell
// more. Collections that other threads help with count by their pauses.

import { PerformanceObserver, performance } from "node:perf_hooks";
import { BENCHMARKS } from "../registry.ts";

/** What is looked at when nothing is named: benchmark, variant, size. */
const USUAL: readonly (readonly [string, string, number])[] = [
  ["engine/event-loop", "podsim", 1_000_000],
  ["cluster/pods-on-nodes", "unchecked", 300_000],
];

/** Pauses of one run, and its time, in milliseconds. */
export interface GarbageShare {
  readonly collectionsCount: number;
  readonly pausesMs: number;
  readonly runMs: number;
}

/** Runs one variant once and adds up what the collector took of it. */
export async function measureGarbage(
  name: string,
  variantName: string,
  size: number,
): Promise<GarbageShare> {
  const load = BENCHMARKS.get(name);
  const variant = (await load?.())?.benchmark
    .variants(size)
    .find((one) => one.name === variantName);
  if (variant === undefined) throw new Error(`no variant "${variantName}" of "${name}"`);
  variant.begin?.();
  const pauses: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      if (startTime >= beforeMs) pauses.push(duration);
  });
  observer.observe({ entryTypes: ["gc"] });
  const beforeMs = performance.now();
  variant.run();
  const runMs = performance.now() - beforeMs;
  // Entries are handed over when the loop of the process turns.
  await new Promise((resolve) => setTimeout(resolve, 10));
  observer.disconnect();
  const pausesMs = pauses.reduce((sum, ms) => sum + ms, 0);
  return { collectionsCount: pauses.length, pausesMs, runMs };
}

/** Arguments: nothing, or BENCHMARK VARIANT SIZE. */
export async function runGarbageCommand([name, variant, size]: readonly string[]): Promise<void> {
  const asked = name === undefined ? USUAL : [[name, variant ?? "", Number(size)] as const];
  for (const [benchmark, which, count] of asked) {
    const { collectionsCount, pausesMs, runMs } = await measureGarbage(benchmark, which, count);
    const share = ((100 * pausesMs) / runMs).toFixed(1);
    console.log(
      `${benchmark} ${which} ${count}: ${collectionsCount} collections, ${share} % of the time`,
    );
  }
}
