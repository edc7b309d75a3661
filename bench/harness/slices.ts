// One slice: a variant runs for 50 to 100 ms of process CPU time. The only importer of tinybench.
//
// Process CPU time, garbage collection threads included, is what a run costs on a shared machine;
// wall time says how busy the neighbours are.

import { Bench } from "tinybench";
import type { Variant } from "./benchmark.ts";

/** User and system time of this process in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** CPU nanoseconds per operation over one slice; `onRun` gets the hash of every call. */
export function runSlice(variant: Variant, sliceMs: number, onRun: (hash: string) => void): number {
  const bench = new Bench({
    now: cpuMs,
    time: sliceMs,
    iterations: 1,
    warmup: false,
    throws: true,
  });
  let hash = "";
  bench.add(
    variant.name,
    () => {
      hash = variant.run();
    },
    {
      async: false,
      beforeEach: () => variant.begin?.(),
      afterEach: () => onRun(hash),
    },
  );
  const task = bench.runSync()[0];
  if (task === undefined || task.result.state !== "completed") {
    throw new Error(`Slice of "${variant.name}" did not complete.`);
  }
  return (task.result.period * 1e6) / variant.operations;
}
