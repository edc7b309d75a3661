// ClusterNews: what a scheduler does with each piece of news about pods and nodes.
//
// The event handlers of scheduler-queue.md B8, in upstream's order: first what this scheduler
// believes (cache), then who may be worth another attempt (queue). Where news comes from and how
// late is the watch's business.

import type { NodeObject } from "../../cluster/index.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { ClusterEvent, EventSubject } from "../framework/cluster-event.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import {
  ASSIGNED_POD_ADD,
  ASSIGNED_POD_DELETE,
  NODE_ADD,
  NODE_DELETE,
} from "../queue/cluster-events.ts";
import { nodeChangeEvents } from "../queue/node-changes.ts";
import { podChangeEvents } from "../queue/pod-changes.ts";
import type { SchedulingQueue } from "../queue/scheduling-queue.ts";

/** What the handlers need of their scheduler. */
export interface NewsOwner {
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  /** Is this pod's schedulerName one of ours? */
  claims(pod: PodInfo): boolean;
  /** A pending pod that is not ours. */
  onUnclaimed(pod: PodInfo): void;
  /** An assumed pod is being deleted: true when it waited on Permit and is now rejected there. */
  rejectWaiting(pod: PodInfo): boolean;
  /** A pod is gone, finished or bound: notes about it as a pending pod can go. */
  onGone(uid: PodInfo["uid"]): void;
  /** Called when a piece of news has been dealt with. */
  onSettled(): void;
}

/** Entry points for news, one per kind of change; each settles the scheduler when it is done. */
export class ClusterNews {
  private readonly owner: NewsOwner;
  /** Pods that exist and are not finished, as last heard: the informer's store. */
  private readonly pods = new Map<PodInfo["uid"], PodInfo>();

  constructor(owner: NewsOwner) {
    this.owner = owner;
  }

  /** The pod as last heard of; undefined when it is gone or finished. */
  findPod(uid: PodInfo["uid"]): PodInfo | undefined {
    return this.pods.get(uid);
  }

  // --- Pods (a pod that finishes counts as deleted) ------------------------------------------

  podAdded(pod: PodInfo): void {
    const { cache, queue } = this.owner;
    this.pods.set(pod.uid, pod);
    if (pod.nodeName !== "") {
      cache.addPod(pod);
      queue.moveAll(ASSIGNED_POD_ADD, { newPod: pod });
    } else if (!this.owner.claims(pod)) {
      this.owner.onUnclaimed(pod);
    } else {
      queue.add(pod);
      this.nominateActive(pod);
    }
    this.owner.onSettled();
  }

  podUpdated(oldPod: PodInfo, newPod: PodInfo): void {
    this.pods.set(newPod.uid, newPod);
    if (oldPod.nodeName !== "") this.assignedPodUpdated(oldPod, newPod);
    else if (newPod.nodeName !== "") this.podBound(newPod);
    else if (this.owner.claims(newPod)) this.pendingPodUpdated(oldPod, newPod);
    this.owner.onSettled();
  }

  podDeleted(pod: PodInfo): void {
    const { cache, queue } = this.owner;
    this.pods.delete(pod.uid);
    this.owner.onGone(pod.uid);
    if (pod.nodeName !== "") {
      cache.removePod(pod.uid);
      queue.moveAll(ASSIGNED_POD_DELETE, { oldPod: pod });
    } else if (this.owner.claims(pod)) {
      this.leaveQueue(pod);
      if (cache.isAssumed(pod.uid)) this.assumedPodDeleted(pod);
      else if (pod.nominatedNodeName !== "") this.moveAfterLostNomination(pod);
    }
    this.owner.onSettled();
  }

  private assignedPodUpdated(oldPod: PodInfo, newPod: PodInfo): void {
    const { cache, queue } = this.owner;
    cache.updatePod(newPod);
    for (const event of podChangeEvents("AssignedPod", oldPod, newPod)) {
      queue.moveAll(event, { oldPod, newPod });
    }
  }

  private podBound(pod: PodInfo): void {
    const { cache, queue } = this.owner;
    cache.addPod(pod);
    queue.moveAll(ASSIGNED_POD_ADD, { newPod: pod });
    this.leaveQueue(pod);
    this.owner.onGone(pod.uid);
  }

  private pendingPodUpdated(oldPod: PodInfo, newPod: PodInfo): void {
    const { cache, queue } = this.owner;
    if (cache.isAssumed(newPod.uid)) {
      if (!oldPod.deleting && newPod.deleting) this.assumedPodDeleted(newPod);
      return;
    }
    const place = queue.find(newPod.uid)?.place;
    // The end of its flight renews the nomination of a pod in flight.
    if (place !== undefined && place !== "inFlight") cache.nominator.update(oldPod, newPod);
    queue.update(oldPod, newPod);
    if (place === undefined) this.nominateActive(newPod);
    const { nominatedNodeName } = oldPod;
    if (nominatedNodeName !== "" && nominatedNodeName !== newPod.nominatedNodeName) {
      this.moveAfterLostNomination(oldPod);
    }
  }

  /** A gated pod's nomination does not count before its next update. */
  private nominateActive(pod: PodInfo): void {
    const { cache, queue } = this.owner;
    if (queue.find(pod.uid)?.place === "active") cache.nominator.add(pod);
  }

  private leaveQueue(pod: PodInfo): void {
    this.owner.queue.delete(pod.uid);
    this.owner.cache.nominator.delete(pod);
  }

  /** A nomination kept room free from pods of at most its priority (its own pod included). */
  private moveAfterLostNomination(pod: PodInfo): void {
    const concerns = (other: PodInfo): boolean => other.priority <= pod.priority;
    this.owner.queue.moveAll(ASSIGNED_POD_DELETE, { oldPod: pod }, concerns);
  }

  private assumedPodDeleted(pod: PodInfo): void {
    if (this.owner.rejectWaiting(pod)) return;
    const { cache, queue } = this.owner;
    const assumed = cache.findPod(pod.uid) ?? pod;
    cache.forget(pod.uid);
    queue.moveAll(ASSIGNED_POD_DELETE, { oldPod: assumed });
  }

  // --- Nodes and other objects ----------------------------------------------------------------

  nodeAdded(node: NodeObject): void {
    this.owner.cache.addNode(node);
    this.owner.queue.moveAll(NODE_ADD, { newNode: node });
    this.owner.onSettled();
  }

  nodeUpdated(oldNode: NodeObject, newNode: NodeObject): void {
    this.owner.cache.updateNode(newNode);
    for (const event of nodeChangeEvents(oldNode, newNode)) {
      this.owner.queue.moveAll(event, { oldNode, newNode });
    }
    this.owner.onSettled();
  }

  nodeDeleted(node: NodeObject): void {
    this.owner.queue.moveAll(NODE_DELETE, { oldNode: node });
    this.owner.cache.removeNode(node.meta.name);
    this.owner.onSettled();
  }

  /** Volumes, claims, classes and the like: plugins that registered for them are asked. */
  objectChanged(event: ClusterEvent, subject: EventSubject): void {
    this.owner.queue.moveAll(event, subject);
    this.owner.onSettled();
  }
}
