// KeptVictims: who would have to go for one kind of preemptor, node by node, as worked out before.
//
// An answer holds until something changes on its node. Disruption budgets say in which order pods are
// spared, so other budgets void all answers.

import { Float64Column } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { DisruptionBudget } from "../../framework/cluster-objects.ts";
import type { Status } from "../../framework/status.ts";
import type { PreemptionCandidate } from "../../preemption/candidate.ts";

/** A node's victims, or why there are none. */
export type VictimAnswer = PreemptionCandidate | Status;

/** Answers by row, each with the generation of the node that it was given for. */
export class KeptVictims {
  private readonly generations = new Float64Column();
  private readonly answers: VictimAnswer[] = [];
  private budgets: readonly DisruptionBudget[] = [];

  /** Forgets everything that was found under other budgets. */
  refresh(budgets: readonly DisruptionBudget[]): void {
    if (isSame(budgets, this.budgets)) return;
    this.budgets = budgets;
    this.generations.clear();
    this.answers.length = 0;
  }

  find(row: NodeRow, generation: number): VictimAnswer | undefined {
    // A row that was never asked about has generation 0, which no node has.
    return this.generations.raw[row] === generation ? this.answers[row] : undefined;
  }

  keep(row: NodeRow, generation: number, answer: VictimAnswer): void {
    this.generations.grow(row + 1);
    this.generations.set(row, generation);
    this.answers[row] = answer;
  }
}

function isSame(a: readonly DisruptionBudget[], b: readonly DisruptionBudget[]): boolean {
  return a.length === b.length && a.every((budget, at) => isSameBudget(budget, b[at]!));
}

function isSameBudget(a: DisruptionBudget, b: DisruptionBudget): boolean {
  return (
    a.namespace === b.namespace &&
    a.selector === b.selector &&
    a.disruptionsAllowed === b.disruptionsAllowed &&
    a.disruptedPods.size === 0 &&
    b.disruptedPods.size === 0
  );
}
