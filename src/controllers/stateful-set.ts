// The StatefulSet controller: pods with fixed names, in order, each remade only when its
// predecessor of the same name is gone.
//
// OrderedReady does one thing per sync and stops at the first pod that is not ready; Parallel
// creates and deletes all at once but updates one by one all the same. Claims are made before their
// pod; what their retention policy deletes is given an owner, for the garbage collector. Not modelled:
// a retention policy that changes later, the gate MaxUnavailableStatefulSet (off by default).

import {
  CHANGED_DELETION,
  CHANGED_OWNER,
  CHANGED_PHASE,
  CHANGED_READY,
  NO_OWNER,
  type ObjectChange,
  type PersistentVolumeClaimObject,
  type PodChange,
  type PodIndex,
  PodPhase,
  type StoredObject,
  type Uid,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { availableFromUs, isAvailable, isReady } from "./owned-pods.ts";
import { PodClaims } from "./pod-claims.ts";
import { CONTROLLER_REVISION_HASH, RevisionHistory } from "./revisions.ts";
import { startSlowly } from "./slow-start.ts";
import { claimsOf, ordinalOf, statefulPodTemplate } from "./stateful-template.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";
import { isSameStatus, type StatefulSetStatus, statefulSetStatusOf } from "./workload-status.ts";

type StatefulSetRecord = StoredObject<"StatefulSet">;
const RELEVANT = CHANGED_PHASE | CHANGED_READY | CHANGED_DELETION | CHANGED_OWNER;

/** A set in one sync. */
interface View {
  readonly record: StatefulSetRecord;
  readonly ordinals: readonly number[];
  readonly byOrdinal: ReadonlyMap<number, PodIndex>;
  /** Pods out of range, highest ordinal first. */
  readonly condemned: readonly PodIndex[];
  readonly currentRevision: string;
  readonly updateRevision: string;
}

/** One request: what to do with an ordinal. */
type Action = { readonly create: number } | { readonly remove: PodIndex };

/** Runs all StatefulSets. */
export class StatefulSetController {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly revisions = new RevisionHistory();
  private readonly claims: PodClaims<"StatefulSet">;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("statefulset-controller");
    this.queue = new WorkQueue(context.sim, {
      name: "statefulset-controller",
      workers: context.options.concurrentStatefulSetSyncs,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.sync(uid, done),
    });
    this.claims = new PodClaims(
      context,
      this.client,
      {
        kind: "StatefulSet",
        selectorOf: ({ object }) => object.selector,
        isMember: ({ name }, pod) => ordinalOf(name, context.api.pods.name(pod)) !== undefined,
      },
      (uid) => this.queue.add(uid),
    );
  }

  onObject(change: ObjectChange): void {
    if (change.objectKind === "StatefulSet") this.queue.add(change.uid);
  }

  onPod(change: PodChange): void {
    this.claims.onPod(change);
    const owner = this.context.ownerOf(change.pod);
    if (owner?.kind !== "StatefulSet") return;
    if (change.kind === "Modified" && (change.mask & RELEVANT) === 0) return;
    this.queue.add(owner.uid);
  }

  private sync(uid: Uid, done: SyncDone): void {
    const found = this.context.api.objects.findByUid(uid);
    if (found?.kind !== "StatefulSet") {
      this.claims.forget(uid);
      this.revisions.forget(uid);
      this.queue.forget(uid);
      done();
      return;
    }
    const record = found as StatefulSetRecord;
    this.claims.settle(record, (error) => {
      if (error === undefined) this.manage(record, done);
      else done(error);
    });
  }

  private manage(record: StatefulSetRecord, done: SyncDone): void {
    const view = this.viewOf(record);
    const finish = (error?: string): void =>
      this.writeStatus(view, (failed) => done(error ?? failed));
    if (view.record.deletionUs >= 0) finish();
    else this.carryOut(view, this.planFor(view), finish);
  }

  private viewOf(record: StatefulSetRecord): View {
    const { api } = this.context;
    const { replicas, ordinalsStart, template } = record.object;
    const updateRevision = `${record.name}-${this.revisions.record(record.uid, template)}`;
    const status = statefulSetStatusOf(record);
    const currentRevision = status.currentRevision === "" ? updateRevision : status.currentRevision;
    const byOrdinal = new Map<number, PodIndex>();
    const condemned: PodIndex[] = [];
    const row = api.owners.find(record.uid);
    for (const pod of row === NO_OWNER ? [] : api.pods.podsOfOwner(row)) {
      const ordinal = ordinalOf(record.name, api.pods.name(pod));
      if (ordinal === undefined) continue;
      const isWanted = ordinal >= ordinalsStart && ordinal < ordinalsStart + replicas;
      if (isWanted) byOrdinal.set(ordinal, pod);
      else condemned.push(pod);
    }
    const number = (pod: PodIndex): number => ordinalOf(record.name, api.pods.name(pod)) ?? -1;
    condemned.sort((a, b) => number(b) - number(a));
    const ordinals = Array.from({ length: replicas }, (_, index) => ordinalsStart + index);
    return { record, ordinals, byOrdinal, condemned, currentRevision, updateRevision };
  }

  // ---- what to do ----------------------------------------------------------------------------

  private planFor(view: View): readonly Action[] {
    const isOrdered = view.record.object.podManagementPolicy === "OrderedReady";
    const replicas = this.planReplicas(view, isOrdered);
    if (isOrdered && (replicas.actions.length > 0 || replicas.isWaiting)) return replicas.actions;
    const condemned = this.planCondemned(view, isOrdered);
    const actions = [...replicas.actions, ...condemned.actions];
    if (isOrdered && (condemned.actions.length > 0 || condemned.isWaiting)) return actions;
    return actions.length > 0 ? actions : this.planUpdate(view);
  }

  /** Ordinals upwards: remake what is finished, make what is missing, wait for what is not ready. */
  private planReplicas(view: View, isOrdered: boolean): { actions: Action[]; isWaiting: boolean } {
    const { pods } = this.context.api;
    const actions: Action[] = [];
    for (const ordinal of view.ordinals) {
      const pod = view.byOrdinal.get(ordinal);
      if (pod === undefined) actions.push({ create: ordinal });
      else if (pods.isFinished(pod)) {
        if (!pods.isDeleting(pod)) actions.push({ remove: pod });
      } else {
        if (isOrdered && !this.isHealthy(view, pod)) return { actions, isWaiting: true };
        continue;
      }
      if (isOrdered) return { actions, isWaiting: true };
    }
    return { actions, isWaiting: false };
  }

  /** Ordinals out of range, downwards; an ordered set waits while some other pod is not healthy. */
  private planCondemned(view: View, isOrdered: boolean): { actions: Action[]; isWaiting: boolean } {
    const { pods } = this.context.api;
    const actions: Action[] = [];
    const unhealthy = [...view.condemned].reverse().find((pod) => !this.isHealthy(view, pod));
    for (const pod of view.condemned) {
      if (pods.isDeleting(pod)) {
        if (isOrdered) return { actions, isWaiting: true };
        continue;
      }
      if (isOrdered && !this.isHealthy(view, pod) && pod !== unhealthy)
        return { actions, isWaiting: true };
      actions.push({ remove: pod });
      if (isOrdered) return { actions, isWaiting: true };
    }
    return { actions, isWaiting: false };
  }

  /** One pod of another revision, highest ordinal first, down to the partition. */
  private planUpdate(view: View): readonly Action[] {
    const { pods } = this.context.api;
    const { updateStrategy, partition, ordinalsStart } = view.record.object;
    if (updateStrategy !== "RollingUpdate") return [];
    for (const ordinal of [...view.ordinals].reverse()) {
      if (ordinal < ordinalsStart + partition) return [];
      const pod = view.byOrdinal.get(ordinal);
      if (pod === undefined) return [];
      if (this.revisionOf(pod) !== view.updateRevision && !pods.isDeleting(pod))
        return [{ remove: pod }];
      if (!this.isHealthy(view, pod)) return [];
    }
    return [];
  }

  /** Running, ready for long enough, and not being deleted. */
  private isHealthy(view: View, pod: PodIndex): boolean {
    const { api, sim } = this.context;
    const { minReadySeconds } = view.record.object;
    return (
      !api.pods.isDeleting(pod) &&
      api.pods.phase(pod) === PodPhase.Running &&
      isAvailable(api.pods, pod, minReadySeconds, sim.nowUs)
    );
  }

  private revisionOf(pod: PodIndex): string {
    return this.context.api.pods.template(pod).labels.get(CONTROLLER_REVISION_HASH) ?? "";
  }

  // ---- doing it ------------------------------------------------------------------------------

  private carryOut(view: View, actions: readonly Action[], finish: (error?: string) => void): void {
    startSlowly(
      actions.length,
      (index, reply) => {
        const action = actions[index]!;
        if ("create" in action) this.create(view, action.create, reply);
        else this.remove(view, action.remove, reply);
      },
      (_count, error) => finish(error),
    );
  }

  private create(view: View, ordinal: number, reply: (error?: string) => void): void {
    const { record } = view;
    this.ensureClaims(view, ordinal, (claimError) => {
      if (claimError !== undefined) {
        reply(claimError);
        return;
      }
      const { partition, ordinalsStart } = record.object;
      const isCurrent = ordinal < ordinalsStart + partition;
      const revision = isCurrent ? view.currentRevision : view.updateRevision;
      const hash = revision.slice(record.name.length + 1);
      const base = this.revisions.find(record.uid, hash) ?? record.object.template;
      const template = statefulPodTemplate(record, base, ordinal, revision, this.context.templates);
      const name = `${record.name}-${ordinal}`;
      this.client.createOwnedPod(record, template, { name }, (error) => {
        const text = `create Pod ${name} in StatefulSet ${record.name}`;
        if (error === undefined)
          this.client.event(record, "SuccessfulCreate", `${text} successful`);
        else this.client.warning(record, "FailedCreate", `${text} failed error: ${error}`);
        reply(error);
      });
    });
  }

  private ensureClaims(view: View, ordinal: number, next: (error?: string) => void): void {
    const { record } = view;
    const missing = claimsOf(record, ordinal).filter(
      (claim) =>
        this.context.api.objects.find(
          "PersistentVolumeClaim",
          record.namespace,
          claim.meta.name,
        ) === undefined,
    );
    const makeFrom = (index: number): void => {
      const claim = missing[index];
      if (claim === undefined) next();
      else {
        this.createClaim(record, claim, ordinal, (error) =>
          error === undefined ? makeFrom(index + 1) : next(error),
        );
      }
    };
    makeFrom(0);
  }

  private createClaim(
    record: StatefulSetRecord,
    claim: PersistentVolumeClaimObject,
    ordinal: number,
    reply: (error?: string) => void,
  ): void {
    const { kind, namespace, name, uid, object } = record;
    const owner = { kind, namespace, name, uid };
    const claimName = claim.meta.name;
    this.client.request(
      "create",
      (writer) => writer.createObject(claim, object.whenDeleted === "Delete" ? { owner } : {}),
      (error) => {
        if (error === undefined) {
          const text = `Create Claim ${claimName} Pod ${name}-${ordinal} in StatefulSet ${name} success`;
          this.client.event(record, "SuccessfulCreate", text);
        } else {
          const text = `create Claim ${claimName} for Pod ${name}-${ordinal} in StatefulSet ${name} failed error: ${error}`;
          this.client.warning(record, "FailedCreate", text);
        }
        reply(error);
      },
    );
  }

  /** Claims that are to go with a pod out of range get it as their owner before it is deleted. */
  private handOver(view: View, pod: PodIndex, next: (error?: string) => void): void {
    const { record } = view;
    const { pods, objects } = this.context.api;
    const { namespace } = record;
    const name = pods.name(pod);
    const ordinal = ordinalOf(record.name, name) ?? -1;
    const isCondemned = view.condemned.includes(pod);
    const claims =
      isCondemned && record.object.whenScaled === "Delete" ? claimsOf(record, ordinal) : [];
    const owner = { kind: "Pod", namespace, name, uid: pods.uid(pod) };
    const handFrom = (index: number): void => {
      const claim = claims[index];
      if (claim === undefined) {
        next();
        return;
      }
      const found = objects.find("PersistentVolumeClaim", namespace, claim.meta.name);
      if (found === undefined) handFrom(index + 1);
      else {
        this.client.request(
          "update",
          (writer) => writer.setObjectOwner("PersistentVolumeClaim", found.uid, owner),
          (error) => (error === undefined ? handFrom(index + 1) : next(error)),
        );
      }
    };
    handFrom(0);
  }

  private remove(view: View, pod: PodIndex, reply: (error?: string) => void): void {
    this.handOver(view, pod, (error) => {
      if (error === undefined) this.deletePod(view, pod, reply);
      else reply(error);
    });
  }

  private deletePod(view: View, pod: PodIndex, reply: (error?: string) => void): void {
    const { pods } = this.context.api;
    const name = pods.name(pod);
    this.client.deletePod(pod, pods.uid(pod), (error) => {
      if (error === undefined) {
        const text = `delete Pod ${name} in StatefulSet ${view.record.name} successful`;
        this.client.event(view.record, "SuccessfulDelete", text);
      }
      reply(error);
    });
  }

  private writeStatus(view: View, reply: (error?: string) => void): void {
    const { record } = view;
    const { api, sim } = this.context;
    if (api.objects.findByUid(record.uid) === undefined) {
      reply();
      return;
    }
    const { minReadySeconds, replicas } = record.object;
    const fresh = this.viewOf(record);
    let ready = 0;
    let available = 0;
    let current = 0;
    let updated = 0;
    let nextUs: number | undefined;
    const all = [...fresh.byOrdinal.values(), ...fresh.condemned];
    for (const pod of all) {
      if (api.pods.phase(pod) === PodPhase.Running && isReady(api.pods, pod)) {
        ready++;
        const fromUs = availableFromUs(api.pods, pod, minReadySeconds);
        if (fromUs <= sim.nowUs) available++;
        else nextUs = Math.min(fromUs, nextUs ?? fromUs);
      }
      if (api.pods.isDeleting(pod)) continue;
      const revision = this.revisionOf(pod);
      if (revision === fresh.currentRevision) current++;
      if (revision === fresh.updateRevision) updated++;
    }
    const isComplete = [updated, ready, all.length].every((count) => count === replicas);
    const status: StatefulSetStatus = {
      observedGeneration: record.generation,
      replicas: all.length,
      readyReplicas: ready,
      availableReplicas: available,
      currentReplicas: isComplete ? updated : current,
      updatedReplicas: updated,
      currentRevision: isComplete ? fresh.updateRevision : fresh.currentRevision,
      updateRevision: fresh.updateRevision,
    };
    if (nextUs !== undefined) this.queue.addAfter(record.uid, nextUs - sim.nowUs);
    if (isSameStatus(status, record.status)) reply();
    else this.client.writeStatus(record, status, reply);
  }
}
