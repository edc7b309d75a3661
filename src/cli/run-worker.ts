// The worker thread of a run, or of an explanation with user code: does the job and posts its report.
//
// A thread of its own keeps the terminal alive (progress, Ctrl-C) while the simulation never yields,
// and lets the main thread end a strategy that never returns.

import { parentPort, workerData } from "node:worker_threads";
import { callDeadlines } from "./call-deadlines.ts";
import { EXIT } from "./exit-codes.ts";
import { failureReport } from "./failure-report.ts";
import {
  type RunControl,
  type RunReport,
  settingsOf,
  type ThreadJob,
  type WorkerMessage,
} from "./run-request.ts";
import { UserCodeGuard } from "./user-code-guard.ts";

const { job, control } = workerData as { job: ThreadJob; control: RunControl };
const { pluginDeadline, debug, json } = settingsOf(job);

const port = parentPort;
const send = port?.postMessage.bind(port) as ((message: WorkerMessage) => void) | undefined;
const guard = new UserCodeGuard(
  control.userCalls,
  (await callDeadlines(pluginDeadline)).callMs,
  (text) => send?.({ printed: text }),
  () => {
    // What comes from this thread is ours alone: a message of user code's would pass for a report.
    if (port !== null) port.postMessage = () => undefined;
  },
);

let report: RunReport;
try {
  report = await perform();
} catch (error) {
  const { exitCode, text, output } = await failureReport(error, { debug, json });
  report = { exitCode, output, notes: "", closing: text };
}
const { text, hasFailed } = await guard.settle();
send?.({
  report: {
    ...report,
    exitCode: hasFailed ? EXIT.strategy : report.exitCode,
    closing: `${report.closing}${text}`,
  },
});

// Each job pulls along only what it needs.
async function perform(): Promise<RunReport> {
  if (job.kind === "explain") {
    const { explainHere } = await import("./explain-here.ts");
    return explainHere(job.request, guard);
  }
  if (job.kind === "whatif") {
    const { executeWhatif } = await import("./whatif-job.ts");
    return executeWhatif(job.request, control, guard);
  }
  if (job.kind === "plan") {
    const { executePlan } = await import("./plan-job.ts");
    return executePlan(job.request, control, guard);
  }
  const { executeRunJob } = await import("./run-job.ts");
  return executeRunJob(job.request, control, { userCalls: guard });
}
