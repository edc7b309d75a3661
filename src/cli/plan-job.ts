// A plan from what the user typed to a report, as the worker thread does it.
//
// Reads the inputs and what the flags mean; the search is the experiment floor's business. A stop in the
// middle of a run leaves what the points judged so far say.

import type { PlanRecord } from "../analysis/index.ts";
import {
  type ActiveRun,
  cellRunnerOf,
  Plan,
  PlanCellCut,
  type PlanQuestion,
  PlanStopped,
  type UserCallWatch,
} from "../experiment/index.ts";
import { loadRunInput } from "../experiment/node.ts";
import { parseThreshold } from "../metrics/index.ts";
import { formatNotes, formatPlan } from "../report/index.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { planQuestionOf } from "./plan-question.ts";
import type { PlanRequest } from "./plan-request.ts";
import { PlanThreads } from "./plan-threads.ts";
import { refuseLeftOut, refuseWrongValues } from "./request-checks.ts";
import { advanceWatched } from "./run-pace.ts";
import type { RunControl, RunReport } from "./run-request.ts";

/** Answers one question. */
export async function executePlan(
  request: PlanRequest,
  control: RunControl,
  userCalls: UserCallWatch,
): Promise<RunReport> {
  refuseWrongValues(request);
  refuseWrongRequirements(request);
  const input = await loadRunInput(request, userCalls);
  const question = planQuestionOf(request, input);
  const plan = new Plan(input, question);
  refuseLeftOut(plan.base, request);
  const record = await recordOf(plan, question, request, control, userCalls);
  const notes = plan.base.notes.filter(({ code }) => code !== "ONE_REPLICATION");
  return {
    exitCode: record.answer === null && !record.isPartial ? EXIT.gate : EXIT.ok,
    output: formatPlan(record, request.format),
    notes: formatNotes({ notes }),
    closing: record.isPartial ? "stopped: these are partial results\n" : "",
  };
}

async function recordOf(
  plan: Plan,
  question: PlanQuestion,
  request: PlanRequest,
  control: RunControl,
  userCalls: UserCallWatch,
): Promise<PlanRecord> {
  // User code is watched in this thread only.
  const isOurs = plan.base.schedulers.every(({ modules = [] }) => modules.length === 0);
  const threads =
    isOurs && request.workersCount > 1
      ? new PlanThreads(request, request.workersCount, control)
      : undefined;
  const advance = (run: ActiveRun): void => {
    if (advanceWatched(run, control) !== undefined)
      throw new PlanStopped("the search was asked to stop");
  };
  try {
    return await plan.answer(threads?.run ?? cellRunnerOf(plan, question, { userCalls, advance }));
  } catch (error) {
    if (error instanceof PlanCellCut) throw new CommandFailure(EXIT.limit, error.message);
    throw error;
  } finally {
    await threads?.close();
  }
}

function refuseWrongRequirements({ requirements }: PlanRequest): void {
  for (const expression of requirements) {
    const parsed = parseThreshold(expression);
    if (typeof parsed === "string") throw usage(`--require: ${parsed}`);
  }
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
