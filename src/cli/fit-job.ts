// One question "how many copies fit" from what the user typed to the record.
//
// Reads the cluster as `run` does and the pod beside it; what is left out of either stops the command
// unless the user permits it, because the number would be wrong without a word.

import { InputError, type Problem } from "../base/index.ts";
import { countFits, prepareRun } from "../experiment/index.ts";
import { loadRunInput, readInputFile } from "../experiment/node.ts";
import type { FitRecord } from "../metrics/index.ts";
import { refuseLeftOut } from "./request-checks.ts";
import type { InputQuestion } from "./option-parts.ts";

/** The question as the command line describes it. */
export interface FitRequest extends InputQuestion {
  readonly podFile: string;
  readonly limit: number | undefined;
  readonly strict: boolean;
}

/** Answers in the present thread; `tick` is told after every copy. */
export async function answerFit(
  request: FitRequest,
  tick: (copies: number) => void = () => undefined,
): Promise<FitRecord> {
  const file = readInputFile(request.podFile, request.maxInputBytes);
  const prepared = prepareRun(await loadRunInput(request));
  refuseLeftOut(prepared, request);
  const { record, podNotes } = countFits(prepared, {
    pod: file,
    limit: request.limit,
    onCopy: (copies) => {
      tick(copies);
      return true;
    },
  });
  const blocking = podNotes.filter((note) => note.changesScheduling || request.strict);
  if (blocking.length > 0 && !request.allowUnsimulated) {
    const code = "E_UNSIMULATED";
    const problems = blocking.map(
      ({ message }): Problem => ({ code, severity: "error", message, file: request.podFile }),
    );
    const hint = "this could change the answer; --allow-unsimulated answers without it";
    throw new InputError(problems.with(-1, { ...problems.at(-1)!, hint }));
  }
  const notes = [...prepared.notes, ...podNotes].map(
    ({ message, count }) => `${message}${count > 1 ? ` (${count} times)` : ""}`,
  );
  return { ...record, notes: [...record.notes, ...notes] };
}
