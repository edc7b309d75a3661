// What the replications of one point say of one requirement: met, missed, or not to be told yet.
//
// A point is looked at several times as its replications grow, and each look could err; so each takes
// its share of the error that the plan may make (Bonferroni over the looks). The bound is one-sided:
// the interval shown at a look of share a reaches to the bounds that a chance of a each lies beyond.

import {
  absentEstimate,
  CENSORED_RATIO_MAX,
  type Estimate,
  estimateMean,
  type RequirementAnswer,
  type RequirementReason,
  type RequirementState,
} from "../../analysis/index.ts";
import { judgeThreshold, type Threshold } from "../../metrics/index.ts";
import { exp, ln } from "../../base/index.ts";
import { type PlanCell, percentOf } from "./plan-cell.ts";

/** How a point is looked at. */
export interface LookDesign {
  /** Replications after which it is judged, rising; one look of 1 where nothing varies. */
  readonly looks: readonly number[];
  readonly confidence: number;
  readonly isFixed: boolean;
  readonly isSteadyState: boolean;
}

/** Fewest replications of a look. */
const FIRST_LOOK = 5;
/** Replications in which a requirement that must always hold has held. */
const EVERY_RUN_COUNT = 20;

/** Looks at 5, 10, 20, ... replications, and at the cap. */
export function looksOf(replicationsMax: number): number[] {
  const looks: number[] = [];
  for (let count = FIRST_LOOK; count < replicationsMax; count *= 2) looks.push(count);
  return [...looks, replicationsMax];
}

/** Judges one requirement, `at` in the cells' values, by all cells so far. */
export function judgeRequirement(
  requirement: Threshold,
  at: number,
  cells: readonly PlanCell[],
  design: LookDesign,
): RequirementAnswer {
  const { expression, unit, limit } = requirement;
  const answer = (
    state: RequirementState,
    reason: RequirementReason | null,
    estimate: Estimate,
    failureRatioMax: number | null = null,
  ): RequirementAnswer => ({
    ...{ requirement: expression, unit, limit, state, reason, estimate, failureRatioMax },
  });
  const count = cells.length;
  const affected = (of: (cell: PlanCell) => boolean): number => cells.filter(of).length;
  const unstable = design.isSteadyState ? affected(({ isUnstable }) => isUnstable) : 0;
  if (unstable > 0)
    return answer("missed", "unstable", absentEstimate("unstable", count, unstable));
  const censored = affected((cell) => isCensored(requirement, cell));
  const missing = affected(({ values }) => values[at]!.value === null);
  if (missing > 0)
    return answer("missed", "missing-values", absentEstimate("missing-values", count, missing));
  const values = cells.map((cell) => cell.values[at]!.value!);
  if (design.isFixed) {
    const [value] = values as [number];
    const estimate = { kind: "point", reason: "nothing-varies", count: 1, value } as const;
    if (censored > 0) return answer("missed", "censored", estimate);
    return answer(isGood(requirement, value) ? "met" : "missed", "one-run", estimate);
  }
  const thin = affected((cell) => cell.values[at]!.isThin);
  if (thin > 0) {
    const estimate = absentEstimate("insufficient-observations", count, thin);
    return answer("missed", "insufficient-observations", estimate);
  }
  const tail = (1 - design.confidence) / design.looks.length;
  const estimate = estimateMean(values, 1 - 2 * tail);
  if (censored > 0) return answer("missed", "censored", estimate);
  if (requirement.operator === "=" || requirement.operator === "!=") {
    const failed = values.filter((value) => !isGood(requirement, value)).length;
    if (failed > 0) return answer("missed", "every-run", estimate);
    const needed = Math.min(EVERY_RUN_COUNT, design.looks.at(-1)!);
    const ratio = failureBound(count, design.confidence);
    return answer(count >= needed ? "met" : "open", "every-run", estimate, ratio);
  }
  return answer(stateOf(requirement, estimate), null, estimate);
}

/** Whether the whole interval lies on one side of the limit. */
function stateOf(requirement: Threshold, estimate: Estimate): RequirementState {
  if (estimate.kind === "absent") return "missed";
  if (estimate.kind === "point") {
    if (estimate.reason === "few") return "open";
    return isGood(requirement, estimate.value) ? "met" : "missed";
  }
  const isLowGood = isGood(requirement, estimate.low);
  const isHighGood = isGood(requirement, estimate.high);
  if (isLowGood && isHighGood) return "met";
  return isLowGood || isHighGood ? "open" : "missed";
}

function isGood(requirement: Threshold, value: number): boolean {
  return judgeThreshold(requirement, () => value).passed;
}

/** Largest share of worlds that may fail when none of n did: the exact binomial bound. */
function failureBound(count: number, confidence: number): number {
  return 1 - exp(ln(1 - confidence) / count);
}

/** Pods that still wait are in no waiting time: more of them than the measure leaves out say too little. */
function isCensored({ measure, statistic }: Threshold, cell: PlanCell): boolean {
  if (measure !== "pending" && measure !== "startup") return false;
  if (statistic === "count" || statistic === "min" || cell.podsCreatedCount === 0) return false;
  const percent = percentOf(statistic);
  const allowed = Number.isNaN(percent) ? CENSORED_RATIO_MAX : 1 - percent / 100;
  return cell.podsPendingAtEndCount / cell.podsCreatedCount > Math.max(allowed, 0) + 1e-12;
}
