// A plan from what the user typed to a report, as the worker thread does it.
//
// Reads the inputs and what the flags mean; the search is the experiment floor's business. A stop in the
// middle of a run leaves what the points judged so far say.

import { parseDuration } from "../base/index.ts";
import {
  type ActiveRun,
  cellRunnerOf,
  type LossQuestion,
  Plan,
  PLAN_POINTS_MAX,
  PLAN_REPLICATIONS_MAX,
  PlanCellCut,
  type PlanQuestion,
  PlanStopped,
  parseLoss,
  type RunInput,
  type UserCallWatch,
  VARIED_PARTS,
} from "../experiment/index.ts";
import { loadRunInput } from "../experiment/node.ts";
import { parseThreshold } from "../metrics/index.ts";
import { formatNotes, formatPlan } from "../report/index.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import type { PlanRequest } from "./plan-request.ts";
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
  const question = questionOf(request, input);
  const plan = new Plan(input, question);
  refuseLeftOut(plan.base, request);
  const advance = (run: ActiveRun): void => {
    if (advanceWatched(run, control) !== undefined)
      throw new PlanStopped("the search was asked to stop");
  };
  const record = await plan
    .answer(cellRunnerOf(plan, question, { userCalls, advance }))
    .catch((error: unknown) => {
      if (error instanceof PlanCellCut) throw new CommandFailure(EXIT.limit, error.message);
      throw error;
    });
  const notes = plan.base.notes.filter(({ code }) => code !== "ONE_REPLICATION");
  return {
    exitCode: record.answer === null && !record.isPartial ? EXIT.gate : EXIT.ok,
    output: formatPlan(record, request.format),
    notes: formatNotes({ notes }),
    closing: record.isPartial ? "stopped: these are partial results\n" : "",
  };
}

function refuseWrongRequirements({ requirements }: PlanRequest): void {
  for (const expression of requirements) {
    const parsed = parseThreshold(expression);
    if (typeof parsed === "string") throw usage(`--require: ${parsed}`);
  }
}

function questionOf(request: PlanRequest, input: RunInput): PlanQuestion {
  const { scenario } = input;
  const asked = request.varied ?? scenario.vary;
  for (const part of asked)
    if (!(VARIED_PARTS as readonly string[]).includes(part))
      throw usage(`--vary ${part}: there are ${VARIED_PARTS.join(", ")}`);
  const { replications } = scenario.run;
  const replicationsMax =
    request.replicationsMax ?? (replications > 1 ? replications : PLAN_REPLICATIONS_MAX);
  const isVaried = asked.length > 0;
  if (isVaried && replicationsMax < 5)
    throw usage(`-n ${replicationsMax}: fewer than 5 replications have no interval to judge by`);
  if (!isVaried && request.replicationsMax !== undefined)
    throw usage("-n needs something that varies: --vary arrivals,lifetimes,faults,order,ties");
  return {
    requirements: request.requirements,
    losses: request.losses.map(lossOf),
    loseAt: loseAtOf(request.loseAt),
    isScenario: input.document !== undefined && input.document.file !== "",
    pools: request.pools,
    add: request.add,
    remove: request.remove,
    countMax: request.countMax,
    pointsMax: request.pointsMax ?? PLAN_POINTS_MAX,
    confidence: request.confidence,
    replicationsMax,
    varied: VARIED_PARTS.filter((part) => asked.includes(part)),
  };
}

function lossOf(text: string): LossQuestion {
  const loss = parseLoss(text);
  if (typeof loss === "string") throw usage(`--lose: ${loss}`);
  return loss;
}

function loseAtOf(text: string | undefined): PlanQuestion["loseAt"] {
  if (text === undefined || text === "start") return text;
  const us = parseDuration(text);
  if (us === undefined) throw usage(`--lose-at ${text}: no duration (write 10m, or start)`);
  return us;
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
