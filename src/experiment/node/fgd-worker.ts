// A thread of the FGD study: answers each cell with its rows until it is ended.
//
// Problems of the input travel as data, because an error loses its class between threads.

import { parentPort, workerData } from "node:worker_threads";
import { InputError } from "../../base/index.ts";
import { type FgdAnswer, type FgdJob, FgdRunner } from "./fgd-runner.ts";

const runner = new FgdRunner((workerData as { readonly folder: string }).folder);

parentPort?.on("message", ({ index, cell }: FgdJob) => {
  try {
    const answer: FgdAnswer = { index, rows: runner.run(cell) };
    parentPort?.postMessage(answer);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    parentPort?.postMessage({ problems: error.problems });
  }
});
