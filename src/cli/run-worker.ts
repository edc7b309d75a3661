// The worker thread of `podsim run`: runs the job and posts its report. Nothing else runs here.
//
// A thread of its own keeps the terminal alive (progress, Ctrl-C) while the simulation never yields,
// and lets the main thread end a strategy that never returns.

import { parentPort, workerData } from "node:worker_threads";
import { EXIT } from "./exit-codes.ts";
import { failureReport } from "./failure-report.ts";
import { callDeadlineMs } from "./plugin-deadline.ts";
import { executeRunJob } from "./run-job.ts";
import type { RunControl, RunReport, RunRequest, WorkerMessage } from "./run-request.ts";
import { UserCodeGuard } from "./user-code-guard.ts";

const { request, control } = workerData as { request: RunRequest; control: RunControl };

const port = parentPort;
const send = port?.postMessage.bind(port) as ((message: WorkerMessage) => void) | undefined;
const guard = new UserCodeGuard(
  control.userCalls,
  callDeadlineMs(request.pluginDeadline),
  (text) => send?.({ printed: text }),
  () => {
    // What comes from this thread is ours alone: a message of user code's would pass for a report.
    if (port !== null) port.postMessage = () => undefined;
  },
);

let report: RunReport;
try {
  report = await executeRunJob(request, control, { userCalls: guard });
} catch (error) {
  const json = request.format === "json" || request.format === "jsonl";
  const { exitCode, text, output } = await failureReport(error, { debug: request.debug, json });
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
