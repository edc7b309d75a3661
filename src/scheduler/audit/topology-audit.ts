// Checks of pod affinity, anti-affinity and hard spread where a pod is placed.
//
// Worked out from the lists of pods and the labels of nodes alone, without the plugins' counts: each
// rule is one search over all pods of the snapshot. Terms that select namespaces by label are left to
// the replay, because namespaces are not in the snapshot.

import {
  type AffinityTerm,
  findUntoleratedTaint,
  matchesRequiredNodeAffinity,
  type NodeObject,
  type TopologySpreadConstraint,
} from "../../cluster/index.ts";
import type { Verdict } from "../cycle/decider.ts";
import { ProfileDecider } from "../cycle/profile-decider.ts";
import { type PodInfo, podKey } from "../framework/pod-info.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { Scheduler } from "../scheduler.ts";
import type { BreakNotes } from "./break-notes.ts";

/** A pod of the snapshot with its node. */
interface PlacedPod {
  readonly pod: PodInfo;
  readonly node: NodeObject;
}

/** Judges placements by who is near whom. */
export class TopologyAudit {
  private readonly scheduler: Scheduler;
  private readonly notes: BreakNotes;

  constructor(scheduler: Scheduler, notes: BreakNotes) {
    this.scheduler = scheduler;
    this.notes = notes;
  }

  onVerdict({ pod }: QueuedPod, { decision }: Verdict): void {
    const { decider, cache } = this.scheduler;
    if (decision.outcome !== "placed" || decision.node === -1) return;
    const profile = decider.profiles.get(pod.template.schedulerName);
    if (!(decider instanceof ProfileDecider) || profile === undefined) return;
    const has = (name: string): boolean => profile.filterPlugins.some((each) => each.name === name);
    const node = cache.node(decision.node);
    const nodes = cache.nodeList.map((row) => cache.node(row));
    const placed = cache.nodeList.flatMap((row) =>
      cache.podsOn(row).map((other) => ({ pod: other, node: cache.node(row) })),
    );
    const place = `${podKey(pod)} on ${node.meta.name}`;
    if (has("InterPodAffinity")) {
      this.checkNear(pod, node, placed, place);
      this.checkAway(pod, node, placed, place);
    }
    if (has("PodTopologySpread")) this.checkSpread(pod, node, nodes, placed, place);
  }

  /** I38: each term finds a pod that matches all of them; or the pod is the first of its group. */
  private checkNear(
    pod: PodInfo,
    node: NodeObject,
    placed: readonly PlacedPod[],
    place: string,
  ): void {
    const terms = pod.template.podAffinity.required;
    if (terms.length === 0 || !terms.every(isPlain)) return;
    const group = placed.filter((other) => terms.every((term) => means(term, pod, other.pod)));
    const lonely = terms.filter(
      ({ topologyKey }) => !group.some((other) => areTogether(other.node, node, topologyKey)),
    );
    if (lonely.length === 0) return;
    const isFirst =
      !group.some((other) => terms.some((term) => hasKey(other.node, term.topologyKey))) &&
      terms.every((term) => means(term, pod, pod) && hasKey(node, term.topologyKey));
    if (!isFirst)
      this.notes.note("I38", `${place}: nobody it wants near by ${lonely.length} terms`);
  }

  /** I39: nobody there whom it wants away, and nobody who wants it away. */
  private checkAway(
    pod: PodInfo,
    node: NodeObject,
    placed: readonly PlacedPod[],
    place: string,
  ): void {
    for (const other of placed) {
      const isParted = (owner: PodInfo, meant: PodInfo): boolean =>
        owner.template.podAntiAffinity.required.some(
          (term) =>
            isPlain(term) &&
            means(term, owner, meant) &&
            areTogether(other.node, node, term.topologyKey),
        );
      if (isParted(pod, other.pod) || isParted(other.pod, pod)) {
        this.notes.note("I39", `${place}: beside ${podKey(other.pod)}, which must be away`);
      }
    }
  }

  /** I40: with the pod its domain has at most maxSkew more than the smallest one. */
  private checkSpread(
    pod: PodInfo,
    node: NodeObject,
    nodes: readonly NodeObject[],
    placed: readonly PlacedPod[],
    place: string,
  ): void {
    const hard = pod.template.topologySpreadConstraints.filter(
      ({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule",
    );
    const hasKeys = (each: NodeObject): boolean =>
      hard.every(({ topologyKey }) => hasKey(each, topologyKey));
    for (const constraint of hard) {
      const { topologyKey, selector, maxSkew, minDomains } = constraint;
      const counts = new Map<string, number>();
      for (const each of nodes) {
        if (!hasKeys(each) || !isIncluded(constraint, pod, each)) continue;
        const domain = each.meta.labels.get(topologyKey)!;
        const own = placed.filter(
          (other) =>
            other.node === each &&
            !selector.isEverything &&
            !other.pod.deleting &&
            other.pod.namespace === pod.namespace &&
            selector.matches(other.pod.template.labels),
        );
        counts.set(domain, (counts.get(domain) ?? 0) + own.length);
      }
      const fewest = counts.size < minDomains ? 0 : Math.min(...counts.values());
      const domain = node.meta.labels.get(topologyKey);
      const self = selector.matches(pod.template.labels) ? 1 : 0;
      const skew = (counts.get(domain ?? "") ?? 0) + self - fewest;
      if (domain === undefined || skew > maxSkew) {
        this.notes.note("I40", `${place}: ${topologyKey} has a skew of ${skew}, not ${maxSkew}`);
      }
    }
  }
}

/** The term names its namespaces, so that no Namespace object has to be looked at. */
function isPlain({ namespaceSelector }: AffinityTerm): boolean {
  return namespaceSelector.isNothing || namespaceSelector.isEverything;
}

function means(term: AffinityTerm, owner: PodInfo, other: PodInfo): boolean {
  const isMeant = term.isOwnNamespace
    ? other.namespace === owner.namespace
    : term.namespaces.has(other.namespace);
  if (!isMeant && !term.namespaceSelector.isEverything) return false;
  return term.labelSelector.matches(other.template.labels);
}

function hasKey(node: NodeObject, key: string): boolean {
  return node.meta.labels.has(key);
}

function areTogether(a: NodeObject, b: NodeObject, key: string): boolean {
  const value = a.meta.labels.get(key);
  return value !== undefined && value === b.meta.labels.get(key);
}

function isIncluded(constraint: TopologySpreadConstraint, pod: PodInfo, node: NodeObject): boolean {
  const { requiredNodeAffinity, tolerations } = pod.template;
  const { nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  if (
    nodeTaintsPolicy === "Honor" &&
    findUntoleratedTaint(node.taints, tolerations) !== undefined
  ) {
    return false;
  }
  if (nodeAffinityPolicy !== "Honor" || requiredNodeAffinity === undefined) return true;
  return matchesRequiredNodeAffinity(requiredNodeAffinity, node.meta);
}
