// A thread of a study: runs one cell after another until it is told to end.
//
// Inputs are read and prepared once per point; the last few are kept, because cells come sorted by
// point or go round among few. User code runs behind the same guard as in `podsim run`.

import { parentPort, workerData } from "node:worker_threads";
import {
  prepareRun,
  type PreparedRun,
  runStudyCell,
  type StudyPoint,
} from "../experiment/index.ts";
import { loadRunInput, pointHash } from "../experiment/node.ts";
import { formatNotes } from "../report/index.ts";
import { callDeadlines } from "./call-deadlines.ts";
import type { CellAnswer, CellOrder, CellThreadStart, TaughtPoint } from "./cell-orders.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { failureReport } from "./failure-report.ts";
import { refuseLeftOut } from "./request-checks.ts";
import { UserCodeGuard } from "./user-code-guard.ts";

/** Prepared points that stay in memory. */
const PREPARED_MAX = 8;

const { settings, control } = workerData as CellThreadStart;
const port = parentPort!;
const send = port.postMessage.bind(port) as (answer: CellAnswer) => void;
const guard = new UserCodeGuard(
  control.userCalls,
  (await callDeadlines(settings.pluginDeadline)).callMs,
  (text) => send({ printed: text }),
  () => {
    // What comes from this thread is ours alone: a message of user code's would pass for an answer.
    port.postMessage = () => undefined;
  },
);
const taught = new Map<string, TaughtPoint>();
const prepared = new Map<string, PreparedRun>();

port.on("message", (order: CellOrder) => {
  void answer(order).then(send);
});

async function answer(order: CellOrder): Promise<CellAnswer> {
  if (order === "end") return { closing: (await guard.settle()).text };
  const { key, replication } = order;
  if (order.taught !== undefined) taught.set(key, order.taught);
  const { point, hash } = taught.get(key)!;
  try {
    const { run, notes } = await preparedRun(key, point, hash);
    const { varied, isAntithetic } = point;
    const result = runStudyCell(run, { replication, varied, isAntithetic, userCalls: guard });
    if (result.end !== "drained" && result.end !== "horizon")
      throw new CommandFailure(
        EXIT.limit,
        `${point.name} ended early in replication ${replication} (${result.end}): partial runs are not compared`,
      );
    const { hasFailed, text } = await guard.settle();
    if (!hasFailed) return { result, notes };
    return { failed: { exitCode: EXIT.strategy, output: "", notes: "", closing: text } };
  } catch (error) {
    const { exitCode, text, output } = await failureReport(error, settings);
    return { failed: { exitCode, output, notes: "", closing: text } };
  }
}

async function preparedRun(
  key: string,
  point: StudyPoint,
  hash: string | undefined,
): Promise<{ readonly run: PreparedRun; readonly notes: string }> {
  const known = prepared.get(key);
  if (known !== undefined) return { run: known, notes: "" };
  const run = prepareRun(await loadRunInput(point.request, guard));
  refuseLeftOut(run, point);
  if (hash !== undefined && pointHash(point) !== hash)
    throw new CommandFailure(
      EXIT.input,
      `the inputs of ${point.name} have changed since the study began: start it again`,
    );
  const [oldest] = prepared.keys();
  if (prepared.size >= PREPARED_MAX && oldest !== undefined) prepared.delete(oldest);
  prepared.set(key, run);
  const told = run.notes.filter(({ code }) => code !== "ONE_REPLICATION");
  return { run, notes: formatNotes({ notes: told }) };
}
