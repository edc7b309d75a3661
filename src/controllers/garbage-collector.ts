// The garbage collector: deletes what was owned by an object that is gone.
//
// In the background the owner goes at once and its dependants follow, each with its own grace. In the
// foreground the owner waits for its dependants, and these for theirs, so that the leaves go first;
// orphans are let go. Which of it was asked for stands in a finalizer of the owner.

import {
  type ApiResult,
  type ApiWriter,
  FOREGROUND_FINALIZER,
  NO_OWNER,
  NO_POD,
  type ObjectChange,
  ORPHAN_FINALIZER,
  type PodChange,
  type PodIndex,
  type StoredObject,
  type StoreKind,
  type Uid,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";

/** Looks after dependants. Keys are uids of owners that are gone or going. */
export class GarbageCollector {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("garbage-collector");
    this.queue = new WorkQueue(context.sim, {
      name: "garbage-collector",
      workers: context.options.concurrentGcSyncs,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.sync(uid, done),
    });
  }

  onObject(change: ObjectChange): void {
    if (change.kind === "Deleted") {
      if (this.hasDependants(change.uid)) this.queue.add(change.uid);
      const owner = change.before?.owner;
      if (owner !== undefined && this.isLeaving(owner.uid)) this.queue.add(owner.uid);
      return;
    }
    if (change.after !== undefined && change.after.deletionUs >= 0) this.queue.add(change.uid);
  }

  /** The owner of claims, or the last dependant of an owner that waits for it. */
  onPod(change: PodChange): void {
    if (change.kind !== "Deleted") return;
    if (this.context.api.objects.childrenOfOwner(change.uid).length > 0) this.queue.add(change.uid);
    const owner = this.context.ownerOf(change.pod);
    if (owner !== undefined && this.isLeaving(owner.uid)) this.queue.add(owner.uid);
  }

  private isLeaving(uid: Uid): boolean {
    const stored = this.context.api.objects.findByUid(uid);
    return stored !== undefined && stored.deletionUs >= 0;
  }

  private hasDependants(uid: Uid): boolean {
    const { api } = this.context;
    return api.objects.childrenOfOwner(uid).length > 0 || api.owners.find(uid) !== NO_OWNER;
  }

  private sync(uid: Uid, done: SyncDone): void {
    const stored = this.context.api.objects.findByUid(uid);
    if (stored === undefined) this.deleteDependants(uid, done);
    else if (stored.finalizers.includes(ORPHAN_FINALIZER)) this.orphanDependants(stored, done);
    else if (stored.finalizers.includes(FOREGROUND_FINALIZER)) this.waitForDependants(stored, done);
    else done();
  }

  private dependants(uid: Uid): { objects: readonly StoredObject[]; pods: readonly PodIndex[] } {
    const { api } = this.context;
    const row = api.owners.find(uid);
    const pods = row === NO_OWNER ? [] : api.pods.podsOfOwner(row);
    return { objects: api.objects.childrenOfOwner(uid), pods };
  }

  private countDependants(uid: Uid): number {
    const { objects, pods } = this.dependants(uid);
    return objects.length + pods.length;
  }

  private deleteDependants(uid: Uid, done: SyncDone, isForeground = false): void {
    const { objects, pods } = this.dependants(uid);
    const { pods: table } = this.context.api;
    let waiting = 1;
    let failure: string | undefined;
    const reply = (error?: string): void => {
      failure ??= error;
      if (--waiting === 0) done(failure);
    };
    for (const object of objects) {
      if (object.deletionUs >= 0) continue;
      waiting++;
      const isLeaf = !isForeground || this.countDependants(object.uid) === 0;
      this.client.deleteObject(object, reply, isLeaf ? "Background" : "Foreground");
    }
    for (const pod of pods) {
      if (pod === NO_POD || table.isDeleting(pod)) continue;
      waiting++;
      this.client.deletePod(pod, table.uid(pod), reply);
    }
    reply();
  }

  private waitForDependants(stored: StoredObject, done: SyncDone): void {
    const { objects, pods } = this.dependants(stored.uid);
    if (objects.length + pods.length > 0) {
      this.deleteDependants(stored.uid, done, true);
      return;
    }
    this.takeOffFinalizer(stored.kind, stored.uid, FOREGROUND_FINALIZER, done);
  }

  /** What names the owner lets go of it; only then does the owner go. */
  private orphanDependants(stored: StoredObject, done: SyncDone): void {
    const { kind, uid } = stored;
    const { objects, pods } = this.dependants(uid);
    const { pods: table } = this.context.api;
    let waiting = 1;
    let failure: string | undefined;
    const reply = (error?: string): void => {
      failure ??= error;
      if (--waiting > 0) return;
      if (failure !== undefined) done(failure);
      else this.takeOffFinalizer(kind, uid, ORPHAN_FINALIZER, done);
    };
    for (const object of objects) {
      waiting++;
      const { kind: childKind, uid: child } = object;
      this.release((writer) => writer.setObjectOwner(childKind, child, undefined), reply);
    }
    for (const pod of pods) {
      waiting++;
      const podUid = table.uid(pod);
      this.release((writer) => writer.setPodOwner(pod, podUid, undefined), reply);
    }
    reply();
  }

  /** A dependant that is gone needs no release. */
  private release(commit: (writer: ApiWriter) => ApiResult, reply: SyncDone): void {
    this.client.request("patch", commit, (error, result) =>
      reply(!result.ok && result.reason === "NotFound" ? undefined : error),
    );
  }

  private takeOffFinalizer(kind: StoreKind, uid: Uid, finalizer: string, done: SyncDone): void {
    this.client.request(
      "patch",
      (writer) => writer.removeObjectFinalizer(kind, uid, finalizer),
      done,
    );
  }
}
