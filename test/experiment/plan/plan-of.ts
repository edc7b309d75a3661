// A plan about a scenario value, answered in the present thread.

import { expect } from "vitest";
import type { PlanRecord } from "../../../src/analysis/index.ts";
import {
  cellRunnerOf,
  decodeScenario,
  parseLoss,
  Plan,
  type PlanQuestion,
} from "../../../src/experiment/index.ts";

/** Answers a question about a scenario in the present thread. */
export async function planOf(
  value: object,
  requirements: readonly string[],
  more: Partial<Omit<PlanQuestion, "losses">> & { readonly lose?: readonly string[] } = {},
): Promise<PlanRecord> {
  const { scenario, document, problems } = decodeScenario(value);
  expect(problems).toEqual([]);
  const { lose = [], ...rest } = more;
  const losses = lose.map((text) => {
    const loss = parseLoss(text);
    if (typeof loss === "string") throw new Error(loss);
    return loss;
  });
  const question: PlanQuestion = {
    ...{
      requirements,
      losses,
      loseAt: undefined,
      isScenario: true,
      pools: [],
      add: [],
      remove: [],
    },
    ...{ countMax: undefined, pointsMax: 200, confidence: 0.95, replicationsMax: 40, varied: [] },
    ...rest,
  };
  const plan = new Plan({ scenario: scenario!, document: document! }, question);
  return plan.answer(cellRunnerOf(plan, question));
}
