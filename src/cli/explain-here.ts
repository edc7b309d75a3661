// One explanation as a report, in whichever thread this is called.
//
// Which thread that has to be is decided elsewhere; here is only what both have in common.

import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import type { UserCallWatch } from "../experiment/index.ts";
import { formatExplanation } from "../report/index.ts";
import { EXIT } from "./exit-codes.ts";
import { explainObjects, explainRunFolder } from "./explain-job.ts";
import type { ExplainRequest, RunReport } from "./run-request.ts";

/** Explains in the present thread. */
export async function explainHere(
  { positional, options }: ExplainRequest,
  userCalls: UserCallWatch | undefined,
): Promise<RunReport> {
  const [first = "", second = ""] = positional;
  const startedMs = performance.now();
  let evaluationMs = 0;
  const onEvaluation = (phase: "begin" | "end"): void => {
    if (phase === "begin") compileForOneUse();
    evaluationMs += phase === "begin" ? -performance.now() : performance.now();
  };
  const watch = { userCalls, onEvaluation };
  const record =
    options.filename === undefined
      ? await explainRunFolder(first, second, options, watch)
      : await explainObjects(positional[0], options, watch);
  const tookMs = performance.now() - startedMs;
  return {
    exitCode: EXIT.ok,
    output: formatExplanation(record, options.format, options.top),
    notes: `${record.notes.map((note) => `note: ${note}\n`).join("")}${timeLine(evaluationMs, tookMs)}`,
    closing: "",
  };
}

/**
 * What explains runs once and is over in less time than the optimizing compiler takes: its threads would
 * only compete with this one for the cores. So code is compiled plainly at once, and optimized only where
 * it runs several times as long as usual before (larger clusters). No result depends on it.
 */
function compileForOneUse(): void {
  for (const flag of ["--always-sparkplug", "--interrupt-budget=300000"]) setFlagsFromString(flag);
}

/** As after a run: what it took, and how much of it was not loading and replaying. */
function timeLine(evaluationMs: number, tookMs: number): string {
  const whole = (tookMs / 1000).toFixed(2);
  return `time        ${Math.round(evaluationMs)} ms to decide and explain, ${whole} s with loading and replay\n`;
}
