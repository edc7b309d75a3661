// PodTopologySpread: even numbers of matching pods over zones, hosts or any other topology.
//
// DoNotSchedule constraints filter, ScheduleAnyway ones score. Both count matching pods per domain
// over the whole snapshot in PreFilter and PreScore (P12, N5).

import type { NodeObject, TopologySpreadConstraint } from "../../cluster/index.ts";
import { countMatchingPods, type MatchingPods } from "../cache/match-counts.ts";
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
import { spreadNodeHint, spreadPodHint } from "./pod-topology-spread-hints.ts";
import { LayeredCounts } from "./layered-counts.ts";
import { SIGN_NOTHING } from "./signed-parts.ts";
import {
  constraintsOf,
  hasAllTopologyKeys,
  HOSTNAME_KEY,
  isNodeIncluded,
  type TopologySpreadArguments,
} from "./spread-constraints.ts";
import { topologyWeight } from "./topology-weight.ts";

/** Smallest count of an empty map of domains. */
const NO_MINIMUM = 2_147_483_647;
const FILTER_KEY = "PreFilterPodTopologySpread";
const SCORE_KEY = "PreScorePodTopologySpread";

/** Matching pods per domain of each hard constraint; AddPod and RemovePod change a clone of it. */
export class SpreadCounts implements CycleValue {
  readonly constraints: readonly TopologySpreadConstraint[];
  private readonly counts: readonly LayeredCounts[];
  private readonly minima: (number | undefined)[];
  private asked: { readonly pod: PodInfo; readonly selves: readonly (0 | 1)[] } | undefined;

  constructor(
    constraints: readonly TopologySpreadConstraint[],
    counts?: readonly LayeredCounts[],
    minima?: readonly (number | undefined)[],
  ) {
    this.constraints = constraints;
    this.counts = counts ?? constraints.map(() => new LayeredCounts());
    this.minima = [...(minima ?? constraints.map(() => undefined))];
  }

  add(index: number, domain: string, count: number): void {
    const counts = this.counts[index]!;
    const before = counts.get(domain);
    const after = (before ?? 0) + count;
    counts.set(domain, after);
    const least = this.minima[index];
    if (least === undefined) return;
    // Only when one of the smallest grows is it open who is the smallest now.
    if (after <= least) this.minima[index] = after;
    else if (before === least) this.minima[index] = undefined;
  }

  countIn(index: number, domain: string): number {
    return this.counts[index]!.get(domain) ?? 0;
  }

  /** The smallest count, or 0 when there are fewer domains than the constraint demands. */
  minimumFor(index: number): number {
    const counts = this.counts[index]!;
    if (counts.size < this.constraints[index]!.minDomains) return 0;
    this.minima[index] ??= smallest(counts);
    return this.minima[index];
  }

  /** By constraint: whether the pod itself would be counted. */
  selvesOf(pod: PodInfo): readonly (0 | 1)[] {
    // Asked of every node about the one incoming pod.
    if (this.asked?.pod !== pod) {
      const { labels } = pod.template;
      const selves = this.constraints.map(({ selector }) => (selector.matches(labels) ? 1 : 0));
      this.asked = { pod, selves };
    }
    return this.asked.selves;
  }

  /** Domains that count. */
  domainCount(index: number): number {
    return this.counts[index]!.size;
  }

  /** The first domain with the smallest count; undefined when there is none. */
  emptiestDomain(index: number): string | undefined {
    const counts = this.counts[index]!;
    const least = smallest(counts);
    let first: string | undefined;
    counts.forEach((count, domain) => {
      if (count === least) first ??= domain;
    });
    return first;
  }

  clone(): SpreadCounts {
    return this.under(this.constraints);
  }

  /** An equal one for constraints that count the same pods on the same nodes. */
  under(constraints: readonly TopologySpreadConstraint[]): SpreadCounts {
    const counts = this.counts.map((each) => each.clone());
    return new SpreadCounts(constraints, counts, this.minima);
  }
}

/** What PreScore prepares. `counts` holds the registered domains of each constraint but hostname. */
interface SpreadScoring extends CycleValue {
  readonly constraints: readonly TopologySpreadConstraint[];
  readonly ignored: ReadonlySet<NodeRow>;
  readonly counts: readonly Map<string, number>[];
  readonly matching: readonly MatchingPods[];
  readonly weights: readonly number[];
}

/** What the plugin's PreFilter counted; undefined when no constraint filters. */
export function readSpreadCounts(state: CycleState): SpreadCounts | undefined {
  return state.read<SpreadCounts>(FILTER_KEY);
}

/**
 * Takes over what was counted for a pod that differs in nothing that is counted: true if that is so and
 * the state has the counts now. Nothing may have changed in the cache since.
 */
export function adoptSpreadCounts(
  state: CycleState,
  pod: PodInfo,
  counted: PodInfo,
  counts: SpreadCounts,
): boolean {
  const constraints = pod.template.topologySpreadConstraints.filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule",
  );
  if (constraints.length === 0 || constraints.length !== counts.constraints.length) return false;
  const areAlike = constraints.every((each, at) => {
    const other = counts.constraints[at]!;
    return (
      each.topologyKey === other.topologyKey &&
      each.selector === other.selector &&
      each.nodeAffinityPolicy === other.nodeAffinityPolicy &&
      each.nodeTaintsPolicy === other.nodeTaintsPolicy &&
      (each.nodeAffinityPolicy !== "Honor" || wantSameNodes(pod, counted)) &&
      (each.nodeTaintsPolicy !== "Honor" || tolerateSame(pod, counted))
    );
  });
  if (areAlike) state.write(FILTER_KEY, counts.under(constraints));
  return areAlike;
}

/** "False" may also mean that nobody compared further. */
function wantSameNodes(a: PodInfo, b: PodInfo): boolean {
  const one = a.template.requiredNodeAffinity;
  const other = b.template.requiredNodeAffinity;
  if (one === other) return true;
  if (one === undefined || other === undefined || one.selector !== other.selector) return false;
  const labels = one.nodeSelector;
  if (labels?.size !== other.nodeSelector?.size) return false;
  for (const [key, value] of labels ?? []) {
    if (other.nodeSelector!.get(key) !== value) return false;
  }
  return true;
}

function tolerateSame(a: PodInfo, b: PodInfo): boolean {
  const one = a.template.tolerations;
  const other = b.template.tolerations;
  return one.length === other.length && one.every((each, at) => each === other[at]);
}

/**
 * Brings the counts up to date after one node's object changed from `before`: true if that can be
 * said from this node alone. `gone` are pods that have left the cache but are still in the counts.
 */
export function countChangedNode(
  state: CycleState,
  cache: SchedulerCache,
  pod: PodInfo,
  row: NodeRow,
  before: NodeObject,
  gone: readonly PodInfo[],
): boolean {
  const counts = readSpreadCounts(state);
  if (counts === undefined) return true;
  const { constraints } = counts;
  const after = cache.node(row);
  const domainIn = (node: NodeObject, constraint: TopologySpreadConstraint): string | undefined =>
    hasAllTopologyKeys(node, constraints) && isNodeIncluded(constraint, pod, node)
      ? node.meta.labels.get(constraint.topologyKey)
      : undefined;
  const joined: (string | undefined)[] = [];
  for (const constraint of constraints) {
    const old = domainIn(before, constraint);
    const domain = domainIn(after, constraint);
    // A domain that is left may cease to be one: only all its nodes together tell.
    if (old !== undefined && old !== domain) return false;
    joined.push(old === undefined ? domain : undefined);
  }
  const left = gone.filter(
    ({ nodeName, namespace }) => nodeName === after.meta.name && namespace === pod.namespace,
  );
  for (const [index, { selector }] of constraints.entries()) {
    const domain = joined[index];
    if (domain === undefined) continue;
    const present = cache.matches.matching(pod.namespace, selector).on(row);
    counts.add(index, domain, present + countMatchingPods(left, selector, pod.namespace));
  }
  return true;
}

// Shared by all nodes that are refused alike: there may be thousands.
const NO_LABEL: Status = unresolvable(
  "PodTopologySpread",
  "node(s) didn't match pod topology spread constraints (missing required label)",
);
const TOO_SKEWED: Status = unschedulable(
  "PodTopologySpread",
  "node(s) didn't match pod topology spread constraints",
);

/** Filter by skew, score by closeness to evenness. */
export class PodTopologySpread
  implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin
{
  readonly name = "PodTopologySpread";
  readonly args: TopologySpreadArguments;
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;

  constructor(args: TopologySpreadArguments, handle: PluginHandle) {
    this.args = args;
    this.cache = handle.cache;
    this.objects = handle.objects;
  }

  /** Where the pods of a service stand changes with each placement: such pods are never alike. */
  sign(pod: PodInfo): readonly SignedPart[] | undefined {
    const { topologySpreadConstraints } = pod.template;
    const spreads = topologySpreadConstraints.length + this.args.defaultConstraints.length > 0;
    return spreads ? undefined : SIGN_NOTHING;
  }

  preFilter(state: CycleState, pod: PodInfo, nodes: readonly NodeRow[]): PreFilterOutcome {
    const constraints = this.hardConstraintsOf(pod);
    if (constraints.length === 0) return { status: SKIP };
    const counts = new SpreadCounts(constraints);
    const matching = this.matchingOf(pod, constraints);
    for (let at = 0; at < nodes.length; at++) {
      const row = nodes[at]!;
      const node = this.cache.node(row);
      if (!hasAllTopologyKeys(node, constraints)) continue;
      for (let index = 0; index < constraints.length; index++) {
        const constraint = constraints[index]!;
        if (!isNodeIncluded(constraint, pod, node)) continue;
        const domain = node.meta.labels.get(constraint.topologyKey)!;
        counts.add(index, domain, matching[index]!.on(row));
      }
    }
    state.write(FILTER_KEY, counts);
    return { status: SUCCESS };
  }

  addPod(state: CycleState, pod: PodInfo, other: PodInfo, row: NodeRow): undefined {
    this.countOther(state, pod, other, row, 1);
  }

  removePod(state: CycleState, pod: PodInfo, other: PodInfo, row: NodeRow): undefined {
    this.countOther(state, pod, other, row, -1);
  }

  filter(state: CycleState, pod: PodInfo, row: NodeRow): Status {
    const counts = readSpreadCounts(state);
    if (counts === undefined) return SUCCESS;
    const { labels } = this.cache.node(row).meta;
    const { constraints } = counts;
    const selves = counts.selvesOf(pod);
    for (let index = 0; index < constraints.length; index++) {
      const constraint = constraints[index]!;
      const domain = labels.get(constraint.topologyKey);
      if (domain === undefined) return NO_LABEL;
      const skew = counts.countIn(index, domain) + selves[index]! - counts.minimumFor(index);
      if (skew > constraint.maxSkew) return TOO_SKEWED;
    }
    return SUCCESS;
  }

  preScore(state: CycleState, pod: PodInfo, feasible: readonly NodeRow[]): Status {
    const constraints = constraintsOf(pod, "ScheduleAnyway", this.args, this.objects);
    if (constraints.length === 0 || this.cache.nodeList.length === 0) return SKIP;
    const hasOwn = pod.template.topologySpreadConstraints.length > 0;
    const requireAll = hasOwn || this.args.defaultingType === "List";
    const counts = constraints.map(() => new Map<string, number>());
    const ignored = new Set<NodeRow>();
    for (const row of feasible) {
      const node = this.cache.node(row);
      if (requireAll && !hasAllTopologyKeys(node, constraints)) {
        ignored.add(row);
        continue;
      }
      for (const [index, { topologyKey }] of constraints.entries()) {
        if (topologyKey === HOSTNAME_KEY) continue;
        counts[index]!.set(node.meta.labels.get(topologyKey) ?? "", 0);
      }
    }
    const matching = this.matchingOf(pod, constraints);
    this.countDomains(pod, constraints, matching, requireAll, counts);
    const weights = constraints.map(({ topologyKey }, index) =>
      topologyWeight(
        topologyKey === HOSTNAME_KEY ? feasible.length - ignored.size : counts[index]!.size,
      ),
    );
    const scoring: SpreadScoring = { constraints, ignored, counts, matching, weights };
    state.write(SCORE_KEY, scoring);
    return SUCCESS;
  }

  score(state: CycleState, _pod: PodInfo, row: NodeRow): number {
    const scoring = state.read<SpreadScoring>(SCORE_KEY);
    if (scoring === undefined || scoring.ignored.has(row)) return 0;
    const { labels } = this.cache.node(row).meta;
    let score = 0;
    for (const [index, constraint] of scoring.constraints.entries()) {
      const domain = labels.get(constraint.topologyKey);
      if (domain === undefined) continue;
      const count =
        constraint.topologyKey === HOSTNAME_KEY
          ? scoring.matching[index]!.on(row)
          : (scoring.counts[index]!.get(domain) ?? 0);
      score += count * scoring.weights[index]! + (constraint.maxSkew - 1);
    }
    return Math.round(score);
  }

  normalizeScores(
    state: CycleState,
    _pod: PodInfo,
    nodes: readonly NodeRow[],
    scores: number[],
  ): void {
    const ignored = state.read<SpreadScoring>(SCORE_KEY)?.ignored ?? new Set<NodeRow>();
    let lowest = Number.MAX_SAFE_INTEGER;
    let highest = 0;
    for (const [index, row] of nodes.entries()) {
      if (ignored.has(row)) continue;
      lowest = Math.min(lowest, scores[index]!);
      highest = Math.max(highest, scores[index]!);
    }
    for (const [index, row] of nodes.entries()) {
      if (ignored.has(row)) scores[index] = 0;
      else if (highest === 0) scores[index] = 100;
      else scores[index] = Math.trunc((100 * (highest + lowest - scores[index]!)) / highest);
    }
  }

  eventsToRegister(): readonly EventRegistration[] {
    const podActions =
      Action.Add | Action.Delete | Action.UpdatePodLabel | Action.UpdatePodToleration;
    const nodeActions =
      Action.Add | Action.Delete | Action.UpdateNodeLabel | Action.UpdateNodeTaint;
    return [
      {
        resource: "Pod",
        actions: podActions,
        hint: (pod, subject) => spreadPodHint(pod, subject, this.hardConstraintsOf(pod)),
      },
      {
        resource: "Node",
        actions: nodeActions,
        hint: (pod, subject) => spreadNodeHint(subject, this.hardConstraintsOf(pod)),
      },
    ];
  }

  private hardConstraintsOf(pod: PodInfo): readonly TopologySpreadConstraint[] {
    return constraintsOf(pod, "DoNotSchedule", this.args, this.objects);
  }

  private countOther(
    state: CycleState,
    pod: PodInfo,
    other: PodInfo,
    row: NodeRow,
    sign: 1 | -1,
  ): void {
    const counts = readSpreadCounts(state);
    if (counts === undefined || other.namespace !== pod.namespace) return;
    const node = this.cache.node(row);
    const { constraints } = counts;
    if (!hasAllTopologyKeys(node, constraints)) return;
    for (let index = 0; index < constraints.length; index++) {
      const constraint = constraints[index]!;
      if (!constraint.selector.matches(other.template.labels)) continue;
      if (!isNodeIncluded(constraint, pod, node)) continue;
      counts.add(index, node.meta.labels.get(constraint.topologyKey)!, sign);
    }
  }

  private matchingOf(
    pod: PodInfo,
    constraints: readonly TopologySpreadConstraint[],
  ): readonly MatchingPods[] {
    const { matches } = this.cache;
    return constraints.map(({ selector }) => matches.matching(pod.namespace, selector));
  }

  /** Counts matching pods of all nodes, feasible or not, in the registered domains. */
  private countDomains(
    pod: PodInfo,
    constraints: readonly TopologySpreadConstraint[],
    matching: readonly MatchingPods[],
    requireAll: boolean,
    counts: readonly Map<string, number>[],
  ): void {
    for (const [index, constraint] of constraints.entries()) {
      const domains = counts[index]!;
      if (domains.size === 0) continue;
      matching[index]!.forEach((row, count) => {
        const node = this.cache.node(row);
        if (requireAll && !hasAllTopologyKeys(node, constraints)) return;
        const domain = node.meta.labels.get(constraint.topologyKey) ?? "";
        const known = domains.get(domain);
        if (known === undefined || !isNodeIncluded(constraint, pod, node)) return;
        domains.set(domain, known + count);
      });
    }
  }
}

function smallest(counts: LayeredCounts): number {
  let lowest = NO_MINIMUM;
  counts.forEach((count) => {
    lowest = Math.min(lowest, count);
  });
  return lowest;
}
