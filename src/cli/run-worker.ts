// The worker thread of `podsim run`: runs the job and posts its report. Nothing else runs here.

import { parentPort, workerData } from "node:worker_threads";
import { failureReport } from "./failure-report.ts";
import { executeRunJob } from "./run-job.ts";
import type { RunControl, RunReport, RunRequest } from "./run-request.ts";

const { request, control } = workerData as { request: RunRequest; control: RunControl };
const debug = process.argv.includes("--debug");

let report: RunReport;
try {
  report = await executeRunJob(request, control);
} catch (error) {
  const failure = failureReport(error, debug);
  report = { exitCode: failure.exitCode, output: "", notes: "", closing: failure.text };
}
parentPort?.postMessage(report);
