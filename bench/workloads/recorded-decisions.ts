// RecordedDecisions: an evaluator that knows the answers, so that what is around it can be measured.
//
// The same stream decided by it costs what the workload and the cache cost, without any evaluator and
// without anything that one keeps in step with the cache. It only serves streams in which every pod is
// placed, because it has no verdicts to go on from.

import type { Decision, Evaluator, PodInfo } from "../../src/scheduler/index.ts";
import { NodeStatuses } from "../../src/scheduler/index.ts";

/** What of a decision the workload and its hash read. */
export type RecordedDecision = Pick<
  Decision,
  "node" | "score" | "feasibleCount" | "evaluatedCount" | "nextStart" | "tieCount"
>;

/** Gives back the recorded decisions, one after the other. */
export class RecordedDecisions implements Evaluator {
  nextStart = 0;
  private readonly decisions: readonly RecordedDecision[];
  private next = 0;

  constructor(decisions: readonly RecordedDecision[]) {
    this.decisions = decisions;
  }

  decide(pod: PodInfo): Decision {
    const recorded = this.decisions[this.next++];
    if (recorded === undefined) throw new Error("There are no more recorded decisions.");
    if (recorded.node === -1) throw new Error("A recorded decision placed no pod.");
    return new Replayed(pod, recorded);
  }
}

/** Makes room for as many fields as a real decision has. */
class Replayed implements Decision {
  readonly outcome = "placed";
  readonly feasible: Decision["feasible"] = [];
  readonly statuses: NodeStatuses = NO_STATUSES;
  readonly preFilter: Decision["preFilter"] = { code: 0, plugin: "", reasons: [] };
  readonly narrowedTo = undefined;
  readonly skippedFilters: readonly string[] = [];
  readonly skippedScores: readonly string[] = [];
  readonly rejectingPlugins: ReadonlySet<string> = NOBODY;
  readonly totals: readonly number[] = [];
  readonly scores: Decision["scores"] = [];
  readonly viaNominated = false;
  readonly hint = "";
  readonly viaHint = false;
  readonly start = 0;
  readonly message = "";
  readonly preFilterMessage = "";
  readonly notSimulated: Decision["notSimulated"] = [];
  readonly pod: PodInfo;
  readonly node: Decision["node"];
  readonly score: number | undefined;
  readonly feasibleCount: number;
  readonly evaluatedCount: number;
  readonly nextStart: number;
  readonly tieCount: number;

  constructor(pod: PodInfo, recorded: RecordedDecision) {
    this.pod = pod;
    this.node = recorded.node;
    this.score = recorded.score;
    this.feasibleCount = recorded.feasibleCount;
    this.evaluatedCount = recorded.evaluatedCount;
    this.nextStart = recorded.nextStart;
    this.tieCount = recorded.tieCount;
  }
}

const NO_STATUSES = new NodeStatuses();
const NOBODY: ReadonlySet<string> = new Set<string>();
