// A thread's share of a comparison: its cells, one after the other, posted as plain numbers.
//
// Each alternative is prepared once per thread. A run that ends early ends the comparison, because a
// mean over partial runs would say nothing.

import {
  type CompareCell,
  prepareRun,
  type PreparedRun,
  runCell,
  type UserCallWatch,
} from "../experiment/index.ts";
import { loadRunInput } from "../experiment/node.ts";
import { formatNotes } from "../report/index.ts";
import type { CellsRequest } from "./compare-request.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { refuseLeftOut } from "./request-checks.ts";
import type { RunReport } from "./run-request.ts";

/** Runs the cells; throws what ends the whole comparison. */
export async function executeCells(
  { request, plan, cells }: CellsRequest,
  userCalls: UserCallWatch,
): Promise<RunReport> {
  const prepared = new Map<number, PreparedRun>();
  const done: CompareCell[] = [];
  for (const { alternative, replication } of cells) {
    let ready = prepared.get(alternative);
    if (ready === undefined) {
      const schedulers = [plan.alternatives[alternative]!];
      ready = prepareRun(await loadRunInput({ ...request, schedulers }, userCalls));
      refuseLeftOut(ready, request);
      prepared.set(alternative, ready);
    }
    const cell = runCell(ready, { alternative, replication, varied: plan.varied, userCalls });
    if (cell.end !== "drained" && cell.end !== "horizon")
      throw new CommandFailure(
        EXIT.limit,
        `${plan.alternatives[alternative]} ended early in replication ${replication} (${cell.end}): partial runs are not compared`,
      );
    done.push(cell);
  }
  const notes = [...prepared.values()].flatMap((one) => one.notes);
  const told = notes.filter(({ code }) => code !== "ONE_REPLICATION");
  return {
    exitCode: EXIT.ok,
    output: JSON.stringify(done),
    notes: formatNotes({ notes: told }),
    closing: "",
  };
}
