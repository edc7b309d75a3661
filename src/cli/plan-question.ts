// What the flags of `podsim plan --require` mean for the inputs they come with.
//
// Apart from the job, because each of a plan's threads reads the same flags.

import { parseDuration } from "../base/index.ts";
import {
  type LossQuestion,
  PLAN_POINTS_MAX,
  PLAN_REPLICATIONS_MAX,
  type PlanQuestion,
  parseLoss,
  type RunInput,
  VARIED_PARTS,
} from "../experiment/index.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import type { PlanRequest } from "./plan-request.ts";

/** What the flags mean for these inputs; throws what is wrong usage. */
export function planQuestionOf(request: PlanRequest, input: RunInput): PlanQuestion {
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
