// Which candidate costs least (E4): rules in order, each keeps the best of what the one before left.
//
// It answers with all that are equally good; taking one of them is the caller's choice.

import type { PodInfo } from "../framework/pod-info.ts";
import type { PreemptionCandidate } from "./candidate.ts";
import { startedUs } from "./importance.ts";

/** Added to each priority, so that more victims of negative priority do not look cheaper. */
const PRIORITY_OFFSET = 2_147_483_648;

type Cost = (candidate: PreemptionCandidate, nowUs: number) => number;

/** What is to be small, in order of weight. */
const COSTS: readonly Cost[] = [
  ({ budgetViolations }) => budgetViolations,
  ({ victims }) => victims[0]!.priority,
  ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + PRIORITY_OFFSET, 0),
  ({ victims }) => victims.length,
  ({ victims }, nowUs) => -earliestStartUs(victims, nowUs),
];

/** All candidates that no rule tells apart, in the order given. */
export function cheapestCandidates(
  candidates: readonly PreemptionCandidate[],
  nowUs: number,
): readonly PreemptionCandidate[] {
  let left = candidates;
  for (const cost of COSTS) {
    if (left.length <= 1) break;
    const costs = left.map((candidate) => cost(candidate, nowUs));
    const least = costs.reduce((a, b) => Math.min(a, b));
    left = left.filter((_, index) => costs[index] === least);
  }
  return left;
}

/** Earliest start among the victims of the highest priority. */
function earliestStartUs(victims: readonly PodInfo[], nowUs: number): number {
  const highest = victims.reduce(
    (most, { priority }) => Math.max(most, priority),
    -PRIORITY_OFFSET,
  );
  let earliest = Number.POSITIVE_INFINITY;
  for (const victim of victims) {
    if (victim.priority === highest) earliest = Math.min(earliest, startedUs(victim, nowUs));
  }
  return earliest;
}
