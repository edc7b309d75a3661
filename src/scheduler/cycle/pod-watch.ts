// PodWatch: turns what the API's watch shows into the news a scheduler understands.
//
// Changes are flyweights of table rows; a scheduler keeps PodInfo records instead, one per pod that
// exists and is not finished. A pod that reaches Succeeded or Failed leaves the watch at that
// moment, as upstream's informer filters it out.

import {
  type ApiServer,
  CHANGED_CONDITIONS,
  CHANGED_DELETION,
  CHANGED_NODE,
  CHANGED_NOMINATED,
  CHANGED_OWNER,
  CHANGED_STATUS,
  CHANGED_TEMPLATE,
  ConditionStatus,
  isFinishedPhase,
  NO_NODE,
  NO_OWNER,
  type NodeChange,
  type NodeIndex,
  type OwnerIndex,
  type PodChange,
  PodConditionType,
  type PodIndex,
} from "../../cluster/index.ts";
import type { PodInfo, PodOwner } from "../framework/pod-info.ts";
import { PREEMPTION_REASON } from "../preemption/evictions.ts";
import type { ClusterNews } from "./cluster-news.ts";

/** Changes that a scheduler can see in its record of a pod. */
const VISIBLE_MASK =
  CHANGED_NODE |
  CHANGED_DELETION |
  CHANGED_NOMINATED |
  CHANGED_TEMPLATE |
  CHANGED_STATUS |
  CHANGED_OWNER;

const NOT_PREEMPTED = Object.freeze({});

const API_VERSIONS: ReadonlyMap<string, string> = new Map([
  ["ReplicaSet", "apps/v1"],
  ["StatefulSet", "apps/v1"],
  ["DaemonSet", "apps/v1"],
  ["Deployment", "apps/v1"],
  ["Job", "batch/v1"],
  ["CronJob", "batch/v1"],
]);

/** Reads pod and node changes for one scheduler's news. */
export class PodWatch {
  private readonly api: ApiServer;
  private readonly news: ClusterNews;
  private readonly owners = new Map<OwnerIndex, PodOwner>();

  constructor(api: ApiServer, news: ClusterNews) {
    this.api = api;
    this.news = news;
  }

  onNode(change: NodeChange): void {
    const { before, after } = change;
    if (before === undefined) this.news.nodeAdded(after!);
    else if (after === undefined) this.news.nodeDeleted(before);
    else this.news.nodeUpdated(before, after);
  }

  onPod(change: PodChange): void {
    const known = this.news.findPod(change.uid);
    const isGone = change.kind === "Deleted" || isFinishedPhase(change.phaseAfter);
    if (isGone) {
      if (known !== undefined) this.news.podDeleted(known);
    } else if (known === undefined) {
      this.news.podAdded(this.read(change));
    } else {
      // Conditions change often; all that a scheduler sees of them is why a pod is being deleted.
      const mask = change.isDeletingAfter ? VISIBLE_MASK | CHANGED_CONDITIONS : VISIBLE_MASK;
      const isVisible = (change.mask & mask) !== 0;
      this.news.podUpdated(known, isVisible ? this.update(known, change) : known);
    }
  }

  private read(change: PodChange): PodInfo {
    const { pods } = this.api;
    const { pod } = change;
    return {
      uid: change.uid,
      namespace: pods.namespace(pod),
      name: pods.name(pod),
      template: change.templateAfter,
      priority: pods.priority(pod),
      startUs: change.startUsAfter,
      deleting: change.isDeletingAfter,
      nodeName: this.nodeName(change.nodeAfter),
      nominatedNodeName: this.nodeName(change.nominatedNodeAfter),
      pod,
      ...this.preemptionOf(change),
      ...this.owned(pods.owner(pod)),
    };
  }

  private update(known: PodInfo, change: PodChange): PodInfo {
    return {
      ...((change.mask & CHANGED_OWNER) === 0 ? known : this.ownedAnew(known, change.pod)),
      template: change.templateAfter,
      startUs: change.startUsAfter,
      deleting: change.isDeletingAfter,
      nodeName: this.nodeName(change.nodeAfter),
      nominatedNodeName: this.nodeName(change.nominatedNodeAfter),
      ...this.preemptionOf(change),
    };
  }

  /** The reason is read from the table: it is set together with the condition's status. */
  private preemptionOf(change: PodChange): { readonly isPreempted?: true } {
    const type = PodConditionType.DisruptionTarget;
    const isPreempted =
      change.isDeletingAfter &&
      change.conditionAfter(type) === ConditionStatus.True &&
      this.api.pods.conditionReason(change.pod, type) === PREEMPTION_REASON;
    return isPreempted ? { isPreempted } : NOT_PREEMPTED;
  }

  private nodeName(node: NodeIndex): string {
    return node === NO_NODE ? "" : this.api.nodes.name(node);
  }

  /** The record of a pod that was adopted or released. */
  private ownedAnew({ owner: _former, ...others }: PodInfo, pod: PodIndex): PodInfo {
    return { ...others, ...this.owned(this.api.pods.owner(pod)) };
  }

  private owned(owner: OwnerIndex): { readonly owner?: PodOwner } {
    return owner === NO_OWNER ? {} : { owner: this.ownerOf(owner) };
  }

  private ownerOf(owner: OwnerIndex): PodOwner {
    const { kind, name } = this.api.owners.ref(owner);
    const known = this.owners.get(owner);
    if (known?.kind === kind && known.name === name) return known;
    const read: PodOwner = { apiVersion: API_VERSIONS.get(kind) ?? "v1", kind, name };
    this.owners.set(owner, read);
    return read;
  }
}
