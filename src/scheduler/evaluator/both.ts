// BothEvaluator: two evaluators over one cache, compared in full at every decision.
//
// For finding out whether a fast evaluator is still the plain one's twin. It costs more than the plain
// one; the first difference ends the run with an error that says what differed.

import { CycleState } from "../framework/cycle-state.ts";
import type { Decision } from "../framework/decision.ts";
import { podKey, type PodInfo } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { type DecisionDifference, findDecisionDifference } from "./decision-difference.ts";
import type { Evaluator } from "./plain.ts";
import type { TieBreak } from "./winner.ts";

/** Two evaluators decided otherwise about one pod. */
export class EvaluatorDifference extends Error {
  override readonly name: string = "EvaluatorDifference";
  readonly pod: PodInfo;
  readonly difference: DecisionDifference;
  /** Number of the decision in this evaluator's life, from 1. */
  readonly decision: number;

  constructor(pod: PodInfo, difference: DecisionDifference, decision: number) {
    const { field, left, right } = difference;
    const shown = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}...` : text);
    super(
      `decision ${decision}, about ${podKey(pod)}: ${field} is ${shown(left)} by the reference and ${shown(right)} by the other evaluator`,
    );
    this.pod = pod;
    this.difference = difference;
    this.decision = decision;
  }
}

/** Ties that fall alike for two evaluators: the first draws, the second is given the same draws. */
export function sharedTies(tieBreak: TieBreak): readonly [TieBreak, TieBreak] {
  if (tieBreak === "heap") return ["heap", "heap"];
  const draws: number[] = [];
  return [
    () => {
      const draw = tieBreak();
      draws.push(draw);
      return draw;
    },
    () => draws.shift() ?? 0,
  ];
}

/** Decides with both; what it gives back is the second one's. */
export class BothEvaluator implements Evaluator {
  private readonly reference: Evaluator;
  private readonly other: Evaluator;
  private decisions = 0;

  constructor(reference: Evaluator, other: Evaluator) {
    this.reference = reference;
    this.other = other;
  }

  get nextStart(): number {
    return this.other.nextStart;
  }

  decide(pod: PodInfo, profile: Profile, state?: CycleState, cycle?: number): Decision {
    this.decisions++;
    const wanted = this.reference.decide(pod, profile, new CycleState(), cycle);
    const decision = this.other.decide(pod, profile, state ?? new CycleState(), cycle);
    const difference = findDecisionDifference(wanted, decision);
    if (difference !== undefined) throw new EvaluatorDifference(pod, difference, this.decisions);
    return decision;
  }

  endCycle(nowUs: number): void {
    this.reference.endCycle?.(nowUs);
    this.other.endCycle?.(nowUs);
  }
}
