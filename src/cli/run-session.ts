// A job in its thread, with the watch over user code: from a request to a report.
//
// A call that overstays its deadline is ended with its thread, which takes the unfinished results
// along. The run is then repeated up to that call, which is not made: the same events in the same
// order, so what came before it is kept as the partial results of a strategy that failed.

import { Worker } from "node:worker_threads";
import { callDeadlines } from "./call-deadlines.ts";
import { CallWatchdog, isStart } from "./call-watchdog.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { failureReport } from "./failure-report.ts";
import { printNote } from "./output.ts";
import {
  type RunControl,
  type RunReport,
  settingsOf,
  type ThreadJob,
  type WorkerMessage,
} from "./run-request.ts";
import { type ObservedCall, UserCallRecord } from "./user-call-record.ts";

/** Of the thread's heap: on a run of 7,000 pods a third of the default takes 20 MB less and no more time. */
export const YOUNG_GENERATION_MB = 16;

/** A thread that ended without a report, inside user code. */
export interface LostCall {
  readonly observed: ObservedCall;
  /** How it ended; undefined when it was ended at its deadline. */
  readonly what: string | undefined;
  readonly deadlineMs: number;
}

/** Does the job to a report; throws what went wrong outside of user code. */
export async function runSession(job: ThreadJob, control: RunControl): Promise<RunReport> {
  const outcome = await runThread(job, control, 0);
  if (!("observed" in outcome)) return outcome;
  const { observed, what } = outcome;
  if (what !== undefined || isStart(observed.call.point))
    return failureOf(outcome, settingsOf(job));
  printNote(`repeating the run up to the call that did not return, to keep what came before it\n`);
  const again = await runThread(job, control, observed.count);
  if ("observed" in again) return failureOf(outcome, settingsOf(job));
  // Explaining a run that was cut short there has what it needs.
  if (again.exitCode === EXIT.strategy || job.kind === "explain") return again;
  // The call was not reached again: the results are those of another run, and are not believed.
  const { closing } = await failureOf(outcome, settingsOf(job));
  return {
    ...again,
    exitCode: EXIT.strategy,
    closing: `${again.closing}${closing}the repeated run never made that call: user code is not deterministic\n`,
  };
}

async function runThread(
  job: ThreadJob,
  control: RunControl,
  refusedCall: number,
): Promise<RunReport | LostCall> {
  const deadlines = await callDeadlines(settingsOf(job).pluginDeadline);
  const record = new UserCallRecord(control.userCalls);
  record.reset(refusedCall);
  const worker = new Worker(new URL("./run-worker.js", import.meta.url), {
    workerData: { job, control },
    // Rows and events are short-lived: a larger nursery would mostly be memory that nobody uses.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    stdout: true,
    stderr: true,
  });
  // Whatever is printed there must not end up among results.
  worker.stdout.on("data", (chunk: Buffer) => printNote(chunk.toString("utf8")));
  worker.stderr.on("data", (chunk: Buffer) => printNote(chunk.toString("utf8")));
  return new Promise((resolve, reject) => {
    let report: RunReport | undefined;
    let lost: LostCall | undefined;
    const watchdog = new CallWatchdog(record, deadlines, (observed, deadlineMs) => {
      lost = { observed, what: undefined, deadlineMs };
      void worker.terminate();
    });
    worker.on("message", (message: WorkerMessage) => {
      if ("report" in message) report = message.report;
      else if (refusedCall === 0) printNote(message.printed); // Else it has been printed already.
    });
    worker.on("error", (error) => {
      watchdog.stop();
      if (!isOutOfMemory(error)) reject(error);
      else if (record.isInside) lost = lostIn(record, "ran out of memory");
      else reject(new CommandFailure(EXIT.limit, OUT_OF_MEMORY));
    });
    worker.on("exit", (code) => {
      watchdog.stop();
      if (report === undefined && record.isInside)
        lost ??= lostIn(record, "ended its thread, or waits for what never comes");
      if (report !== undefined) resolve(report);
      else if (lost !== undefined) resolve(lost);
      else reject(new Error(`the simulation's thread ended with code ${code} and no result`));
    });
  });
}

function lostIn(record: UserCallRecord, what: string): LostCall {
  return { observed: record.look(), what, deadlineMs: 0 };
}

/** The report of a call that did not come back. */
export async function failureOf(
  { observed, what, deadlineMs }: LostCall,
  settings: { readonly debug: boolean; readonly json: boolean },
): Promise<RunReport> {
  const { StrategyError } = await import("../experiment/index.ts");
  const { overdueText } = await import("./overdue-text.ts");
  const words = what ?? overdueText(deadlineMs);
  const error = new StrategyError(observed.call, `${words}; no results are kept`);
  const { exitCode, text, output } = await failureReport(error, settings);
  return { exitCode, output, notes: "", closing: text };
}

/** What a user is told whose run does not fit into memory. */
export const OUT_OF_MEMORY =
  "out of memory; nothing was written (NODE_OPTIONS=--max-old-space-size=MEGABYTES raises the limit)";

/** Whether a thread ended because its heap was full. */
export function isOutOfMemory(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY";
}
