// FusedDecision: a Decision whose long lists are made when somebody reads them.
//
// A run only reads the chosen node, counts and texts of most decisions. The lists are those of the
// pass that made the decision, so they must be read before the evaluator begins the next one, and
// verdicts of single nodes before the cache changes; later reads are programming errors and throw.

import { AssertionError } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { Decision } from "../../framework/decision.ts";
import type { NodeStatuses } from "../../framework/node-statuses.ts";

/** The lists of the decision that was made last. */
export interface DecisionLists {
  /** Number of that decision. */
  readonly serial: number;
  feasible(): readonly NodeRow[];
  totals(): readonly number[];
  /** Asserts that the cache is still the one that was judged. */
  statuses(): NodeStatuses;
}

/** The parts of a decision that are cheap. */
export type DecisionFacts = Omit<Decision, "feasible" | "totals" | "statuses">;

/** Facts at once, lists on demand. */
export class FusedDecision implements Decision {
  readonly pod: Decision["pod"];
  readonly outcome: Decision["outcome"];
  readonly node: Decision["node"];
  readonly feasibleCount: number;
  readonly score: number | undefined;
  readonly preFilter: Decision["preFilter"];
  readonly narrowedTo: Decision["narrowedTo"];
  readonly skippedFilters: readonly string[];
  readonly skippedScores: readonly string[];
  readonly rejectingPlugins: ReadonlySet<string>;
  readonly scores: Decision["scores"];
  readonly tieCount: number;
  readonly viaNominated: boolean;
  readonly hint: string;
  readonly viaHint: boolean;
  readonly evaluatedCount: number;
  readonly start: number;
  readonly nextStart: number;
  readonly message: string;
  readonly preFilterMessage: string;
  readonly notSimulated: Decision["notSimulated"];
  private readonly serial: number;
  private readonly lists: DecisionLists;
  private feasibleList: readonly NodeRow[] | undefined;
  private totalList: readonly number[] | undefined;
  private statusList: NodeStatuses | undefined;

  /** `statuses`: where they have been made already. */
  constructor(facts: DecisionFacts, lists: DecisionLists, statuses: NodeStatuses | undefined) {
    this.pod = facts.pod;
    this.outcome = facts.outcome;
    this.node = facts.node;
    this.feasibleCount = facts.feasibleCount;
    this.score = facts.score;
    this.preFilter = facts.preFilter;
    this.narrowedTo = facts.narrowedTo;
    this.skippedFilters = facts.skippedFilters;
    this.skippedScores = facts.skippedScores;
    this.rejectingPlugins = facts.rejectingPlugins;
    this.scores = facts.scores;
    this.tieCount = facts.tieCount;
    this.viaNominated = facts.viaNominated;
    this.hint = facts.hint;
    this.viaHint = facts.viaHint;
    this.evaluatedCount = facts.evaluatedCount;
    this.start = facts.start;
    this.nextStart = facts.nextStart;
    this.message = facts.message;
    this.preFilterMessage = facts.preFilterMessage;
    this.notSimulated = facts.notSimulated;
    this.serial = lists.serial;
    this.lists = lists;
    this.statusList = statuses;
  }

  get feasible(): readonly NodeRow[] {
    this.feasibleList ??= this.current().feasible();
    return this.feasibleList;
  }

  get totals(): readonly number[] {
    this.totalList ??= this.current().totals();
    return this.totalList;
  }

  get statuses(): NodeStatuses {
    this.statusList ??= this.current().statuses();
    return this.statusList;
  }

  private current(): DecisionLists {
    if (this.lists.serial !== this.serial) {
      throw new AssertionError("the lists of a decision are read after the next one began");
    }
    return this.lists;
  }
}
