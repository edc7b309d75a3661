// One process of some build of podsim, run to its end: exit code, what it said, processor time.
//
// Processor time and not wall time, because the latter says how busy the neighbours are. What the run
// printed as its result is left aside: results are read from its files.

import { spawn } from "node:child_process";
import { CommandFailure, EXIT } from "../exit-codes.ts";

/** What a process left behind. */
export interface MeasuredProcess {
  /** Null if a signal ended it. */
  readonly exitCode: number | null;
  readonly stderr: string;
  /** Processor time of all its threads in microseconds. */
  readonly cpuUs: number;
}

/** Engine switches that make one run's work like another's. */
export const STEADY_FLAGS: readonly string[] = [
  "--single-threaded",
  "--hash-seed=1",
  "--random-seed=1",
];

const REPORTER = new URL("./cpu-report.js", import.meta.url).href;

/** Runs `main` with arguments, under a counting program if one is given. */
export async function runMeasured(
  main: string,
  args: readonly string[],
  under: { readonly nodeFlags: readonly string[]; readonly counter: readonly string[] },
): Promise<MeasuredProcess> {
  const node = [process.execPath, ...under.nodeFlags, "--import", REPORTER];
  const [program = "", ...rest] = [...under.counter, ...node, main, ...args];
  const child = spawn(program, rest, { stdio: ["ignore", "ignore", "pipe", "pipe"] });
  let stderr = "";
  let reported = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  child.stdio[3]?.on("data", (chunk: Buffer) => {
    reported += chunk.toString("utf8");
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", (cause) => {
      reject(
        new CommandFailure(EXIT.files, `cannot start ${program}: ${cause.message}`, { cause }),
      );
    });
    child.on("close", resolve);
  });
  return { exitCode, stderr, cpuUs: Number(reported) };
}
