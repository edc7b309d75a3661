// The ReplicaSet controller (and ReplicationController: the same code): keeps as many active pods
// as the object asks for.
//
// A pod with a deletionTimestamp does not count, so its replacement is made at once; a finished pod
// is replaced and stays as an object. Which pods go when there are too many: deletion-rank.ts; which
// pods are its own: pod-claims.ts.

import {
  CHANGED_DELETION,
  CHANGED_OWNER,
  CHANGED_PHASE,
  CHANGED_READY,
  NO_NODE,
  NO_OWNER,
  type ObjectChange,
  type PodChange,
  type PodIndex,
  type StoredObject,
  type Uid,
} from "../cluster/index.ts";
import type { ControllerContext } from "./controller-context.ts";
import type { ControllerClient } from "./controller-client.ts";
import { compareForReplicaSet, type RankedPod } from "./deletion-rank.ts";
import { Expectations } from "./expectations.ts";
import { countPods, isActive, type PodCounts, rankedPod } from "./owned-pods.ts";
import { PodClaims } from "./pod-claims.ts";
import { startSlowly, startTogether } from "./slow-start.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";
import { isSameStatus, type ReplicaSetStatus } from "./workload-status.ts";

/** The kinds this controller runs. */
export type ReplicaSetKind = "ReplicaSet" | "ReplicationController";
type ReplicaSetRecord = StoredObject<ReplicaSetKind>;

const RELEVANT = CHANGED_PHASE | CHANGED_READY | CHANGED_DELETION | CHANGED_OWNER;

/** Runs all objects of one of its kinds. */
export class ReplicaSetController {
  readonly kind: ReplicaSetKind;
  readonly expectations: Expectations = new Expectations();
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly claims: PodClaims<ReplicaSetKind>;
  private listener: (uid: Uid, count: number) => void = () => {};

  constructor(context: ControllerContext, kind: ReplicaSetKind) {
    this.context = context;
    this.kind = kind;
    const name = kind === "ReplicaSet" ? "replicaset-controller" : "replication-controller";
    this.client = context.client(name);
    this.queue = new WorkQueue(context.sim, {
      name,
      workers: context.options.concurrentReplicaSetSyncs,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.sync(uid, done),
    });
    this.claims = new PodClaims(
      context,
      this.client,
      { kind, selectorOf: ({ object }) => object.selector, onlyActive: true },
      (uid) => this.queue.add(uid),
    );
  }

  /** Told how many creations are asked for, and, as negative counts, which of them came to nothing; for checks. */
  onAsk(listener: (uid: Uid, count: number) => void): void {
    this.listener = listener;
  }

  onObject(change: ObjectChange): void {
    if (change.objectKind !== this.kind) return;
    this.queue.add(change.uid);
  }

  onPod(change: PodChange): void {
    this.claims.onPod(change);
    const owner = this.context.ownerOf(change.pod);
    if (owner?.kind !== this.kind) return;
    if (change.kind === "Added") {
      if (change.isDeletingAfter) this.expectations.deletionSeen(owner.uid, change.uid);
      else this.expectations.creationSeen(owner.uid);
    } else if (change.kind === "Deleted") {
      this.expectations.deletionSeen(owner.uid, change.uid);
    } else {
      if ((change.mask & RELEVANT) === 0) return;
      if (change.isDeletingAfter) this.expectations.deletionSeen(owner.uid, change.uid);
    }
    this.queue.add(owner.uid);
  }

  private sync(uid: Uid, done: SyncDone): void {
    const record = this.find(uid);
    if (record === undefined) {
      this.claims.forget(uid);
      this.expectations.forget(uid);
      this.queue.forget(uid);
      done();
      return;
    }
    const mayAct = record.deletionUs < 0 && this.expectations.areMet(uid, this.context.sim.nowUs);
    this.claims.settle(record, (error) => {
      if (error !== undefined) done(error);
      else this.manage(this.find(uid) ?? record, mayAct, done);
    });
  }

  private manage(record: ReplicaSetRecord, mayAct: boolean, done: SyncDone): void {
    const { api, sim } = this.context;
    const { uid } = record;
    const minReady = record.object.minReadySeconds;
    const counts = countPods(api.pods, api.owners.find(uid), minReady, sim.nowUs);
    const finish = (failure: string, error: string | undefined): void => {
      this.writeStatus(record, counts, failure, (statusError) => {
        this.wakeAtNextAvailable(uid, counts);
        done(error ?? statusError);
      });
    };
    const missing = record.object.replicas - counts.active.length;
    if (!mayAct || missing === 0) finish("", undefined);
    else if (missing > 0) this.create(record, missing, finish);
    else this.giveUp(record, counts, -missing, finish);
  }

  /** The object is read again at each sync: a retry may find it changed or gone. */
  private find(uid: Uid): ReplicaSetRecord | undefined {
    const record = this.context.api.objects.findByUid(uid);
    return record?.kind === this.kind ? (record as ReplicaSetRecord) : undefined;
  }

  private create(
    record: ReplicaSetRecord,
    missing: number,
    finish: (failure: string, error: string | undefined) => void,
  ): void {
    const count = Math.min(missing, this.context.options.replicaSetBurst);
    const { uid, namespace, name } = record;
    this.expectations.expectCreations(uid, count, this.context.sim.nowUs);
    this.listener(uid, count);
    let attempts = 0;
    startSlowly(
      count,
      (_index, reply) => {
        attempts++;
        this.client.createOwnedPod(
          record,
          record.object.template,
          { generateName: `${name}-` },
          (error, podName) => {
            if (error === undefined) {
              this.client.event(record, "SuccessfulCreate", `Created pod: ${podName}`);
            } else {
              this.expectations.creationSeen(uid);
              this.client.warning(record, "FailedCreate", `Error creating: ${error}`);
            }
            reply(error);
          },
        );
      },
      (successes, error) => {
        this.expectations.creationSeen(uid, count - attempts);
        if (successes < count) this.listener(uid, successes - count);
        finish(
          error === undefined ? "" : "FailedCreate",
          error && `${namespace}/${name}: ${error}`,
        );
      },
    );
  }

  private giveUp(
    record: ReplicaSetRecord,
    counts: PodCounts,
    surplus: number,
    finish: (failure: string, error: string | undefined) => void,
  ): void {
    const { api, sim, options } = this.context;
    const count = Math.min(surplus, options.replicaSetBurst);
    const victims = this.chooseVictims(record, counts.active, count).map((pod) => ({
      pod,
      uid: api.pods.uid(pod),
    }));
    const uids = victims.map((victim) => victim.uid);
    this.expectations.expectDeletions(record.uid, uids, sim.nowUs);
    startTogether(
      victims.length,
      (index, reply) => {
        const { pod, uid } = victims[index]!;
        const podName = api.pods.name(pod);
        this.client.deletePod(pod, uid, (error) => {
          if (error === undefined) {
            this.client.event(record, "SuccessfulDelete", `Deleted pod: ${podName}`);
          } else {
            this.expectations.deletionSeen(record.uid, uid);
            this.client.warning(record, "FailedDelete", `Error deleting: ${error}`);
          }
          reply(error);
        });
      },
      (_successes, error) => finish(error === undefined ? "" : "FailedDelete", error),
    );
  }

  private chooseVictims(
    record: ReplicaSetRecord,
    active: readonly PodIndex[],
    count: number,
  ): readonly PodIndex[] {
    if (count >= active.length) return active;
    const { pods } = this.context.api;
    const nowUs = this.context.sim.nowUs;
    const onNode = this.relatedPodsByNode(record);
    const ranked: { pod: PodIndex; facts: RankedPod }[] = active.map((pod) => ({
      pod,
      facts: rankedPod(pods, pod, onNode.get(pods.node(pod)) ?? 0),
    }));
    ranked.sort((a, b) => compareForReplicaSet(a.facts, b.facts, nowUs));
    return ranked.slice(0, count).map((one) => one.pod);
  }

  /** Active pods per node over all objects of this kind with the same owner; none without an owner. */
  private relatedPodsByNode(record: ReplicaSetRecord): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    if (record.owner === undefined) return counts;
    const { api } = this.context;
    for (const sibling of api.objects.childrenOfOwner(record.owner.uid)) {
      if (sibling.kind !== this.kind) continue;
      const row = api.owners.find(sibling.uid);
      if (row === NO_OWNER) continue;
      api.pods.forEachOfOwner(row, (pod) => {
        const node = api.pods.node(pod);
        if (node === NO_NODE || !isActive(api.pods, pod)) return;
        counts.set(node, (counts.get(node) ?? 0) + 1);
      });
    }
    return counts;
  }

  private writeStatus(
    record: ReplicaSetRecord,
    counts: PodCounts,
    replicaFailure: string,
    reply: (error?: string) => void,
  ): void {
    const status: ReplicaSetStatus = {
      observedGeneration: record.generation,
      replicas: counts.active.length,
      readyReplicas: counts.ready,
      availableReplicas: counts.available,
      terminatingReplicas: counts.terminating,
      replicaFailure,
    };
    if (isSameStatus(status, record.status)) reply();
    else this.client.writeStatus(record, status, reply);
  }

  private wakeAtNextAvailable(uid: Uid, counts: PodCounts): void {
    if (counts.nextAvailableUs === undefined) return;
    this.queue.addAfter(uid, Math.max(1, counts.nextAvailableUs - this.context.sim.nowUs));
  }
}
