// Preloaded into a process under measurement: says on descriptor 3 how much processor time it took.
//
// Told by the process itself because a parent cannot ask for the times of one child; preloaded so that
// builds which know nothing of it can be measured too.

import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** Where the parent listens. */
const REPORT_DESCRIPTOR = 3;

if (isMainThread) {
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeSync(REPORT_DESCRIPTOR, String(user + system));
  });
}
