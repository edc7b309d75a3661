// A what-if question from what the user typed to a report, as the worker thread does it.
//
// Reads changes, inputs and configurations; what they mean together is the experiment floor's business.

import { COUNT_DEFAULT, type WhatifAnswer } from "../analysis/index.ts";
import {
  type Change,
  changedWorld,
  type InputBytes,
  parseChanges,
  type PreparedRun,
  prepareRun,
  studyWhatif,
  type UserCallWatch,
  VARIED_PARTS,
} from "../experiment/index.ts";
import { loadRunInput, readInputFile } from "../experiment/node.ts";
import { formatWhatif } from "../report/index.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { refuseLeftOut, refuseWrongValues } from "./request-checks.ts";
import type { RunControl, RunReport } from "./run-request.ts";
import { advanceTogether } from "./whatif-pace.ts";
import type { WhatifRequest } from "./whatif-request.ts";

/** Answers one question. */
export async function executeWhatif(
  request: WhatifRequest,
  control: RunControl,
  userCalls: UserCallWatch,
): Promise<RunReport> {
  refuseWrongValues(request);
  const changes = parseChanges(request.changes);
  const files = configurationsOf(changes, request);
  const prepared = prepareRun(await loadRunInput(request, userCalls));
  refuseLeftOut(prepared, request);
  const varied = variedOf(request, prepared);
  const { replications, study } = prepared.scenario.run;
  if (varied.length > 0 && study === "steady-state")
    throw usage("replications of a what-if question belong to a terminating study");
  const given = request.replicationsCount ?? (replications > 1 ? replications : COUNT_DEFAULT);
  const pairsCount = varied.length === 0 ? 1 : given;
  const { reschedule, confidence } = request;
  let pair = 0;
  const answer = studyWhatif(changedWorld(prepared, { changes, reschedule, files }), {
    ...{ varied, replicationsCount: pairsCount, confidence, userCalls },
    advance: (baseline, change) =>
      advanceTogether(baseline, change, control, { pair: pair++, pairsCount }),
  });
  return reportOf(answer, request, prepared);
}

function reportOf(
  answer: WhatifAnswer,
  { exitCode, format }: WhatifRequest,
  prepared: PreparedRun,
): RunReport {
  const isTouched = answer.pods.length > 0 || answer.budgets.length > 0;
  const hasFailed = answer.thresholds.some(({ passed }) => !passed);
  const notes = answer.notes.map((note) => `note: ${note}\n`);
  const alone =
    answer.study === null && prepared.scenario.vary.length > 0
      ? ["note: one pair of runs; --vary and -n give intervals\n"]
      : [];
  return {
    exitCode: hasFailed || (exitCode && isTouched) ? EXIT.gate : EXIT.ok,
    output: formatWhatif(answer, format),
    notes: [...alone, ...notes].join(""),
    closing: answer.end.isWhole ? "" : "stopped: these are partial results\n",
  };
}

/** Configurations are read here: nothing below this floor opens files. */
function configurationsOf(
  changes: readonly Change[],
  { maxInputBytes }: WhatifRequest,
): Map<string, InputBytes> {
  const names = changes.flatMap(({ action }) =>
    action.verb === "config" ? [action.file.text] : [],
  );
  return new Map(names.map((name) => [name, readInputFile(name, maxInputBytes)]));
}

// Nothing varies unless -n or --vary asks for it: one pair of runs answers most questions.
function variedOf(
  { varied, replicationsCount }: WhatifRequest,
  prepared: PreparedRun,
): (typeof VARIED_PARTS)[number][] {
  const asked = varied ?? (replicationsCount === undefined ? [] : prepared.scenario.vary);
  for (const part of asked)
    if (!(VARIED_PARTS as readonly string[]).includes(part))
      throw usage(`--vary ${part}: there are ${VARIED_PARTS.join(", ")}`);
  if (asked.length === 0 && replicationsCount !== undefined)
    throw usage("-n needs something that varies: --vary arrivals,lifetimes,faults,order,ties");
  return VARIED_PARTS.filter((part) => asked.includes(part));
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
