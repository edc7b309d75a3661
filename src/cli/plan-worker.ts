// A thread of a plan: reads the inputs once, then answers each cell until it is ended.
//
// Only plans without user code have such threads; calls into user code are watched from elsewhere.

import { parentPort, workerData } from "node:worker_threads";
import { Plan, type PlanCell, type PlanCellOrder, runPlanCell } from "../experiment/index.ts";
import { loadRunInput } from "../experiment/node.ts";
import { planQuestionOf } from "./plan-question.ts";
import type { PlanRequest } from "./plan-request.ts";

const request = workerData as PlanRequest;
const input = await loadRunInput(request);
const question = planQuestionOf(request, input);
const plan = new Plan(input, question);

parentPort?.on("message", ({ counts, loss, replication }: PlanCellOrder) => {
  const { requirements } = plan;
  const { varied } = question;
  const cell: PlanCell = runPlanCell(plan.world.at(counts, loss), {
    ...{ replication, varied, requirements },
  });
  parentPort?.postMessage(cell);
});
