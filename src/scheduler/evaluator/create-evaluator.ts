// Evaluators by name: the plain one, which is the specification, and the ones that are fast.
//
// All of them decide alike; which one does shows in nothing but the time that a run takes.

import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import { BothEvaluator, SharedTies } from "./both.ts";
import { FusedEvaluator } from "./fused/fused.ts";
import { IndexedEvaluator } from "./indexed/indexed.ts";
import { type Evaluator, type EvaluatorOptions, PlainEvaluator } from "./plain.ts";

/** Names that `--evaluator` takes; `both` compares plain with indexed at every decision. */
export const EVALUATOR_NAMES = ["plain", "fused", "indexed", "both"] as const;
/** One of them. */
export type EvaluatorName = (typeof EVALUATOR_NAMES)[number];
/** What decides when nobody says otherwise. */
export const DEFAULT_EVALUATOR: EvaluatorName = "indexed";

/** Makes an evaluator over a cache; all of them decide alike. */
export function createEvaluator(
  name: EvaluatorName,
  cache: SchedulerCache,
  objects: ClusterObjects,
  options: EvaluatorOptions,
): Evaluator {
  switch (name) {
    case "plain":
      return new PlainEvaluator(cache, options);
    case "fused":
      return new FusedEvaluator(cache, objects, options);
    case "indexed":
      return new IndexedEvaluator(cache, objects, options);
    case "both": {
      const ties = new SharedTies(options.tieBreak ?? "heap");
      return new BothEvaluator(
        new PlainEvaluator(cache, { ...options, tieBreak: ties.first }),
        new IndexedEvaluator(cache, objects, { ...options, tieBreak: ties.second }),
        ties,
      );
    }
  }
}
