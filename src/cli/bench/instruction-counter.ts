// Instructions in user space, counted by `perf stat` where the machine lets it.
//
// Virtual machines often have no such counter; then the gate says so instead of passing in silence.

import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstructionCounts } from "../../experiment/index.ts";
import type { BenchRuns, BenchSide } from "./bench-runs.ts";

/** Whole runs of which the least count is taken: whatever else comes in only adds. */
const REPEATS = 2;

/** Counts both sides, or says why this machine cannot. */
export async function countInstructions(
  runs: BenchRuns,
  base: BenchSide,
  head: BenchSide,
  scenario: string,
): Promise<InstructionCounts | string> {
  const file = join(tmpdir(), `podsim-perf-${process.pid}.csv`);
  const counter = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", file];
  try {
    const trial = spawnSync(counter[0]!, [...counter.slice(1), process.execPath, "-e", "0"]);
    if (trial.error !== undefined) return "not available on this machine: there is no perf";
    if (readCount(file) === undefined)
      return "not available on this machine: perf counts no instructions here";
    const least = async (side: BenchSide, isStartup: boolean): Promise<number> => {
      let count = Number.POSITIVE_INFINITY;
      for (let repeat = 0; repeat < (isStartup ? 1 : REPEATS); repeat++) {
        await runs.count(side, scenario, counter, isStartup);
        count = Math.min(count, readCount(file) ?? Number.POSITIVE_INFINITY);
      }
      return count;
    };
    const both = async (side: BenchSide): Promise<InstructionCounts["base"]> => ({
      whole: await least(side, false),
      startup: await least(side, true),
    });
    return { base: await both(base), head: await both(head) };
  } finally {
    rmSync(file, { force: true });
  }
}

/** The number that perf wrote; undefined: it could not count. */
function readCount(file: string): number | undefined {
  try {
    const line = /^(\d+),[^\n]*instructions/m.exec(readFileSync(file, "utf8"));
    return line === null ? undefined : Number(line[1]);
  } catch {
    return undefined; // perf may be there and refuse to start.
  }
}
