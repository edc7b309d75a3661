// PodWatch: turns what the API's watch shows into the news a scheduler understands.
//
// Changes are flyweights of table rows; a scheduler keeps PodInfo records instead, one per pod that
// exists and is not finished. A pod that reaches Succeeded or Failed leaves the watch at that
// moment, as upstream's informer filters it out.

import {
  type ApiServer,
  CHANGED_DELETION,
  CHANGED_NODE,
  CHANGED_NOMINATED,
  CHANGED_STATUS,
  CHANGED_TEMPLATE,
  isFinishedPhase,
  NO_NODE,
  NO_OWNER,
  type NodeChange,
  type NodeIndex,
  type OwnerIndex,
  type PodChange,
} from "../../cluster/index.ts";
import type { PodInfo, PodOwner } from "../framework/pod-info.ts";
import type { ClusterNews } from "./cluster-news.ts";

/** Changes that a scheduler can see in its record of a pod. */
const VISIBLE_MASK =
  CHANGED_NODE | CHANGED_DELETION | CHANGED_NOMINATED | CHANGED_TEMPLATE | CHANGED_STATUS;

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
      const isVisible = (change.mask & VISIBLE_MASK) !== 0;
      this.news.podUpdated(known, isVisible ? this.update(known, change) : known);
    }
  }

  private read(change: PodChange): PodInfo {
    const { pods } = this.api;
    const { pod } = change;
    const owner = pods.owner(pod);
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
      ...(owner === NO_OWNER ? {} : { owner: this.ownerOf(owner) }),
    };
  }

  private update(known: PodInfo, change: PodChange): PodInfo {
    return {
      ...known,
      template: change.templateAfter,
      startUs: change.startUsAfter,
      deleting: change.isDeletingAfter,
      nodeName: this.nodeName(change.nodeAfter),
      nominatedNodeName: this.nodeName(change.nominatedNodeAfter),
    };
  }

  private nodeName(node: NodeIndex): string {
    return node === NO_NODE ? "" : this.api.nodes.name(node);
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
