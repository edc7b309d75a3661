// BothEvaluator: two evaluators over one cache, compared in full at every decision.
//
// For finding out whether a fast evaluator is still the plain one's twin. It costs more than the plain
// one; the first difference ends the run with an error that says what differed.

import { CycleState } from "../framework/cycle-state.ts";
import type { Decision } from "../framework/decision.ts";
import { podKey, type PodInfo } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { ComparedVictims } from "../preemption/compared-victims.ts";
import type { VictimFinder } from "../preemption/victim-finder.ts";
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
  /** Place in the node list where the search began. */
  readonly start: number;

  constructor(pod: PodInfo, difference: DecisionDifference, decision: number, start: number) {
    const { field, left, right } = difference;
    super(
      `decision ${decision}, about ${podKey(pod)}: ${field} is ${short(left)} by the reference and ${short(right)} by the other evaluator`,
    );
    this.pod = pod;
    this.difference = difference;
    this.decision = decision;
    this.start = start;
  }
}

const SHOWN_LENGTH_MAX = 300;

function short(text: string): string {
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}...` : text;
}

/** Ties that fall alike for two evaluators: the first draws, the second is given the same draws. */
export class SharedTies {
  readonly first: TieBreak;
  readonly second: TieBreak;
  private draws: number[] = [];
  private missing = 0;

  constructor(tieBreak: TieBreak) {
    this.first = tieBreak === "heap" ? "heap" : () => this.record(tieBreak());
    this.second = tieBreak === "heap" ? "heap" : () => this.replay();
  }

  /** How many draws the second made more (or fewer, below zero) than the first; then counts anew. */
  takeSurplus(): number {
    const surplus = this.missing - this.draws.length;
    this.draws = [];
    this.missing = 0;
    return surplus;
  }

  private record(draw: number): number {
    this.draws.push(draw);
    return draw;
  }

  private replay(): number {
    const draw = this.draws.shift();
    if (draw === undefined) this.missing++;
    return draw ?? 0;
  }
}

/** Decides with both; what it gives back is the second one's. */
export class BothEvaluator implements Evaluator {
  private readonly reference: Evaluator;
  private readonly other: Evaluator;
  private readonly ties: SharedTies;
  private decisions = 0;

  /** `ties` are those that the two evaluators were made with. */
  constructor(reference: Evaluator, other: Evaluator, ties: SharedTies = new SharedTies("heap")) {
    this.reference = reference;
    this.other = other;
    this.ties = ties;
  }

  get nextStart(): number {
    return this.other.nextStart;
  }

  get plainPlugins(): readonly string[] {
    return this.other.plainPlugins ?? [];
  }

  decide(
    pod: PodInfo,
    profile: Profile,
    state: CycleState = new CycleState(),
    cycle?: number,
  ): Decision {
    this.decisions++;
    const start = this.reference.nextStart;
    const wanted = this.reference.decide(pod, profile, new CycleState(), cycle);
    const decision = this.other.decide(pod, profile, state, cycle);
    const surplus = this.ties.takeSurplus();
    const difference =
      findDecisionDifference(wanted, decision) ??
      (surplus === 0
        ? undefined
        : { field: "surplus of tie draws", left: "0", right: String(surplus) });
    if (difference !== undefined) {
      throw new EvaluatorDifference(pod, difference, this.decisions, start);
    }
    if (state.victims !== undefined) state.victims = this.compared(pod, start, state.victims);
    return decision;
  }

  /** What the second one knows of victims, compared with the dry run when PostFilter asks. */
  private compared(pod: PodInfo, start: number, victims: VictimFinder): VictimFinder {
    return new ComparedVictims(victims, (node, left, right) => {
      const difference = { field: `preemption on node ${node}`, left, right };
      throw new EvaluatorDifference(pod, difference, this.decisions, start);
    });
  }

  endCycle(nowUs: number): void {
    this.reference.endCycle?.(nowUs);
    this.other.endCycle?.(nowUs);
  }
}
