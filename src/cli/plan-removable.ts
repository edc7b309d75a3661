// "Which nodes can be removed" from what the user typed to the record.
//
// Reads the cluster as `run` does; what is left out stops the command unless the user permits it.

import { findRemovable, prepareRun } from "../experiment/index.ts";
import { loadRunInput, type RunInputRequest } from "../experiment/node.ts";
import type { RemovableRecord } from "../metrics/index.ts";
import { type Leniency, refuseLeftOut } from "./request-checks.ts";

/** Answers in the present thread. */
export async function answerRemovable(
  request: RunInputRequest & Leniency,
): Promise<RemovableRecord> {
  const prepared = prepareRun(await loadRunInput(request));
  refuseLeftOut(prepared, request);
  const record = findRemovable(prepared);
  const notes = prepared.notes.map(
    ({ message, count }) => `${message}${count > 1 ? ` (${count} times)` : ""}`,
  );
  return { ...record, notes: [...record.notes, ...notes] };
}
