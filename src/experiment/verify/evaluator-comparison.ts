// An evaluator beside the plain one on a recorded state, for `podsim verify --evaluator`.
//
// The fast evaluators keep what they learnt from one decision to the next (a request signature is
// indexed on its second use), so the same pod is decided about several times on the unchanged state.

import {
  createEvaluator,
  CycleState,
  type EvaluatorName,
  EvaluatorDifference,
  findDecisionDifference,
  type PodInfo,
  type Profile,
} from "../../scheduler/index.ts";
import type { Difference } from "./case-format.ts";
import type { RecordedWorld } from "./recorded-world.ts";

/** What is compared, and how. */
export interface EvaluatorQuestion {
  readonly world: RecordedWorld;
  readonly profile: Profile;
  readonly pod: PodInfo;
  readonly evaluator: EvaluatorName;
  readonly percentageOfNodesToScore: number;
  /** Place in the node list where the first search begins. */
  readonly start?: number;
}

/** First by the fused pass, then the index is built, then it is used as it stands. */
const ROUNDS = 3;

/** Adds the first difference between the evaluator and the plain one; none where it is the plain one. */
export function compareEvaluators(
  out: Difference[],
  name: string,
  question: EvaluatorQuestion,
): void {
  const { world, profile, pod, evaluator, percentageOfNodesToScore, start = 0 } = question;
  if (evaluator === "plain") return;
  for (const details of [false, true]) {
    const options = { percentageOfNodesToScore, details, batching: false, start };
    const plain = createEvaluator("plain", world.cache, world.objects, options);
    const other = createEvaluator(evaluator, world.cache, world.objects, options);
    for (let round = 0; round < ROUNDS; round++) {
      const expected = plain.decide(pod, profile, new CycleState());
      const got = attempt(() => other.decide(pod, profile, new CycleState()));
      const found =
        got instanceof EvaluatorDifference ? got.difference : findDecisionDifference(expected, got);
      if (found === undefined) continue;
      const what = `${evaluator} against plain: ${found.field}`;
      out.push({ case: name, what, expected: found.left, got: found.right });
      return;
    }
  }
}

/** What the call gives, or the difference that `both` found in it. */
export function attempt<T>(call: () => T): T | EvaluatorDifference {
  try {
    return call();
  } catch (error) {
    if (error instanceof EvaluatorDifference) return error;
    throw error;
  }
}
