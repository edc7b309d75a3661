// PlainEvaluator: one scheduling cycle in the plainest code. It is the specification.
//
// It keeps nothing between cycles but the rotating start and the batch of each profile, reads the
// cache's per-node sums, and recomputes everything else. Faster evaluators must give the same node,
// scores and reasons.

import { compareText } from "../../base/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { CycleState } from "../framework/cycle-state.ts";
import type { Decision, NotSimulated } from "../framework/decision.ts";
import { formatFitError } from "../framework/fit-error.ts";
import { NodeStatuses } from "../framework/node-statuses.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { Code, isRejected, type Status, statusMessage, unresolvable } from "../framework/status.ts";
import { filterNode, type PreFiltering, runFilters, runPreFilters } from "./filtering.ts";
import {
  type BatchCycle,
  type BatchStatistics,
  createBatchStatistics,
  OpportunisticBatch,
} from "./opportunistic-batch.ts";
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
}

const NO_NODES_TEXT = "no nodes available to schedule pods";

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
  nextStart = 0;
  readonly batchStatistics: BatchStatistics = createBatchStatistics();
  private readonly cache: SchedulerCache;
  private readonly percentage: number;
  private readonly tieBreak: TieBreak;
  private readonly details: boolean;
  private readonly nowUs: () => number;
  private readonly isBatching: boolean;
  private readonly batches = new Map<Profile, OpportunisticBatch>();
  private readonly signatures = new WeakMap<object, Map<Profile, string | undefined>>();
  private lastCycle = 0;
  private lastBatch: OpportunisticBatch | undefined;

  constructor(cache: SchedulerCache, options: EvaluatorOptions = {}) {
    this.cache = cache;
    this.percentage = options.percentageOfNodesToScore ?? 0;
    this.tieBreak = options.tieBreak ?? "heap";
    this.details = options.details === true;
    this.nowUs = options.nowUs ?? (() => 0);
    this.isBatching = options.batching !== false;
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
    const batched = this.batchCycle(pod, profile, cycle);
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
    if (batched !== undefined) this.keepRanking(profile, decision, batched);
    return decision;
  }

  endCycle(nowUs: number): void {
    this.lastBatch?.endCycle(nowUs);
    this.lastBatch = undefined;
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
    if (batched !== undefined) search.hint = this.takeHint(profile, state, pod, batched);
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

  // --- Batching (scheduler.md 9.1) -------------------------------------------------------------

  private batchCycle(pod: PodInfo, profile: Profile, number: number): BatchCycle | undefined {
    if (!this.isBatching || !profile.signer.isAble) return undefined;
    return { number, nowUs: this.nowUs(), signature: this.signatureOf(pod, profile) };
  }

  /** Signatures hang on what all pods of a template share. */
  private signatureOf(pod: PodInfo, profile: Profile): string | undefined {
    let ofTemplate = this.signatures.get(pod.template);
    if (ofTemplate === undefined) {
      ofTemplate = new Map();
      this.signatures.set(pod.template, ofTemplate);
    }
    if (!ofTemplate.has(profile)) ofTemplate.set(profile, profile.signer.signatureOf(pod));
    return ofTemplate.get(profile);
  }

  private batchOf(profile: Profile): OpportunisticBatch {
    let batch = this.batches.get(profile);
    if (batch === undefined) {
      batch = new OpportunisticBatch(this.batchStatistics, this.tieBreak);
      this.batches.set(profile, batch);
    }
    return batch;
  }

  private takeHint(profile: Profile, state: CycleState, pod: PodInfo, cycle: BatchCycle): string {
    return this.batchOf(profile).takeHint(cycle, (nodeName) => {
      const row = this.cache.findRow(nodeName);
      if (row === undefined || !this.cache.nodeList.includes(row)) return undefined;
      return isRejected(runFilters(profile, state, pod, row));
    });
  }

  private keepRanking(profile: Profile, decision: Decision, cycle: BatchCycle): void {
    const { node, feasible, totals, hint } = decision;
    if (node === -1) return;
    const nameOf = (row: NodeRow): string => this.cache.nodeName(row);
    const ranking =
      totals.length > 1 ? { feasible, totals, winner: feasible.indexOf(node) } : undefined;
    this.lastBatch = this.batchOf(profile);
    this.lastBatch.store(cycle, hint, nameOf(node), ranking, nameOf);
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
      message: this.messageOf(search, isPlaced, preFilterMessage),
      preFilterMessage,
      notSimulated: notSimulatedIn(profile, pod),
    };
  }

  private messageOf(search: Search, isPlaced: boolean, preFilterMessage: string): string {
    const allNodeCount = this.cache.nodeList.length;
    if (allNodeCount === 0) return NO_NODES_TEXT;
    if (search.error !== undefined) return statusMessage(search.error);
    if (isPlaced) return "";
    const { statuses } = search;
    return formatFitError({ allNodeCount, statuses, preFilterMessage, postFilterMessage: "" });
  }
}

/** Names what upstream does for this pod and this build does not. */
export function notSimulatedIn(profile: Profile, pod: PodInfo): NotSimulated[] {
  const found: NotSimulated[] = [];
  for (const plugin of profile.plugins) {
    const reason = plugin.notSimulated?.(pod);
    if (reason !== undefined) found.push({ plugin: plugin.name, reason });
  }
  return found;
}

function outcomeOf(
  nodeCount: number,
  error: Status | undefined,
  isPlaced: boolean,
): Decision["outcome"] {
  if (nodeCount === 0) return "no-nodes";
  if (error !== undefined) return "error";
  return isPlaced ? "placed" : "unschedulable";
}

/** The plugins behind the statuses of single nodes. */
function refusersOf(statuses: NodeStatuses): Set<string> {
  const plugins = new Set<string>();
  for (const [, status] of statuses.entries()) plugins.add(status.plugin);
  return plugins;
}

function rejectingPlugins(
  statuses: NodeStatuses,
  preFiltering: PreFiltering | undefined,
): ReadonlySet<string> {
  const plugins = refusersOf(statuses);
  if (statuses.absent.plugin !== "") plugins.add(statuses.absent.plugin);
  for (const plugin of preFiltering?.narrowingPlugins ?? []) plugins.add(plugin);
  return plugins;
}
