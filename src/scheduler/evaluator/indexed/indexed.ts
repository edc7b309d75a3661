// IndexedEvaluator: decisions whose cost hardly grows with the cluster.
//
// Where all nodes are to be scored it keeps, per request signature, how well every node suits, brings
// that up to date from a journal, and finds the winner by partition and block. Everything else
// (sampling, rules that do not split by partition, the first pod of a signature) is the
// fused pass. Both give what PlainEvaluator gives.

import { assert } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { ClusterObjects } from "../../framework/cluster-objects.ts";
import { CycleState } from "../../framework/cycle-state.ts";
import { uncounted } from "../../framework/operation-counts.ts";
import type { NodeStatuses } from "../../framework/node-statuses.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { Code } from "../../framework/status.ts";
import { InterPodAffinity } from "../../plugins/inter-pod-affinity.ts";
import { PodTopologySpread } from "../../plugins/pod-topology-spread.ts";
import {
  FusedEvaluator,
  type FusedCycle,
  type FusedOutcome,
  type OutcomeLists,
} from "../fused/fused.ts";
import type { FusedProfile } from "../fused/fused-profile.ts";
import type { PodClass } from "../fused/pod-class.ts";
import type { LaterRanking } from "../opportunistic-batch.ts";
import type { EvaluatorOptions } from "../plain.ts";
import { BlockSummaries } from "./block-summaries.ts";
import { BoundedState, isBounded } from "./bounded-state.ts";
import { type IndexPlan, planFor } from "./index-plan.ts";
import { type GroupWeights, hasUniqueHosts, IndexedChoice } from "./indexed-choice.ts";
import { IndexedVictims } from "./indexed-victims.ts";
import type { KeptVerdicts } from "./kept-verdicts.ts";
import { KindKeys } from "./kind-keys.ts";
import { NodeSlots } from "./node-slots.ts";
import { NodeValues, valueWeightsOf, type ValueWeights } from "./node-value.ts";
import { PartitionFacts } from "./partition-facts.ts";
import { type ClassSignatures, Signatures } from "./signatures.ts";
import type { Suitability } from "./suitability.ts";
import { UnschedulableKinds } from "./unschedulable-kinds.ts";

/** How nodes suit the pod of a cycle. */
interface Suited {
  state: Suitability;
  /** Added to a value it gives the weighted scores. */
  offset: number;
}

/** So many changes of nodes cost a kept signature about what a search by bounds costs. */
const CHANGES_PER_SEARCH = 512;
const NO_SCORES: FusedOutcome["scores"] = [];

/** What is known of a profile. */
interface IndexedProfile {
  /** Undefined: it has scores that are not of single nodes, partitions and counted pods. */
  readonly values: ValueWeights | undefined;
  readonly groups: GroupWeights;
  /** Whether values have a bound by block. */
  readonly isBounded: boolean;
  /** Whether its PreScore plugins are upstream's, which read nothing of such a pod but its template. */
  readonly readsTemplatesOnly: boolean;
}

/** What is kept for pods of one shape. */
class IndexedTerms {
  readonly facts: PartitionFacts = new PartitionFacts();
  plan: IndexPlan;
  /** How many terms of other pods the plan knows. */
  knownTerms: number;

  constructor(plan: IndexPlan, terms: number) {
    this.plan = plan;
    this.knownTerms = terms;
  }
}

/** What is kept for one class. */
class IndexedClass {
  readonly profile: IndexedProfile;
  readonly terms: IndexedTerms;
  readonly signatures: ClassSignatures;
  /** Score plugins that skip such pods, without and with preferences that concern a pod. */
  readonly skipped: (SkippedScores | undefined)[] = [undefined, undefined];

  constructor(profile: IndexedProfile, terms: IndexedTerms, signatures: ClassSignatures) {
    this.profile = profile;
    this.terms = terms;
    this.signatures = signatures;
  }
}

/** Plugins whose PreScore said Skip, in order and as a set. */
interface SkippedScores {
  readonly names: readonly string[];
  readonly set: ReadonlySet<string>;
}

const SKIPS_NOTHING: SkippedScores = { names: [], set: new Set() };

/** Decides like PlainEvaluator. */
export class IndexedEvaluator extends FusedEvaluator {
  private readonly slots: NodeSlots;
  private readonly signatures: Signatures;
  private readonly choice: IndexedChoice;
  private readonly victims: IndexedVictims;
  private readonly unschedulable: UnschedulableKinds;
  /** The cycle that the index was last asked about. */
  private asked: FusedCycle | undefined;
  private askedClass!: PodClass;
  private askedState!: CycleState;
  private readonly indexedProfiles = new Map<FusedProfile, IndexedProfile>();
  private readonly bounded: BoundedState;
  protected readonly suited: Suited;
  /** The decision that the index made last. */
  private judged!: { readonly run: FusedCycle; readonly podClass: PodClass; isListed: boolean };
  /** Names by place in the node list, as of that epoch of it. */
  private names: readonly string[] = [];
  private namesEpoch = -1;
  private readonly listsOfIndex: OutcomeLists = {
    feasible: () => {
      this.list();
      const { search, choice } = this;
      return Array.from(search.feasible.subarray(0, choice.feasibleCount)) as NodeRow[];
    },
    totals: () => {
      this.list();
      const { choice } = this;
      if (choice.total === undefined) return [];
      return Array.from(this.scores.totals.subarray(0, choice.feasibleCount));
    },
    statuses: () => {
      this.list();
      return this.statusesOf(this.judged.run);
    },
    rankLater: () => this.holdRanking(),
  };

  constructor(cache: SchedulerCache, objects: ClusterObjects, options: EvaluatorOptions = {}) {
    super(cache, objects, options);
    this.slots = new NodeSlots(cache);
    this.signatures = new Signatures(cache, this.slots, this.search, this.scores.images);
    this.bounded = new BoundedState(cache, this.slots, new BlockSummaries(this.slots));
    this.suited = { state: this.bounded, offset: 0 };
    this.choice = new IndexedChoice(cache, this.slots, this.search);
    const keys = new KindKeys();
    this.victims = new IndexedVictims(cache, this.search, keys);
    this.unschedulable = new UnschedulableKinds(cache, this.search, keys);
  }

  protected override findByIndex(
    run: FusedCycle,
    podClass: PodClass,
    state: CycleState,
  ): FusedOutcome | undefined {
    const { pod, profile, all } = run;
    const { search, choice, slots, unschedulable } = this;
    if (search.hasPlainSteps) return undefined;
    this.asked = run;
    this.askedClass = podClass;
    this.askedState = state;
    const refusals = unschedulable.findRefusals(podClass, state);
    if (refusals !== undefined) return this.refusedBy(run, refusals);
    if (this.details || this.tieBreak !== "heap") return undefined;
    if (this.wantedOf(profile, all.length) < all.length) return undefined;
    if (pod.template.preferredNodeAffinity?.error !== undefined) return undefined;
    const known = this.indexedClassOf(podClass);
    const weights = known.profile.values;
    if (weights === undefined) return undefined;
    if (known.terms.plan.reason !== "" || !hasUniqueHosts(podClass, known.terms.plan))
      return undefined;
    slots.refresh();
    const suited = this.suitabilityFor(known, podClass, pod, weights);
    if (suited === undefined) return undefined;
    known.terms.facts.refresh(podClass, slots, search);
    choice.choose({
      podClass,
      plan: known.terms.plan,
      facts: known.terms.facts,
      signature: suited.state,
      offset: suited.offset,
      weights: known.profile.groups,
      start: this.nextStart % all.length,
    });
    if (choice.hasError) return undefined;
    // Whoever fits nowhere is told by every node why.
    if (choice.feasibleCount === 0) return this.refusedBy(run, unschedulable.keep(podClass, state));
    const skipped = this.skippedScores(known, podClass, pod, state);
    if (skipped === undefined) return undefined;
    this.nextStart = (this.nextStart + all.length) % all.length;
    this.judged = { run, podClass, isListed: false };
    const { feasibleCount, row, total, tieCount } = choice;
    return {
      feasibleCount,
      refusedCount: all.length - feasibleCount,
      node: row,
      score: total,
      tieCount,
      skippedScores: skipped.names,
      scores: NO_SCORES,
      error: undefined,
      lists: this.listsOfIndex,
    };
  }

  /** All nodes refuse, as these verdicts say. */
  private refusedBy(run: FusedCycle, verdicts: KeptVerdicts): FusedOutcome | undefined {
    const statuses = this.unschedulable.statusesOf(verdicts, run.start);
    if (statuses === undefined) return undefined;
    this.nextStart = (this.nextStart + run.all.length) % run.all.length;
    return {
      feasibleCount: 0,
      refusedCount: run.all.length,
      node: -1,
      score: undefined,
      tieCount: 0,
      skippedScores: SKIPS_NOTHING.names,
      scores: NO_SCORES,
      error: undefined,
      lists: { feasible: () => [], totals: () => [], statuses: () => statuses },
    };
  }

  protected override statusesOf(run: FusedCycle): NodeStatuses {
    const { search } = this;
    const isRefused =
      this.asked === run &&
      search.error === undefined &&
      search.feasibleCount === 0 &&
      search.refusedCount === run.all.length;
    if (!isRefused) return super.statusesOf(run);
    const verdicts = this.unschedulable.keep(this.askedClass, this.askedState);
    return this.unschedulable.statusesOf(verdicts, run.start) ?? super.statusesOf(run);
  }

  protected override promiseCounts(state: CycleState, podClass: PodClass): void {
    super.promiseCounts(state, podClass);
    state.victims = this.victims.finderFor(podClass, state);
  }

  /**
   * How nodes suit the pod: as kept for its like, or worked out from bounds for pods whose like is rare;
   * undefined where there is neither.
   */
  private suitabilityFor(
    { signatures, profile }: IndexedClass,
    podClass: PodClass,
    pod: PodInfo,
    weights: ValueWeights,
  ): Suited | undefined {
    const { slots, suited } = this;
    const images = this.signatures.imagesOf(podClass, pod, weights);
    const patience = profile.isBounded ? CHANGES_PER_SEARCH : slots.slotCount;
    const kept = this.signatures.find(podClass, signatures, pod, weights, images, patience);
    if (kept !== undefined) {
      kept.sync();
      suited.state = kept.state;
      suited.offset = kept.values.offset;
      return suited;
    }
    if (!profile.isBounded) return undefined;
    const values = new NodeValues(slots, this.search, podClass, pod, weights);
    values.images = images;
    this.bounded.begin(values, weights);
    suited.state = this.bounded;
    suited.offset = values.offset;
    return suited;
  }

  /** The lists of a decision that visited no node: made by a fused pass. */
  private list(): void {
    const { search, choice, cache, judged } = this;
    if (judged.isListed) return;
    judged.isListed = true;
    assert(this.generation === cache.currentGeneration, "nodes are listed after the cache changed");
    const { run, podClass } = judged;
    uncounted(cache.operations, () => {
      search.run(run.all, run.start, run.all.length);
      if (choice.total === undefined) return;
      const { feasible } = search;
      this.scores.run(podClass, run.pod, new CycleState(), feasible, choice.feasibleCount, false);
    });
  }

  /**
   * The ranking of the last decision, to be had until the index decides again: values are kept as of that
   * decision or held, names are those of its node list. Undefined where something cannot be held.
   */
  protected holdRanking(): LaterRanking | undefined {
    const { choice, slots, judged } = this;
    if (!this.suited.state.hold()) return undefined;
    const { feasibleCount, number, row } = choice;
    const { layoutEpoch, listEpoch } = slots;
    const names = this.listedNames();
    const { start, all } = judged.run;
    return {
      size: feasibleCount,
      read: () => {
        assert(
          number === choice.number &&
            layoutEpoch === slots.layoutEpoch &&
            listEpoch === slots.listEpoch,
          "a ranking is read after the index decided again",
        );
        const ranking: { names: string[]; totals: number[]; winner: number } = {
          names: [],
          totals: [],
          winner: 0,
        };
        const totals = choice.heldTotals(names.length);
        for (let step = 0; step < names.length; step++) {
          const place = (start + step) % names.length;
          if (totals[place] === -1) continue;
          if (all[place] === row) ranking.winner = ranking.totals.length;
          ranking.names.push(names[place]!);
          ranking.totals.push(totals[place]!);
        }
        assert(ranking.totals.length === feasibleCount, "a ranking holds the feasible nodes");
        return ranking;
      },
    };
  }

  /** Names by place in the node list. */
  private listedNames(): readonly string[] {
    const { cache, slots } = this;
    if (this.namesEpoch !== slots.listEpoch) {
      this.namesEpoch = slots.listEpoch;
      this.names = cache.nodeList.map((row) => cache.nodeName(row));
    }
    return this.names;
  }

  /** PreScore of every plugin, as far as it skips; undefined when one fails. */
  private skippedScores(
    known: IndexedClass,
    podClass: PodClass,
    pod: PodInfo,
    state: CycleState,
  ): SkippedScores | undefined {
    const { feasibleCount, findsPreferences } = this.choice;
    if (feasibleCount === 1) return SKIPS_NOTHING;
    const place = findsPreferences ? 1 : 0;
    const skipped = known.skipped[place] ?? this.askPreScores(podClass, pod, state);
    if (skipped === undefined) return undefined;
    if (known.profile.readsTemplatesOnly) known.skipped[place] = skipped;
    state.adoptScoreSkips(skipped.set);
    return skipped;
  }

  private askPreScores(
    podClass: PodClass,
    pod: PodInfo,
    state: CycleState,
  ): SkippedScores | undefined {
    const names: string[] = [];
    for (const plugin of podClass.fused.profile.preScorePlugins) {
      let isSkipped: boolean;
      if (plugin instanceof PodTopologySpread) isSkipped = podClass.softSpread.length === 0;
      else if (plugin instanceof InterPodAffinity) isSkipped = !this.choice.findsPreferences;
      else {
        const { code } = plugin.preScore(state, pod, []);
        if (code !== Code.Success && code !== Code.Skip) return undefined;
        isSkipped = code === Code.Skip;
      }
      if (isSkipped) names.push(plugin.name);
    }
    return { names, set: new Set(names) };
  }

  private indexedClassOf(podClass: PodClass): IndexedClass {
    const terms = this.indexedTermsOf(podClass);
    let known = podClass.memory as IndexedClass | undefined;
    if (known === undefined) {
      const signatures = this.signatures.signaturesOf(podClass);
      known = new IndexedClass(this.indexedProfileOf(podClass.fused), terms, signatures);
      podClass.memory = known;
    }
    return known;
  }

  private indexedTermsOf(podClass: PodClass): IndexedTerms {
    const count = podClass.existingAnti.length + podClass.existingPreferred.length;
    let known = podClass.terms.memory as IndexedTerms | undefined;
    if (known === undefined) {
      known = new IndexedTerms(planFor(podClass, this.cache.nodeList.length), count);
      podClass.terms.memory = known;
      this.slots.mention(known.plan.labels);
    } else if (known.knownTerms !== count) {
      known.knownTerms = count;
      known.plan = planFor(podClass, this.cache.nodeList.length);
      this.slots.mention(known.plan.labels);
    }
    return known;
  }

  private indexedProfileOf(fused: FusedProfile): IndexedProfile {
    let known = this.indexedProfiles.get(fused);
    if (known === undefined) {
      const readsTemplatesOnly = fused.keyed.length === 0;
      const groups = groupWeightsOf(fused);
      const values = valueWeightsOf(fused);
      const hasBounds = values !== undefined && isBounded(values);
      known = { values, groups, isBounded: hasBounds, readsTemplatesOnly };
      this.indexedProfiles.set(fused, known);
    }
    return known;
  }
}

function groupWeightsOf({ scores }: FusedProfile): GroupWeights {
  const weightOf = (kind: (typeof scores)[number]["kind"]): number =>
    scores.find((step) => step.kind === kind)?.weight ?? 0;
  return {
    taints: weightOf("taints"),
    nodeAffinity: weightOf("node-affinity"),
    spread: weightOf("spread"),
    podAffinity: weightOf("pod-affinity"),
  };
}
