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
import type { PodInfo } from "../../framework/pod-info.ts";
import { Code } from "../../framework/status.ts";
import { InterPodAffinity } from "../../plugins/inter-pod-affinity.ts";
import { PodTopologySpread } from "../../plugins/pod-topology-spread.ts";
import { FusedEvaluator, type FusedCycle, type FusedOutcome } from "../fused/fused.ts";
import type { FusedProfile } from "../fused/fused-profile.ts";
import type { PodClass } from "../fused/pod-class.ts";
import type { EvaluatorOptions } from "../plain.ts";
import { type IndexPlan, planFor } from "./index-plan.ts";
import { type GroupWeights, hasUniqueHosts, IndexedChoice } from "./indexed-choice.ts";
import { IndexedVictims } from "./indexed-victims.ts";
import { NodeSlots } from "./node-slots.ts";
import { valueWeightsOf, type ValueWeights } from "./node-value.ts";
import { PartitionFacts } from "./partition-facts.ts";
import { type KeptSignature, Signatures } from "./signatures.ts";

/** What is kept for one class. */
interface IndexedClass {
  plan: IndexPlan;
  /** How many terms of other pods the plan knows. */
  knownTerms: number;
  readonly facts: PartitionFacts;
  readonly weights: GroupWeights;
}

/** Decides like PlainEvaluator. */
export class IndexedEvaluator extends FusedEvaluator {
  private readonly slots: NodeSlots;
  private readonly signatures: Signatures;
  private readonly choice: IndexedChoice;
  private readonly victims: IndexedVictims;
  private readonly classesInIndex = new WeakMap<PodClass, IndexedClass>();
  private readonly valueWeights = new Map<FusedProfile, ValueWeights | undefined>();

  constructor(cache: SchedulerCache, objects: ClusterObjects, options: EvaluatorOptions = {}) {
    super(cache, objects, options);
    this.slots = new NodeSlots(cache);
    this.signatures = new Signatures(cache, this.slots, this.search);
    this.choice = new IndexedChoice(cache, this.slots, this.search);
    this.victims = new IndexedVictims(cache, this.search);
  }

  protected override findByIndex(
    run: FusedCycle,
    podClass: PodClass,
    state: CycleState,
  ): FusedOutcome | undefined {
    const { pod, profile, all } = run;
    const { search, choice, slots } = this;
    if (this.details || this.tieBreak !== "heap") return undefined;
    if (search.hasPlainSteps) return undefined;
    if (this.wantedOf(profile, all.length) < all.length) return undefined;
    const weights = this.valueWeightsOf(podClass.fused);
    if (weights === undefined || pod.template.preferredNodeAffinity?.error !== undefined) {
      return undefined;
    }
    const known = this.indexedClassOf(podClass);
    if (known.plan.reason !== "" || !hasUniqueHosts(podClass, known.plan)) return undefined;
    slots.refresh();
    const signature = this.signatures.find(podClass, pod, weights);
    if (signature === undefined) return undefined;
    signature.sync();
    known.facts.refresh(podClass, slots, search);
    choice.choose({
      podClass,
      plan: known.plan,
      facts: known.facts,
      signature: signature.state,
      offset: signature.values.offset,
      weights: known.weights,
      start: this.nextStart % all.length,
    });
    // Whoever fits nowhere is told by every node why.
    if (choice.hasError || choice.feasibleCount === 0) return undefined;
    const skipped = this.skippedScores(podClass, pod, state);
    if (skipped === undefined) return undefined;
    this.nextStart = (this.nextStart + all.length) % all.length;
    return this.outcomeOf(run, podClass, signature, skipped);
  }

  protected override promiseCounts(state: CycleState, podClass: PodClass): void {
    super.promiseCounts(state, podClass);
    state.victims = this.victims.finderFor(podClass, state);
  }

  private outcomeOf(
    run: FusedCycle,
    podClass: PodClass,
    _signature: KeptSignature,
    skippedScores: readonly string[],
  ): FusedOutcome {
    const { pod, all, start } = run;
    const { choice, search, cache } = this;
    const { feasibleCount, row, total, tieCount } = choice;
    const generation = cache.currentGeneration;
    let isListed = false;
    const list = (): void => {
      if (isListed) return;
      isListed = true;
      assert(generation === cache.currentGeneration, "nodes are listed after the cache changed");
      uncounted(cache.operations, () => {
        search.run(all, start, all.length);
        if (total === undefined) return;
        this.scores.run(podClass, pod, new CycleState(), search.feasible, feasibleCount, false);
      });
    };
    return {
      ...{ feasibleCount, refusedCount: all.length - feasibleCount, node: row },
      ...{ score: total, tieCount, skippedScores, scores: [], error: undefined },
      lists: {
        feasible: () => {
          list();
          return Array.from(search.feasible.subarray(0, feasibleCount)) as NodeRow[];
        },
        totals: () => {
          list();
          if (total === undefined) return [];
          return Array.from(this.scores.totals.subarray(0, feasibleCount));
        },
        statuses: () => {
          list();
          return this.statusesOf(run);
        },
      },
    };
  }

  /** PreScore of every plugin, as far as it skips; undefined when one fails. */
  private skippedScores(
    podClass: PodClass,
    pod: PodInfo,
    state: CycleState,
  ): readonly string[] | undefined {
    const skipped: string[] = [];
    if (this.choice.feasibleCount === 1) return skipped;
    for (const plugin of podClass.fused.profile.preScorePlugins) {
      let isSkipped: boolean;
      if (plugin instanceof PodTopologySpread) isSkipped = podClass.softSpread.length === 0;
      else if (plugin instanceof InterPodAffinity) isSkipped = !this.choice.findsPreferences;
      else {
        const { code } = plugin.preScore(state, pod, []);
        if (code !== Code.Success && code !== Code.Skip) return undefined;
        isSkipped = code === Code.Skip;
      }
      if (!isSkipped) continue;
      skipped.push(plugin.name);
      state.skipScorePlugins.add(plugin.name);
    }
    return skipped;
  }

  private indexedClassOf(podClass: PodClass): IndexedClass {
    const terms = podClass.existingAnti.length + podClass.existingPreferred.length;
    let known = this.classesInIndex.get(podClass);
    if (known === undefined) {
      known = {
        plan: planFor(podClass, this.cache.nodeList.length),
        knownTerms: terms,
        facts: new PartitionFacts(),
        weights: groupWeightsOf(podClass.fused),
      };
      this.classesInIndex.set(podClass, known);
      this.slots.mention(known.plan.labels);
    } else if (known.knownTerms !== terms) {
      known.knownTerms = terms;
      known.plan = planFor(podClass, this.cache.nodeList.length);
      this.slots.mention(known.plan.labels);
    }
    return known;
  }

  private valueWeightsOf(fused: FusedProfile): ValueWeights | undefined {
    if (!this.valueWeights.has(fused)) this.valueWeights.set(fused, valueWeightsOf(fused));
    return this.valueWeights.get(fused);
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
