// InterPodAffinity: pods that want to be near some pods and away from others.
//
// Required terms filter, preferred ones score; anti-affinity of pods already running binds the
// incoming pod too. Terminating pods count (P13, N6).

import {
  type AffinityTerm,
  type Labels,
  NO_LABELS,
  type PodTemplate,
} from "../../cluster/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { CycleState, CycleValue } from "../framework/cycle-state.ts";
import type {
  FilterPlugin,
  PluginHandle,
  PreFilterOutcome,
  PreFilterPlugin,
  PreScorePlugin,
  ScorePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { SKIP, type Status, SUCCESS, unresolvable, unschedulable } from "../framework/status.ts";
import {
  ownedTermMatches,
  type ResolvedTerm,
  termMatches,
  unrollTerm,
  type WeightedTerm,
} from "./affinity-terms.ts";
import { affinityNodeHint, affinityPodHint } from "./inter-pod-affinity-hints.ts";
import { namesPodAffinity, SIGN_NOTHING, signLabels } from "./signed-parts.ts";
import { TopologyCounts } from "./topology-counts.ts";

/** Arguments of the plugin, decoded. */
export interface InterPodAffinityArguments {
  /** What a required affinity term of an existing pod is worth to the pods it means. */
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

const NAME = "InterPodAffinity";
const FILTER_KEY = "PreFilterInterPodAffinity";
const SCORE_KEY = "PreScoreInterPodAffinity";

/** Which of the incoming pod's required terms mean a pod. */
interface MeaningTerms {
  readonly affinity: readonly ResolvedTerm[];
  readonly anti: readonly ResolvedTerm[];
}

/** The same for all pods of a template in a namespace. */
interface MeantPods extends MeaningTerms {
  readonly template: PodTemplate;
  readonly namespace: string;
  readonly isNobody: boolean;
}

/** By template, for the namespace that was asked about last. Holds while the terms do. */
type KnownMeanings = Map<PodTemplate, MeantPods>;

/** What PreFilter counts; AddPod and RemovePod change a clone. */
export class AffinityCounts implements CycleValue {
  readonly affinityTerms: readonly ResolvedTerm[];
  readonly antiAffinityTerms: readonly ResolvedTerm[];
  readonly namespaceLabels: Labels;
  /** Required anti-affinity terms of existing pods that mean the incoming pod. */
  readonly existingAnti: TopologyCounts;
  /** Existing pods that all the incoming pod's required affinity terms mean. */
  readonly affinity: TopologyCounts;
  /** Existing pods that one of its required anti-affinity terms means. */
  readonly anti: TopologyCounts;
  private asked: { readonly pod: PodInfo; readonly isMeant: boolean } | undefined;

  constructor(
    affinityTerms: readonly ResolvedTerm[],
    antiAffinityTerms: readonly ResolvedTerm[],
    namespaceLabels: Labels,
    counts?: readonly [TopologyCounts, TopologyCounts, TopologyCounts],
  ) {
    this.affinityTerms = affinityTerms;
    this.antiAffinityTerms = antiAffinityTerms;
    this.namespaceLabels = namespaceLabels;
    this.existingAnti = counts?.[0] ?? new TopologyCounts();
    this.affinity = counts?.[1] ?? new TopologyCounts();
    this.anti = counts?.[2] ?? new TopologyCounts();
  }

  /** Adds what an existing pod's required anti-affinity says about the incoming pod. */
  countExisting(pod: PodInfo, other: PodInfo, labels: Labels, change: number): void {
    const terms = other.template.podAntiAffinity.required;
    for (let at = 0; at < terms.length; at++) {
      const term = terms[at]!;
      if (ownedTermMatches(term, other.namespace, pod, this.namespaceLabels)) {
        this.existingAnti.add(term.topologyKey, labels, change);
      }
    }
  }

  /** Adds what the incoming pod's required terms say about an existing pod. */
  countIncoming(other: PodInfo, labels: Labels, change: number): void {
    const { affinityTerms, antiAffinityTerms } = this;
    if (affinityTerms.length > 0 && meansForAll(affinityTerms, other)) {
      for (let at = 0; at < affinityTerms.length; at++)
        this.affinity.add(affinityTerms[at]!.term.topologyKey, labels, change);
    }
    for (let at = 0; at < antiAffinityTerms.length; at++) {
      const resolved = antiAffinityTerms[at]!;
      if (termMatches(resolved, other, NO_LABELS))
        this.anti.add(resolved.term.topologyKey, labels, change);
    }
  }

  /** The same for all pods of a node. Pods of one template are meant alike, so it is asked once. */
  countIncomingOn(pods: readonly PodInfo[], labels: Labels, known: KnownMeanings): void {
    let last: MeantPods | undefined;
    let count = 0;
    for (let at = 0; at < pods.length; at++) {
      const other = pods[at]!;
      const { template, namespace } = other;
      let meant = last;
      if (meant === undefined || meant.template !== template || meant.namespace !== namespace) {
        meant = known.get(template);
        if (meant === undefined || meant.namespace !== namespace) {
          meant = this.meant(other);
          known.set(template, meant);
        }
        if (last !== undefined && count > 0) this.addMeant(last, labels, count);
        last = meant;
        count = 0;
      }
      if (!meant.isNobody) count++;
    }
    if (last !== undefined && count > 0) this.addMeant(last, labels, count);
  }

  private meant(other: PodInfo): MeantPods {
    const { template, namespace } = other;
    const { affinity, anti } = this.termsMeaning(other);
    const isNobody = affinity.length + anti.length === 0;
    return { template, namespace, affinity, anti, isNobody };
  }

  private termsMeaning(other: PodInfo): MeaningTerms {
    return {
      affinity: meansForAll(this.affinityTerms, other) ? this.affinityTerms : [],
      anti: this.antiAffinityTerms.filter((resolved) => termMatches(resolved, other, NO_LABELS)),
    };
  }

  private addMeant({ affinity, anti }: MeaningTerms, labels: Labels, change: number): void {
    for (let at = 0; at < affinity.length; at++)
      this.affinity.add(affinity[at]!.term.topologyKey, labels, change);
    for (let at = 0; at < anti.length; at++)
      this.anti.add(anti[at]!.term.topologyKey, labels, change);
  }

  /** Nobody whom the pod wants to be near exists, and the pod is of that kind itself. */
  isFirstOfItsKind(pod: PodInfo): boolean {
    if (!this.affinity.isEmpty) return false;
    // Asked of every node about the one incoming pod.
    if (this.asked?.pod !== pod)
      this.asked = { pod, isMeant: meansForAll(this.affinityTerms, pod) };
    return this.asked.isMeant;
  }

  /** What these counts are for a pod that gave up all terms of a side; undefined: count anew. */
  withoutTermsOf({
    podAffinity,
    podAntiAffinity,
  }: PodInfo["template"]): AffinityCounts | undefined {
    const affinityTerms = keptTerms(this.affinityTerms, podAffinity.required);
    const antiTerms = keptTerms(this.antiAffinityTerms, podAntiAffinity.required);
    if (affinityTerms === undefined || antiTerms === undefined) return undefined;
    return new AffinityCounts(affinityTerms, antiTerms, this.namespaceLabels, [
      this.existingAnti.clone(),
      affinityTerms.length > 0 ? this.affinity.clone() : new TopologyCounts(),
      antiTerms.length > 0 ? this.anti.clone() : new TopologyCounts(),
    ]);
  }

  clone(): AffinityCounts {
    return new AffinityCounts(this.affinityTerms, this.antiAffinityTerms, this.namespaceLabels, [
      this.existingAnti.clone(),
      this.affinity.clone(),
      this.anti.clone(),
    ]);
  }
}

/** What the plugin's PreFilter counted; undefined when it had nothing to say. */
export function readAffinityCounts(state: CycleState): AffinityCounts | undefined {
  return state.read<AffinityCounts>(FILTER_KEY);
}

/** Tells the state that the pod gave up required terms; false if only counting anew gives the truth. */
export function giveUpAffinityTerms(state: CycleState, { template }: PodInfo): boolean {
  const counts = readAffinityCounts(state)?.withoutTermsOf(template);
  if (counts === undefined) return false;
  const { affinityTerms, antiAffinityTerms, existingAnti } = counts;
  const isIdle = affinityTerms.length + antiAffinityTerms.length === 0 && existingAnti.isEmpty;
  if (isIdle) state.skipFilterPlugins.add(NAME);
  state.write(FILTER_KEY, counts);
  return true;
}

/** All of them, or none; undefined for a part, which was never counted by itself. */
function keptTerms(
  counted: readonly ResolvedTerm[],
  kept: readonly AffinityTerm[],
): readonly ResolvedTerm[] | undefined {
  if (kept.length === 0) return [];
  if (kept.length !== counted.length) return undefined;
  return counted.every(({ term }, index) => term === kept[index]) ? counted : undefined;
}

// Shared by all nodes that are refused alike: there may be thousands.
const NOT_NEAR: Status = unresolvable(NAME, "node(s) didn't match pod affinity rules");
const TOO_NEAR: Status = unschedulable(NAME, "node(s) didn't match pod anti-affinity rules");
const REPELLED: Status = unschedulable(
  NAME,
  "node(s) didn't satisfy existing pods anti-affinity rules",
);

/** Filter and score by the pods already there. */
export class InterPodAffinity
  implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin
{
  readonly name: string = NAME;
  readonly args: InterPodAffinityArguments;
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;

  constructor(args: InterPodAffinityArguments, handle: PluginHandle) {
    this.args = args;
    this.cache = handle.cache;
    this.objects = handle.objects;
  }

  /** Terms, empty ones too, are never signed; labels count for the preferred terms of other pods. */
  sign(pod: PodInfo): readonly SignedPart[] | undefined {
    if (namesPodAffinity(pod)) return undefined;
    return this.args.ignorePreferredTermsOfExistingPods ? SIGN_NOTHING : signLabels(pod);
  }

  preFilter(state: CycleState, pod: PodInfo, nodes: readonly NodeRow[]): PreFilterOutcome {
    const counts = this.emptyCountsFor(pod);
    const hasTerms = counts.affinityTerms.length > 0 || counts.antiAffinityTerms.length > 0;
    const known: KnownMeanings = new Map();
    for (let position = 0; position < nodes.length; position++) {
      const row = nodes[position]!;
      const others = this.cache.podsWithAffinityOn(row);
      if (others.length === 0 && !hasTerms) continue;
      const { labels } = this.cache.node(row).meta;
      for (let at = 0; at < others.length; at++) counts.countExisting(pod, others[at]!, labels, 1);
      if (hasTerms) counts.countIncomingOn(this.cache.podsOn(row), labels, known);
    }
    if (!hasTerms && counts.existingAnti.isEmpty) return { status: SKIP };
    state.write(FILTER_KEY, counts);
    return { status: SUCCESS };
  }

  /** Stores what PreFilter would have counted, for whoever keeps such counts and fills them in. */
  adoptCounts(state: CycleState, pod: PodInfo, fill: (counts: AffinityCounts) => void): void {
    const counts = this.emptyCountsFor(pod);
    fill(counts);
    state.write(FILTER_KEY, counts);
  }

  addPod(state: CycleState, pod: PodInfo, other: PodInfo, row: NodeRow): undefined {
    this.countOther(state, pod, other, row, 1);
  }

  removePod(state: CycleState, pod: PodInfo, other: PodInfo, row: NodeRow): undefined {
    this.countOther(state, pod, other, row, -1);
  }

  filter(state: CycleState, pod: PodInfo, row: NodeRow): Status {
    const counts = readAffinityCounts(state);
    if (counts === undefined) return SUCCESS;
    const { labels } = this.cache.node(row).meta;
    if (!satisfiesAffinity(counts, pod, labels)) return NOT_NEAR;
    const { antiAffinityTerms } = counts;
    for (let at = 0; at < antiAffinityTerms.length; at++) {
      const { term } = antiAffinityTerms[at]!;
      if (counts.anti.at(term.topologyKey, labels) > 0) return TOO_NEAR;
    }
    return counts.existingAnti.hasAny(labels) ? REPELLED : SUCCESS;
  }

  preScore(state: CycleState, pod: PodInfo): Status {
    const { podAffinity, podAntiAffinity } = pod.template;
    const hasPreferred = podAffinity.preferred.length + podAntiAffinity.preferred.length > 0;
    if (this.args.ignorePreferredTermsOfExistingPods && !hasPreferred) return SKIP;
    const unroll = (sign: 1 | -1) => (each: (typeof podAffinity.preferred)[number]) => ({
      ...unrollTerm(each.term, pod.namespace, this.objects),
      weight: sign * each.weight,
    });
    const ownTerms = [
      ...podAffinity.preferred.map(unroll(1)),
      ...podAntiAffinity.preferred.map(unroll(-1)),
    ];
    const sums = new TopologyCounts({ keepZeros: true });
    const namespaceLabels = this.namespaceLabelsOf(pod);
    for (const row of this.cache.nodeList) {
      const { labels } = this.cache.node(row).meta;
      if (labels.size === 0) continue;
      const others = hasPreferred ? this.cache.podsOn(row) : this.cache.podsWithAffinityOn(row);
      for (const other of others) {
        this.addPreferences(sums, pod, ownTerms, other, labels, namespaceLabels);
      }
    }
    if (sums.isEmpty) return SKIP;
    state.write(SCORE_KEY, sums);
    return SUCCESS;
  }

  score(state: CycleState, _pod: PodInfo, row: NodeRow): number {
    const { labels } = this.cache.node(row).meta;
    return state.read<TopologyCounts>(SCORE_KEY)?.sumFor(labels) ?? 0;
  }

  normalizeScores(
    _state: CycleState,
    _pod: PodInfo,
    _nodes: readonly NodeRow[],
    scores: number[],
  ): void {
    let lowest = Number.MAX_SAFE_INTEGER;
    let highest = Number.MIN_SAFE_INTEGER;
    for (const score of scores) {
      lowest = Math.min(lowest, score);
      highest = Math.max(highest, score);
    }
    const range = highest - lowest;
    for (let index = 0; index < scores.length; index++) {
      // Divide, then multiply, then cut: 29 of 100 gives 28, as upstream.
      scores[index] = range > 0 ? Math.trunc(100 * ((scores[index]! - lowest) / range)) : 0;
    }
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "Pod",
        actions: Action.Add | Action.Delete | Action.UpdatePodLabel,
        hint: affinityPodHint,
      },
      {
        resource: "Node",
        actions: Action.Add | Action.UpdateNodeLabel,
        hint: affinityNodeHint,
      },
    ];
  }

  private countOther(
    state: CycleState,
    pod: PodInfo,
    other: PodInfo,
    row: NodeRow,
    change: number,
  ): void {
    const counts = readAffinityCounts(state);
    if (counts === undefined) return;
    const { labels } = this.cache.node(row).meta;
    counts.countExisting(pod, other, labels, change);
    counts.countIncoming(other, labels, change);
  }

  /** Adds to the topology sums what one existing pod contributes to the incoming pod's preferences. */
  private addPreferences(
    sums: TopologyCounts,
    pod: PodInfo,
    ownTerms: readonly WeightedTerm[],
    other: PodInfo,
    labels: Labels,
    namespaceLabels: Labels,
  ): void {
    for (const own of ownTerms) {
      if (termMatches(own, other, NO_LABELS)) sums.add(own.term.topologyKey, labels, own.weight);
    }
    const { podAffinity, podAntiAffinity } = other.template;
    const means = (term: (typeof podAffinity.required)[number]): boolean =>
      ownedTermMatches(term, other.namespace, pod, namespaceLabels);
    const { hardPodAffinityWeight } = this.args;
    if (hardPodAffinityWeight > 0) {
      for (const term of podAffinity.required) {
        if (means(term)) sums.add(term.topologyKey, labels, hardPodAffinityWeight);
      }
    }
    for (const { term, weight } of podAffinity.preferred) {
      if (means(term)) sums.add(term.topologyKey, labels, weight);
    }
    for (const { term, weight } of podAntiAffinity.preferred) {
      if (means(term)) sums.add(term.topologyKey, labels, -weight);
    }
  }

  private emptyCountsFor(pod: PodInfo): AffinityCounts {
    const { podAffinity, podAntiAffinity } = pod.template;
    return new AffinityCounts(
      podAffinity.required.map((term) => unrollTerm(term, pod.namespace, this.objects)),
      podAntiAffinity.required.map((term) => unrollTerm(term, pod.namespace, this.objects)),
      this.namespaceLabelsOf(pod),
    );
  }

  private namespaceLabelsOf(pod: PodInfo): Labels {
    return this.objects.findNamespace(pod.namespace)?.meta.labels ?? NO_LABELS;
  }
}

/** True when there are terms and all of them mean that pod. */
function meansForAll(terms: readonly ResolvedTerm[], pod: PodInfo): boolean {
  for (let at = 0; at < terms.length; at++) {
    if (!termMatches(terms[at]!, pod, NO_LABELS)) return false;
  }
  return terms.length > 0;
}

/** Required affinity on one node; the first pod of a group that wants its own kind is let in. */
function satisfiesAffinity(counts: AffinityCounts, pod: PodInfo, labels: Labels): boolean {
  let isMet = true;
  const { affinityTerms } = counts;
  for (let at = 0; at < affinityTerms.length; at++) {
    const { term } = affinityTerms[at]!;
    if (!labels.has(term.topologyKey)) return false;
    if (counts.affinity.at(term.topologyKey, labels) <= 0) isMet = false;
  }
  if (isMet) return true;
  return counts.isFirstOfItsKind(pod);
}
