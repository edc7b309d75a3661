// PlainEvaluator: one scheduling cycle in the plainest code. It is the specification.
//
// It keeps nothing between cycles but the rotating start and the batch of each profile, reads the
// cache's per-node sums, and recomputes everything else. Faster evaluators must give the same node,
// scores and reasons.

import { compareText } from "../../base/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { CycleState } from "../framework/cycle-state.ts";
import type { Decision } from "../framework/decision.ts";
import { NodeStatuses } from "../framework/node-statuses.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { Code, type Status, statusMessage, unresolvable } from "../framework/status.ts";
import { filterNode, type PreFiltering, runFilters, runPreFilters } from "./filtering.ts";
import { BatchKeeper } from "./batch-keeper.ts";
import {
  conclusionText,
  notSimulatedIn,
  outcomeOf,
  refusersOf,
  rejectingPlugins,
} from "./conclusion.ts";
import type { BatchCycle, BatchStatistics } from "./opportunistic-batch.ts";
import { feasibleNodesToFind } from "./sampling.ts";
import { runScores, type Scoring } from "./scoring.ts";
import { bestPositions, pickWinner, type TieBreak } from "./winner.ts";

/** How an evaluator decides beyond what the profile says. */
export interface EvaluatorOptions {
  /** Used by profiles without a percentage of their own; 0 means adaptive. */
  readonly percentageOfNodesToScore?: number;
  readonly tieBreak?: TieBreak;
  /** Keep each plugin's scores in the decision. */
  readonly details?: boolean;
  /** Simulated time in microseconds, for the age of batches; absent: they do not age. */
  readonly nowUs?: (() => number) | undefined;
  /** OpportunisticBatching, on by default; extenders switch it off. */
  readonly batching?: boolean;
  /** Place in the node list where the first search begins: 0. */
  readonly start?: number;
}

/** The contract every evaluator fulfils. */
export interface Evaluator {
  /** Where the next search over nodes begins; one counter for all profiles. */
  readonly nextStart: number;
  /**
   * One cycle for this pod: refreshes the snapshot, filters, scores, chooses. Assumes nothing.
   * Plugins write to `state`, which the caller needs again for the later extension points. `cycle` is
   * the number of the pop, which rises by one with each; absent: one more than the last.
   */
  decide(pod: PodInfo, profile: Profile, state?: CycleState, cycle?: number): Decision;
  /** The cycle of the last decision is over, after the simulated time that it took. */
  endCycle?(nowUs: number): void;
  /** Plugins that it could only call node by node, sorted; absent: it calls all of them so. */
  readonly plainPlugins?: readonly string[];
}

/** What one cycle gathers before it becomes a Decision. */
interface Search {
  readonly statuses: NodeStatuses;
  readonly feasible: NodeRow[];
  viaNominated: boolean;
  /** The node that the batch proposed, "" when none. */
  hint: string;
  error: Status | undefined;
}

/** The evaluator that all others are compared with. */
export class PlainEvaluator implements Evaluator {
  nextStart: number;
  private readonly cache: SchedulerCache;
  private readonly percentage: number;
  private readonly tieBreak: TieBreak;
  private readonly details: boolean;
  private readonly batches: BatchKeeper;
  private lastCycle = 0;

  /** `batches` are shared with an evaluator that leaves some pods to this one. */
  constructor(cache: SchedulerCache, options: EvaluatorOptions = {}, batches?: BatchKeeper) {
    this.cache = cache;
    this.nextStart = options.start ?? 0;
    this.percentage = options.percentageOfNodesToScore ?? 0;
    this.tieBreak = options.tieBreak ?? "heap";
    this.details = options.details === true;
    this.batches = batches ?? createBatchKeeper(cache, options);
  }

  get batchStatistics(): BatchStatistics {
    return this.batches.statistics;
  }

  decide(
    pod: PodInfo,
    profile: Profile,
    state: CycleState = new CycleState(),
    cycle: number = this.lastCycle + 1,
  ): Decision {
    this.lastCycle = cycle;
    const { operations } = this.cache;
    operations.decisions++;
    state.operations = operations;
    const start = this.nextStart;
    const all = this.cache.refreshSnapshot();
    const search: Search = {
      statuses: new NodeStatuses(),
      feasible: [],
      viaNominated: false,
      hint: "",
      error: undefined,
    };
    const batched = this.batches.cycleOf(pod, profile, cycle);
    if (all.length === 0) return this.conclude(pod, profile, search, start);
    const preFiltering = runPreFilters(profile, state, pod, all);
    if (preFiltering.status.code === Code.Error) search.error = preFiltering.status;
    else if (preFiltering.status.code !== Code.Success)
      search.statuses.absent = preFiltering.status;
    else this.findFeasible(profile, state, pod, all, preFiltering, search, batched);
    let scoring: Scoring | undefined;
    if (search.error === undefined && search.feasible.length > 1) {
      scoring = runScores(profile, state, pod, search.feasible);
      if (scoring.status.code !== Code.Success) search.error = scoring.status;
    }
    const decision = this.conclude(pod, profile, search, start, preFiltering, scoring);
    if (batched !== undefined) this.batches.keepRanking(profile, decision, batched);
    return decision;
  }

  endCycle(nowUs: number): void {
    this.batches.endCycle(nowUs);
  }

  /** The nominated or hinted node first, then a rotating search until enough nodes fit. */
  private findFeasible(
    profile: Profile,
    state: CycleState,
    pod: PodInfo,
    all: readonly NodeRow[],
    preFiltering: PreFiltering,
    search: Search,
    batched: BatchCycle | undefined,
  ): void {
    // A hint is taken, and so used up, even where a nomination goes before it.
    if (batched !== undefined) {
      const filter = (row: NodeRow): Status => runFilters(profile, state, pod, row);
      search.hint = this.batches.takeHint(profile, batched, filter);
    }
    const first = pod.nominatedNodeName === "" ? search.hint : pod.nominatedNodeName;
    const firstRow = first === "" ? undefined : this.cache.findRow(first);
    if (firstRow !== undefined && all.includes(firstRow)) {
      this.searchNodes(profile, state, pod, [firstRow], 0, 1, search);
      // Upstream only logs an error here and goes on to the other nodes.
      search.error = undefined;
      if (search.feasible.length > 0) {
        search.viaNominated = pod.nominatedNodeName !== "";
        return;
      }
    }
    const { nodeNames, narrowingPlugins } = preFiltering;
    let nodes = all;
    if (nodeNames !== undefined) {
      nodes = all.filter((row) => nodeNames.has(this.cache.nodeName(row)));
      // Upstream keeps one set for both: who refused the nominated node is listed as well.
      const plugins = new Set([...narrowingPlugins, ...refusersOf(search.statuses)]);
      const list = [...plugins].sort(compareText).join(" ");
      search.statuses.absent = unresolvable("", `node(s) didn't satisfy plugin(s) [${list}]`);
    }
    const percentage = profile.percentageOfNodesToScore ?? this.percentage;
    const wanted =
      profile.scorePlugins.length === 0 ? 1 : feasibleNodesToFind(nodes.length, percentage);
    this.searchNodes(profile, state, pod, nodes, this.nextStart, wanted, search);
    const processed = search.feasible.length + search.statuses.explicitCount;
    this.nextStart = (this.nextStart + processed) % all.length;
  }

  /** Filters nodes from `start` on; the node after the last wanted one stops it without a trace. */
  private searchNodes(
    profile: Profile,
    state: CycleState,
    pod: PodInfo,
    nodes: readonly NodeRow[],
    start: number,
    wanted: number,
    search: Search,
  ): void {
    for (let step = 0; step < nodes.length; step++) {
      const row = nodes[(start + step) % nodes.length]!;
      this.cache.operations.nodesTouched++;
      const status = filterNode(profile, this.cache, state, pod, row);
      if (status.code === Code.Error) {
        search.error = status;
        return;
      }
      if (status.code !== Code.Success) {
        search.statuses.set(row, status);
        continue;
      }
      if (search.feasible.length === wanted) return;
      search.feasible.push(row);
    }
  }

  private conclude(
    pod: PodInfo,
    profile: Profile,
    search: Search,
    start: number,
    preFiltering?: PreFiltering,
    scoring?: Scoring,
  ): Decision {
    const { statuses, feasible, error, viaNominated, hint } = search;
    const all = this.cache.nodeList;
    const totals = scoring?.totals ?? [];
    const isPlaced = error === undefined && feasible.length > 0;
    const winner = totals.length > 1 ? pickWinner(totals, this.tieBreak) : 0;
    const rejectsAll = preFiltering !== undefined && preFiltering.status.code !== Code.Success;
    const preFilterMessage =
      rejectsAll && error === undefined ? statusMessage(preFiltering.status) : "";
    return {
      pod,
      outcome: outcomeOf(all.length, error, isPlaced),
      node: isPlaced ? feasible[winner]! : -1,
      feasible,
      feasibleCount: feasible.length,
      score: isPlaced ? totals[winner] : undefined,
      statuses,
      preFilter: preFiltering?.status ?? { code: Code.Success, plugin: "", reasons: [] },
      narrowedTo: preFiltering?.nodeNames,
      skippedFilters: preFiltering?.skipped ?? [],
      skippedScores: scoring?.skipped ?? [],
      rejectingPlugins: isPlaced ? new Set() : rejectingPlugins(statuses, preFiltering),
      totals,
      scores: this.details ? (scoring?.scores ?? []) : [],
      tieCount: totals.length > 1 ? bestPositions(totals).length : Math.min(feasible.length, 1),
      viaNominated,
      hint,
      viaHint: isPlaced && !viaNominated && hint === this.cache.nodeName(feasible[winner]!),
      evaluatedCount: feasible.length + statuses.explicitCount,
      start,
      nextStart: this.nextStart,
      message: conclusionText(all.length, statuses, error, isPlaced, preFilterMessage),
      preFilterMessage,
      notSimulated: notSimulatedIn(profile, pod),
    };
  }
}

/** The batches of an evaluator with these options. */
export function createBatchKeeper(cache: SchedulerCache, options: EvaluatorOptions): BatchKeeper {
  return new BatchKeeper(cache, {
    tieBreak: options.tieBreak ?? "heap",
    nowUs: options.nowUs ?? (() => 0),
    isBatching: options.batching !== false,
  });
}
