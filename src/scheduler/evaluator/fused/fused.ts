// FusedEvaluator: one scheduling cycle as one pass over columns.
//
// The same decisions as PlainEvaluator, with what depends on pods elsewhere taken from counters and
// what depends on a node's object from tables. It is the fall-back and the second reference of the
// indexed evaluator. Profiles and pods that only the plain code can judge are handed to it.

import { assert, compareText } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { ClusterObjects } from "../../framework/cluster-objects.ts";
import { CycleState } from "../../framework/cycle-state.ts";
import type { Decision } from "../../framework/decision.ts";
import type { NodeStatuses } from "../../framework/node-statuses.ts";
import { uncounted } from "../../framework/operation-counts.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import type { Profile } from "../../framework/profile.ts";
import {
  Code,
  SKIP,
  type Status,
  statusMessage,
  SUCCESS,
  unresolvable,
} from "../../framework/status.ts";
import type { BatchKeeper, RankingSource } from "../batch-keeper.ts";
import { conclusionText, notSimulatedIn, outcomeOf, rejectingPlugins } from "../conclusion.ts";
import type { PreFiltering } from "../filtering.ts";
import type { BatchCycle, BatchStatistics } from "../opportunistic-batch.ts";
import {
  createBatchKeeper,
  type Evaluator,
  type EvaluatorOptions,
  PlainEvaluator,
} from "../plain.ts";
import { feasibleNodesToFind } from "../sampling.ts";
import { bestPositions, pickWinner, type TieBreak } from "../winner.ts";
import { DenseStatuses } from "./dense-statuses.ts";
import { type DecisionFacts, type DecisionLists, FusedDecision } from "./fused-decision.ts";
import { FusedProfile } from "./fused-profile.ts";
import { FusedScores, type FusedScoring } from "./fused-scores.ts";
import { FusedSearch } from "./fused-search.ts";
import { findWinner, type Winner } from "./heap-order.ts";
import { preFilterClass } from "./known-pre-filtering.ts";
import type { PodClass } from "./pod-class.ts";
import { PodClasses } from "./pod-classes.ts";
import { PodCounters } from "./pod-counters.ts";

const NO_SKIPS: readonly string[] = [];

/** What one cycle gathers before it becomes a Decision. */
export interface FusedCycle {
  readonly pod: PodInfo;
  readonly profile: Profile;
  readonly start: number;
  readonly all: readonly NodeRow[];
  readonly preFiltering: PreFiltering;
  absent: Status | undefined;
  viaNominated: boolean;
  hint: string;
}

/** What the search and the scores of a cycle came to. */
export interface FusedOutcome {
  readonly feasibleCount: number;
  readonly refusedCount: number;
  /** The chosen node, -1 when none fits or a plugin failed. */
  readonly node: NodeRow | -1;
  /** Undefined when nothing was scored. */
  readonly score: number | undefined;
  readonly tieCount: number;
  readonly skippedScores: readonly string[];
  readonly scores: Decision["scores"];
  readonly error: Status | undefined;
  readonly lists: OutcomeLists;
}

/** The long lists of the cycle that was last, made on demand. */
export interface OutcomeLists extends RankingSource {
  feasible(): readonly NodeRow[];
  totals(): readonly number[];
  statuses(): NodeStatuses;
}

/** Decides like PlainEvaluator; keeps counters and tables in step with the cache. */
export class FusedEvaluator implements Evaluator, DecisionLists {
  nextStart: number;
  protected readonly cache: SchedulerCache;
  protected readonly counters: PodCounters;
  protected readonly search: FusedSearch;
  protected readonly scores: FusedScores;
  protected readonly winner: Winner = { place: 0, total: 0, tieCount: 0 };
  protected readonly tieBreak: TieBreak;
  private readonly classes: PodClasses;
  private readonly plain: PlainEvaluator;
  private readonly batches: BatchKeeper;
  private readonly percentage: number;
  protected readonly details: boolean;
  private readonly profiles = new Map<Profile, FusedProfile>();
  private lastProfile: FusedProfile | undefined;
  private lastCycle = 0;
  /** Rises with each cycle, so that old decisions know that they are old. */
  serial = 0;
  /** The cycle that is under way or was last, and the state of the cache that it judged. */
  private run!: FusedCycle;
  private outcome!: FusedOutcome;
  protected generation = 0;
  private readonly ownLists: OutcomeLists = {
    feasible: () => {
      const { feasible, feasibleCount } = this.search;
      return Array.from(feasible.subarray(0, feasibleCount)) as NodeRow[];
    },
    totals: () => {
      if (this.outcome.score === undefined) return [];
      return Array.from(this.scores.totals.subarray(0, this.search.feasibleCount));
    },
    statuses: () => this.statusesOf(this.run),
  };

  constructor(cache: SchedulerCache, objects: ClusterObjects, options: EvaluatorOptions = {}) {
    this.cache = cache;
    this.counters = new PodCounters(cache);
    this.classes = new PodClasses(cache, this.counters, objects);
    this.search = new FusedSearch(cache, this.counters, objects);
    this.scores = new FusedScores(cache, this.counters);
    this.batches = createBatchKeeper(cache, options);
    this.plain = new PlainEvaluator(cache, options, this.batches);
    this.nextStart = options.start ?? 0;
    this.percentage = options.percentageOfNodesToScore ?? 0;
    this.tieBreak = options.tieBreak ?? "heap";
    this.details = options.details === true;
  }

  get batchStatistics(): BatchStatistics {
    return this.batches.statistics;
  }

  get plainPlugins(): readonly string[] {
    const plugins = new Set([...this.search.plainFilters, ...this.scores.plainScores]);
    for (const [{ schedulerName, plugins: all }, { isFusable }] of this.profiles) {
      if (!isFusable) plugins.add(`all ${all.length} plugins of profile ${schedulerName}`);
    }
    return [...plugins].sort(compareText);
  }

  endCycle(nowUs: number): void {
    this.batches.endCycle(nowUs);
  }

  decide(
    pod: PodInfo,
    profile: Profile,
    state: CycleState = new CycleState(),
    cycle: number = this.lastCycle + 1,
  ): Decision {
    this.lastCycle = cycle;
    this.serial++;
    const all = this.cache.refreshSnapshot();
    const fused = this.fusedOf(profile);
    if (all.length === 0 || !fused.isFusable || !this.isFusable(pod)) {
      return this.decidePlainly(pod, profile, state, cycle);
    }
    const { operations } = this.cache;
    operations.decisions++;
    state.operations = operations;
    const batched = this.batches.cycleOf(pod, profile, cycle);
    const podClass = this.classes.classOf(fused, pod);
    this.search.count(podClass);
    fused.answers.spread = this.search.spread.isActive ? SUCCESS : SKIP;
    fused.answers.podAffinity = this.search.affinity.isActive ? SUCCESS : SKIP;
    const answer = preFilterClass(fused, podClass, state, pod, all, operations);
    const { preFiltering } = answer;
    this.search.begin(podClass, pod, state, answer.filters);
    const run: FusedCycle = {
      pod,
      profile,
      start: this.nextStart,
      all,
      preFiltering,
      absent: undefined,
      viaNominated: false,
      hint: "",
    };
    this.run = run;
    let found: FusedOutcome | undefined;
    if (preFiltering.status.code === Code.Error) this.search.error = preFiltering.status;
    else if (preFiltering.status.code !== Code.Success) run.absent = preFiltering.status;
    else found = this.find(run, podClass, state, batched);
    const decision = this.conclude(run, found ?? this.score(run, podClass, state));
    if (decision.node === -1) this.promiseCounts(state, podClass);
    if (batched !== undefined) {
      this.batches.keepRanking(profile, decision, batched, this.outcome.lists);
    }
    return decision;
  }

  /** A way that does without visiting nodes; undefined: there is none for this pod now. */
  protected findByIndex(
    _run: FusedCycle,
    _podClass: PodClass,
    _state: CycleState,
  ): FusedOutcome | undefined {
    return undefined;
  }

  /** How many feasible nodes are enough among so many. */
  protected wantedOf({ scorePlugins, percentageOfNodesToScore }: Profile, nodes: number): number {
    if (scorePlugins.length === 0) return 1;
    return feasibleNodesToFind(nodes, percentageOfNodesToScore ?? this.percentage);
  }

  // ---- inside -------------------------------------------------------------------------------

  private decidePlainly(
    pod: PodInfo,
    profile: Profile,
    state: CycleState,
    cycle: number,
  ): Decision {
    this.plain.nextStart = this.nextStart;
    const decision = this.plain.decide(pod, profile, state, cycle);
    this.nextStart = this.plain.nextStart;
    return decision;
  }

  /** Pods that name their node are judged by name, and 64-bit amounts by their own sums. */
  private isFusable(pod: PodInfo): boolean {
    return this.cache.exact === undefined && pod.nodeName === "" && pod.template.nodeName === "";
  }

  private fusedOf(profile: Profile): FusedProfile {
    if (this.lastProfile?.profile === profile) return this.lastProfile;
    let fused = this.profiles.get(profile);
    if (fused === undefined) {
      fused = new FusedProfile(profile, { spread: SKIP, podAffinity: SKIP });
      this.profiles.set(profile, fused);
    }
    this.lastProfile = fused;
    return fused;
  }

  /** The nominated or hinted node first, then a rotating search until enough nodes fit. */
  private find(
    run: FusedCycle,
    podClass: PodClass,
    state: CycleState,
    batched: BatchCycle | undefined,
  ): FusedOutcome | undefined {
    const { pod, profile, all, preFiltering } = run;
    const { search, cache } = this;
    if (batched !== undefined) {
      run.hint = this.batches.takeHint(profile, batched, (row) => search.ownStatusOf(row));
    }
    const first = pod.nominatedNodeName === "" ? run.hint : pod.nominatedNodeName;
    const firstRow = first === "" ? undefined : cache.findRow(first);
    if (firstRow !== undefined && cache.isListed(firstRow)) {
      search.run([firstRow], 0, 1);
      // Upstream only logs an error here and goes on to the other nodes.
      search.error = undefined;
      if (search.feasibleCount > 0) {
        run.viaNominated = pod.nominatedNodeName !== "";
        return undefined;
      }
    }
    const { nodeNames } = preFiltering;
    const indexed = nodeNames === undefined ? this.findByIndex(run, podClass, state) : undefined;
    if (indexed !== undefined) return indexed;
    const nodes = nodeNames === undefined ? all : this.narrow(run, nodeNames);
    search.run(nodes, this.nextStart, this.wantedOf(profile, nodes.length));
    const processed = search.feasibleCount + search.refusedCount;
    this.nextStart = (this.nextStart + processed) % all.length;
    return undefined;
  }

  private narrow(run: FusedCycle, nodeNames: ReadonlySet<string>): readonly NodeRow[] {
    const { search, cache } = this;
    const plugins = new Set(run.preFiltering.narrowingPlugins);
    for (let at = 0; at < search.refusedCount; at++) {
      plugins.add(search.statusOf(search.refused[at] as NodeRow).plugin);
    }
    const list = [...plugins].sort(compareText).join(" ");
    run.absent = unresolvable("", `node(s) didn't satisfy plugin(s) [${list}]`);
    if (nodeNames.size === 1) {
      const [name] = nodeNames;
      const row = cache.findRow(name!);
      return row !== undefined && cache.isListed(row) ? [row] : [];
    }
    return run.all.filter((row) => nodeNames.has(cache.nodeName(row)));
  }

  /** PostFilter and whoever else goes on from here finds what PreFilter counts. */
  protected promiseCounts(state: CycleState, _podClass: PodClass): void {
    const { serial, cache, search } = this;
    const generation = cache.currentGeneration;
    state.prepare = () => {
      assert(
        serial === this.serial && generation === cache.currentGeneration,
        "counts of a cycle are asked for after the cache changed",
      );
      search.rememberCounts();
    };
  }

  /** Scores what the search found and chooses. */
  private score(run: FusedCycle, podClass: PodClass, state: CycleState): FusedOutcome {
    const { search, winner } = this;
    const { feasible, feasibleCount, refusedCount } = search;
    let scoring: FusedScoring | undefined;
    if (search.error === undefined && feasibleCount > 1) {
      scoring = this.scores.run(podClass, run.pod, state, feasible, feasibleCount, this.details);
      if (scoring.status.code !== Code.Success) search.error = scoring.status;
      else this.choose(feasibleCount);
    } else {
      winner.place = 0;
    }
    const isPlaced = search.error === undefined && feasibleCount > 0;
    const isScored = scoring !== undefined && search.error === undefined;
    return {
      feasibleCount,
      refusedCount,
      node: isPlaced ? (feasible[winner.place] as NodeRow) : -1,
      score: isScored ? winner.total : undefined,
      tieCount: isScored ? winner.tieCount : Math.min(feasibleCount, 1),
      skippedScores: scoring?.skipped ?? NO_SKIPS,
      scores: this.details ? (scoring?.scores ?? []) : [],
      error: search.error,
      lists: this.ownLists,
    };
  }

  private conclude(run: FusedCycle, found: FusedOutcome): Decision {
    const { pod, profile, all, preFiltering, hint, viaNominated } = run;
    const { cache } = this;
    const { feasibleCount, refusedCount, node, error } = found;
    this.outcome = found;
    this.generation = cache.currentGeneration;
    const isPlaced = node !== -1;
    const rejectsAll = preFiltering.status.code !== Code.Success;
    const preFilterMessage =
      rejectsAll && error === undefined ? statusMessage(preFiltering.status) : "";
    // Whoever goes on from a pod that fits nowhere wants the verdicts.
    const statuses = isPlaced && !this.details ? undefined : found.lists.statuses();
    const facts: DecisionFacts = {
      pod,
      outcome: outcomeOf(all.length, error, isPlaced),
      node,
      feasibleCount,
      score: isPlaced ? found.score : undefined,
      preFilter: preFiltering.status,
      narrowedTo: preFiltering.nodeNames,
      skippedFilters: preFiltering.skipped,
      skippedScores: found.skippedScores,
      rejectingPlugins: isPlaced ? NOBODY : rejectingPlugins(statuses!, preFiltering),
      scores: found.scores,
      tieCount: found.tieCount,
      viaNominated,
      hint,
      viaHint: isPlaced && !viaNominated && hint !== "" && hint === cache.nodeName(node),
      evaluatedCount: feasibleCount + refusedCount,
      start: run.start,
      nextStart: this.nextStart,
      message: isPlaced
        ? ""
        : conclusionText(all.length, statuses!, error, isPlaced, preFilterMessage),
      preFilterMessage,
      notSimulated: notSimulatedIn(profile, pod),
    };
    return new FusedDecision(facts, this, statuses);
  }

  // ---- the lists of the last decision -----------------------------------------------------------

  feasible(): readonly NodeRow[] {
    return this.outcome.lists.feasible();
  }

  totals(): readonly number[] {
    return this.outcome.lists.totals();
  }

  statuses(): NodeStatuses {
    const { cache, outcome } = this;
    assert(
      this.generation === cache.currentGeneration,
      "verdicts are read after the cache changed",
    );
    return uncounted(cache.operations, () => outcome.lists.statuses());
  }

  private choose(count: number): void {
    findWinner(this.scores.totals, count, this.winner);
    if (this.tieBreak === "heap") return;
    const totals = Array.from(this.scores.totals.subarray(0, count));
    this.winner.place = pickWinner(totals, this.tieBreak);
    this.winner.tieCount = bestPositions(totals).length;
  }

  /** Why the nodes that refused did so. */
  protected statusesOf({ absent }: FusedCycle): NodeStatuses {
    const { search } = this;
    const rows = Array.from(search.refused.subarray(0, search.refusedCount)) as NodeRow[];
    return new DenseStatuses(
      rows,
      rows.map((row) => search.statusOf(row)),
      absent,
    );
  }
}

const NOBODY: ReadonlySet<string> = new Set<string>();
