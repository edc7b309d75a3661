// Evaluators by name, so that every workload takes the evaluator as one parameter.

import {
  type Evaluator,
  type EvaluatorOptions,
  type ClusterObjects,
  createEvaluator,
  type SchedulerCache,
} from "../../src/scheduler/index.ts";

/** Makes an evaluator over a cache. */
export type CreateEvaluator = (
  cache: SchedulerCache,
  objects: ClusterObjects,
  options: EvaluatorOptions,
) => Evaluator;

/** Evaluators that can be measured; a new one is one line here. */
export const EVALUATORS = {
  plain: (...parts) => createEvaluator("plain", ...parts),
  fused: (...parts) => createEvaluator("fused", ...parts),
  indexed: (...parts) => createEvaluator("indexed", ...parts),
} as const satisfies Record<string, CreateEvaluator>;

/** Name of an evaluator. */
export type EvaluatorName = keyof typeof EVALUATORS;

/** The evaluator of that name; an unknown name is a mistake of the caller. */
export function evaluatorNamed(name: string): EvaluatorName {
  if (Object.hasOwn(EVALUATORS, name)) return name as EvaluatorName;
  throw new Error(`No evaluator "${name}"; there are ${Object.keys(EVALUATORS).join(", ")}.`);
}
