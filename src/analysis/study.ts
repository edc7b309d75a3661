// What kind of study the replications belong to, which decides what may be said of them.
//
// A study names what varies. Where nothing does, one run is the answer; a steady-state study needs a
// warm-up and stable runs before its means mean anything. The study is never guessed from the numbers.

import { assert } from "../base/index.ts";
import { absentEstimate, CONFIDENCE_DEFAULT, type Estimate, estimateMean } from "./estimate.ts";
import { isConstant } from "./moments.ts";

/** Whether and how replications can be averaged. */
export type Study =
  /** Nothing varies between replications. */
  | { readonly kind: "fixed" }
  /** Runs that end by themselves or at a time that belongs to the question. */
  | { readonly kind: "terminating"; readonly varied: readonly string[] }
  /** Long-run behaviour: what lies before `warmUpUs` has been deleted, in every alternative alike. */
  | {
      readonly kind: "steady-state";
      readonly varied: readonly string[];
      readonly warmUpUs: number;
    };

/** One measure in one replication. */
export interface Replicate {
  /** Null: the measure does not exist in this run, such as a percentile of nothing. */
  readonly value: number | null;
  /** Whether work piled up over the run's last half. */
  readonly isUnstable: boolean;
}

/** The estimate that the study allows. Values of a fixed study are equal, or the runs are not the same. */
export function estimateOf(
  study: Study,
  replicates: readonly Replicate[],
  confidence: number = CONFIDENCE_DEFAULT,
): Estimate {
  const count = replicates.length;
  if (count === 0) return absentEstimate("no-values", 0);
  const unstableCount = replicates.filter(({ isUnstable }) => isUnstable).length;
  if (study.kind === "steady-state" && unstableCount > 0)
    return absentEstimate("unstable", count, unstableCount);
  const values = replicates.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length < count) return absentEstimate("missing-values", count, count - values.length);
  if (study.kind !== "fixed") return estimateMean(values, confidence);
  assert(isConstant(values), "replications of a study in which nothing varies are equal");
  return { kind: "point", reason: "nothing-varies", count: 1, value: values[0]! };
}
