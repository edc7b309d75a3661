// The worker thread of `podsim run`: runs the job and posts its report. Nothing else runs here.
//
// A thread of its own keeps the terminal alive (progress, Ctrl-C) while the simulation never yields.

import { parentPort, workerData } from "node:worker_threads";
import { failureReport } from "./failure-report.ts";
import { executeRunJob } from "./run-job.ts";
import type { RunControl, RunReport, RunRequest } from "./run-request.ts";

const { request, control } = workerData as { request: RunRequest; control: RunControl };

let report: RunReport;
try {
  report = await executeRunJob(request, control);
} catch (error) {
  const json = request.format === "json" || request.format === "jsonl";
  const { exitCode, text, output } = await failureReport(error, { debug: request.debug, json });
  report = { exitCode, output, notes: "", closing: text };
}
parentPort?.postMessage(report);
