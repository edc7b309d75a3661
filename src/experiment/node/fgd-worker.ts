// A thread of the FGD study: answers each cell with its rows until it is ended.
//
// Problems of the input travel as data, because an error loses its class between threads.

import { parentPort, workerData } from "node:worker_threads";
import { InputError } from "../../base/index.ts";
import type { FgdCell } from "../fgd/fgd-tables.ts";
import { type FgdAnswer, FgdRunner } from "./fgd-runner.ts";

const runner = new FgdRunner((workerData as { readonly folder: string }).folder);

parentPort?.on("message", (cell: FgdCell) => {
  const answer: FgdAnswer = answerTo(cell);
  parentPort?.postMessage(answer);
});

function answerTo(cell: FgdCell): FgdAnswer {
  try {
    return { rows: runner.run(cell) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { problems: error.problems };
  }
}
