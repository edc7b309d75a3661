// The persistent volume binder: gives claims the volumes that exist, asks for those that do not, and
// keeps the phases of both.
//
// One worker for claims and one for volumes. A sync that fails is not tried again by itself: the next
// change, or the resync every 15 s, brings the object back. The resync is simulated only where it
// could find something: after a volume became available or a class appeared while claims wait.

import {
  defaultStorageClass,
  type ObjectChange,
  type PersistentVolumeClaimObject,
  type PersistentVolumeObject,
  type StorageClassObject,
  type StoredObject,
  type Uid,
} from "../../cluster/index.ts";
import { RANK } from "../../engine/index.ts";
import {
  BOUND_BY_CONTROLLER_ANNOTATION,
  classNameOf,
  isReservedFor,
  SELECTED_NODE_ANNOTATION,
  volumeBoundTo,
  withAnnotation,
} from "../../scheduler/index.ts";
import type { Instant } from "../../base/index.ts";
import type { ControllerClient } from "../controller-client.ts";
import type { ControllerContext } from "../controller-context.ts";
import { PassGrid } from "../pass-grid.ts";
import { type SyncDone, WorkQueue } from "../work-queue.ts";
import { bestVolumeFor, driverOfClass, whyUnfit } from "./binding-rules.ts";
import {
  BIND_COMPLETED_ANNOTATION,
  claimOf,
  type ClaimRecord,
  findClaimOfVolume,
  PROVISIONED_BY_ANNOTATION,
  PROVISIONER_ANNOTATIONS,
  type VolumeRecord,
} from "./claim-records.ts";
import { podsWaitingWith } from "./claim-users.ts";

const NAME = "persistentvolume-controller";

/** Runs all claims and volumes. */
export class ClaimBinder {
  readonly claims: WorkQueue<Uid>;
  readonly volumes: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  /** Claims that are neither Bound nor Lost, in the order of their creation. */
  private readonly pending = new Set<Uid>();
  private resyncGrid: PassGrid | undefined;
  private isResyncArmed = false;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client(NAME);
    const { sim, syncCostUs } = context;
    this.claims = new WorkQueue(sim, {
      ...{ name: `${NAME} claims`, workers: 1, syncCostUs },
      sync: (uid, done) => this.syncClaim(uid, done),
    });
    this.volumes = new WorkQueue(sim, {
      ...{ name: `${NAME} volumes`, workers: 1, syncCostUs },
      sync: (uid, done) => this.syncVolume(uid, done),
    });
  }

  onObject(change: ObjectChange): void {
    switch (change.objectKind) {
      case "PersistentVolumeClaim":
        this.onClaim(change);
        break;
      case "PersistentVolume":
        this.onVolume(change);
        break;
      case "StorageClass":
        if (change.after !== undefined) this.armResync();
        break;
      default:
    }
  }

  private onClaim({ uid, before, after }: ObjectChange): void {
    if (after !== undefined) {
      const { phase } = after.object as PersistentVolumeClaimObject;
      if (phase === "Pending") this.pending.add(uid);
      else this.pending.delete(uid);
      this.claims.add(uid);
      return;
    }
    this.pending.delete(uid);
    this.claims.forget(uid);
    const { volumeName } = before!.object as PersistentVolumeClaimObject;
    const volume = this.context.api.objects.find("PersistentVolume", "", volumeName);
    if (volume !== undefined) this.volumes.add(volume.uid);
  }

  private onVolume({ uid, before, after }: ObjectChange): void {
    if (after !== undefined) {
      this.volumes.add(uid);
      const wasAvailable = (before?.object as PersistentVolumeObject | undefined)?.phase;
      const isAvailable = (after.object as PersistentVolumeObject).phase === "Available";
      if (isAvailable && wasAvailable !== "Available") this.armResync();
      return;
    }
    this.volumes.forget(uid);
    const claim = findClaimOfVolume(this.context.api, before!.object as PersistentVolumeObject);
    if (claim !== undefined) this.claims.add(claim.uid);
  }

  // ---- resync --------------------------------------------------------------------------------

  private armResync(): void {
    if (this.isResyncArmed || this.pending.size === 0) return;
    this.isResyncArmed = true;
    const { sim } = this.context;
    const atUs = this.grid().after(sim.nowUs) as Instant;
    sim.callAt(atUs, RANK.controller, `${NAME} resync`, () => {
      this.isResyncArmed = false;
      for (const uid of this.pending) this.claims.add(uid);
    });
  }

  /** Every period from the controller's start, which lies at some phase before the run. */
  private grid(): PassGrid {
    const { storage } = this.context.options;
    const { claimSyncPeriodUs } = storage;
    const drawn = this.context.draws(`${NAME}/resync`).unit(0, 0) * claimSyncPeriodUs;
    this.resyncGrid ??= new PassGrid(Math.floor(drawn), claimSyncPeriodUs, claimSyncPeriodUs);
    return this.resyncGrid;
  }

  // ---- claims --------------------------------------------------------------------------------

  private syncClaim(uid: Uid, done: SyncDone): void {
    const record = this.context.api.objects.findByUid(uid) as ClaimRecord | undefined;
    const end = (): void => done();
    if (record === undefined) end();
    else if (record.object.isBindCompleted) this.syncBoundClaim(record, end);
    else if (record.object.volumeName === "") this.syncUnboundClaim(record, end);
    else this.syncNamedClaim(record, end);
  }

  /** No volume yet: one that exists, or a word to whoever makes them. */
  private syncUnboundClaim(record: ClaimRecord, end: () => void): void {
    const { api } = this.context;
    const claim = claimOf(record);
    const wanted = this.classFor(claim);
    if (wanted !== undefined && wanted.meta.name !== classNameOf(claim)) {
      const storageClassName = wanted.meta.name;
      this.writeClaim(record, (object) => ({ ...object, storageClassName }), end, end);
      return;
    }
    const isSelected = claim.meta.annotations.has(SELECTED_NODE_ANNOTATION);
    const isDelayed = wanted?.volumeBindingMode === "WaitForFirstConsumer" && !isSelected;
    const volumes = api.objects.list("PersistentVolume").map(({ object }) => object);
    const volume = bestVolumeFor(claim, volumes, isDelayed);
    if (volume !== undefined) {
      this.bind(volume.meta.name, record, end);
    } else if (isDelayed) {
      this.tellWaiting(record);
      end();
    } else if (classNameOf(claim) === "") {
      const text = "no persistent volumes available for this claim and no storage class is set";
      this.client.event(record, "FailedBinding", text);
      end();
    } else {
      this.askForVolume(record, wanted, end);
    }
  }

  /** The claim's class; the default one for a claim that says nothing. */
  private classFor(claim: PersistentVolumeClaimObject): StorageClassObject | undefined {
    const { objects } = this.context.api;
    if (claim.storageClassName !== undefined) {
      return objects.find("StorageClass", "", claim.storageClassName)?.object;
    }
    return defaultStorageClass(objects);
  }

  private tellWaiting(record: ClaimRecord): void {
    const pods = podsWaitingWith(this.context.api, record);
    if (pods.length === 0) {
      const text = "waiting for first consumer to be created before binding";
      this.client.event(record, "WaitForFirstConsumer", text);
      return;
    }
    const noun = pods.length > 1 ? "pods" : "pod";
    const text = `waiting for ${noun} ${pods.join(",")} to be scheduled`;
    this.client.event(record, "WaitForPodScheduled", text);
  }

  /** Names the driver that is to make the volume, where there is one. */
  private askForVolume(
    record: ClaimRecord,
    storageClass: StorageClassObject | undefined,
    end: () => void,
  ): void {
    if (storageClass === undefined) {
      const className = classNameOf(record.object);
      const text = `storageclass.storage.k8s.io "${className}" not found`;
      this.client.warning(record, "ProvisioningFailed", text);
      end();
      return;
    }
    const driver = driverOfClass(storageClass);
    if (driver === undefined) {
      const text = `no volume plugin matched name: ${storageClass.provisioner}`;
      this.client.warning(record, "ProvisioningFailed", text);
      end();
      return;
    }
    const change = (claim: PersistentVolumeClaimObject): PersistentVolumeClaimObject =>
      PROVISIONER_ANNOTATIONS.reduce((each, key) => withAnnotation(each, key, driver), claim);
    this.writeClaim(
      record,
      change,
      () => {
        const text = `Waiting for a volume to be created either by the external provisioner '${driver}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
        this.client.event(record, "ExternalProvisioning", text);
        end();
      },
      end,
    );
  }

  /** A volume is named and the binding not complete: a user's wish, or an interrupted binding. */
  private syncNamedClaim(record: ClaimRecord, end: () => void): void {
    const claim = claimOf(record);
    const found = this.context.api.objects.find("PersistentVolume", "", claim.volumeName);
    if (found === undefined) {
      end();
      return;
    }
    const volume = found.object;
    const quoted = JSON.stringify(volume.meta.name);
    if (volume.claimRef === undefined) {
      const unfit = whyUnfit(volume, claim);
      if (unfit === undefined) {
        this.bind(volume.meta.name, record, end);
        return;
      }
      const text = `Cannot bind to requested volume ${quoted}: ${unfit}`;
      this.client.warning(record, "VolumeMismatch", text);
    } else if (isReservedFor(volume, claim)) {
      this.bind(volume.meta.name, record, end);
      return;
    } else if (!claim.meta.annotations.has(BOUND_BY_CONTROLLER_ANNOTATION)) {
      const text = `volume ${quoted} already bound to a different claim.`;
      this.client.warning(record, "FailedBinding", text);
    }
    end();
  }

  /** Bound once: the volume must still be there and know of it. */
  private syncBoundClaim(record: ClaimRecord, end: () => void): void {
    const claim = claimOf(record);
    const lose = (reason: string, text: string): void => {
      if (claim.phase === "Lost") {
        end();
        return;
      }
      this.client.warning(record, reason, text);
      this.writeClaim(record, (object) => ({ ...object, phase: "Lost" }), end, end);
    };
    if (claim.volumeName === "") {
      const text =
        "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!";
      lose("ClaimLost", text);
      return;
    }
    const volume = this.context.api.objects.find("PersistentVolume", "", claim.volumeName)?.object;
    if (volume === undefined) {
      lose("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
    } else if (volume.claimRef === undefined || isReservedFor(volume, claim)) {
      this.bind(volume.meta.name, record, end);
    } else {
      const text = "Two claims are bound to the same volume, this one is bound incorrectly";
      lose("ClaimMisbound", text);
    }
  }

  // ---- one binding: volume, its phase, claim, its phase ----------------------------------------

  private bind(volumeName: string, { uid }: ClaimRecord, end: () => void): void {
    const { objects } = this.context.api;
    const claim = (): ClaimRecord | undefined => objects.findByUid(uid) as ClaimRecord | undefined;
    const volume = (): VolumeRecord | undefined => objects.find("PersistentVolume", "", volumeName);
    const steps: readonly ((goOn: () => void) => void)[] = [
      (goOn) => {
        const current = claim();
        if (current === undefined) end();
        else
          this.writeVolume(
            volume(),
            (object) => volumeBoundTo(object, claimOf(current)),
            goOn,
            end,
          );
      },
      (goOn) => this.writeVolume(volume(), (object) => inPhase(object, "Bound"), goOn, end),
      (goOn) => this.writeClaim(claim(), (object) => boundTo(object, volumeName), goOn, end),
      (goOn) => this.writeClaim(claim(), (object) => inPhase(object, "Bound"), goOn, end),
    ];
    const run = (index: number): void => {
      const step = steps[index];
      if (step === undefined) end();
      else step(() => run(index + 1));
    };
    run(0);
  }

  // ---- volumes -------------------------------------------------------------------------------

  private syncVolume(uid: Uid, done: SyncDone): void {
    const record = this.context.api.objects.findByUid(uid) as VolumeRecord | undefined;
    const end = (): void => done();
    if (record === undefined) {
      end();
      return;
    }
    const { claimRef } = record.object;
    if (claimRef === undefined || claimRef.uid === "") {
      // Free, or kept by a user for a claim that has not come yet.
      this.writeVolume(record, (object) => inPhase(object, "Available"), end, end);
      return;
    }
    const claim = findClaimOfVolume(this.context.api, record.object);
    if (claim === undefined) this.release(record, end);
    else if (claim.object.volumeName === "") {
      this.claims.add(claim.uid);
      end();
    } else if (claim.object.volumeName === record.name) {
      this.writeVolume(record, (object) => inPhase(object, "Bound"), end, end);
    } else this.unbind(record, end);
  }

  /** The claim is gone: what becomes of the volume is its own policy. */
  private release(record: VolumeRecord, end: () => void): void {
    const { phase, reclaimPolicy, meta } = record.object;
    if (phase !== "Released" && phase !== "Failed") {
      this.writeVolume(record, (object) => inPhase(object, "Released"), end, end);
      return;
    }
    // A driver deletes what it has made; nobody can delete a volume that was made by hand.
    const isMade = meta.annotations.has(PROVISIONED_BY_ANNOTATION);
    if (reclaimPolicy !== "Delete" || isMade || phase === "Failed") {
      end();
      return;
    }
    const text = `error getting deleter volume plugin for volume "${record.name}": no volume plugin matched`;
    this.client.warning(record, "VolumeFailedDelete", text);
    this.writeVolume(record, (object) => inPhase(object, "Failed"), end, end);
  }

  /** The claim went elsewhere: a volume made for it has no use, another one is free again. */
  private unbind(record: VolumeRecord, end: () => void): void {
    const { annotations } = record.object.meta;
    if (annotations.has(PROVISIONED_BY_ANNOTATION) && record.object.reclaimPolicy === "Delete") {
      this.release(record, end);
      return;
    }
    const isOurs = annotations.has(BOUND_BY_CONTROLLER_ANNOTATION);
    this.writeVolume(record, (object) => unboundVolume(object, isOurs), end, end);
  }

  // ---- writes --------------------------------------------------------------------------------

  private writeClaim(
    record: ClaimRecord | undefined,
    change: (object: PersistentVolumeClaimObject) => PersistentVolumeClaimObject,
    goOn: () => void,
    giveUp: () => void,
  ): void {
    this.write(record, change, goOn, giveUp);
  }

  private writeVolume(
    record: VolumeRecord | undefined,
    change: (object: PersistentVolumeObject) => PersistentVolumeObject,
    goOn: () => void,
    giveUp: () => void,
  ): void {
    this.write(record, change, goOn, giveUp);
  }

  /** Nothing is sent when nothing changes; an object that changed meanwhile ends the sync. */
  private write<K extends "PersistentVolume" | "PersistentVolumeClaim">(
    record: StoredObject<K> | undefined,
    change: (object: StoredObject<K>["object"]) => StoredObject<K>["object"],
    goOn: () => void,
    giveUp: () => void,
  ): void {
    if (record === undefined) {
      giveUp();
      return;
    }
    if (change(record.object) === record.object) {
      goOn();
      return;
    }
    const { kind, uid, resourceVersion } = record;
    this.client.request(
      "update",
      (writer) => writer.updateObject(kind, uid, change, { resourceVersion }),
      (error) => (error === undefined ? goOn() : giveUp()),
    );
  }
}

function inPhase<T extends { readonly phase: string }>(object: T, phase: T["phase"]): T {
  return object.phase === phase ? object : { ...object, phase };
}

function boundTo(
  claim: PersistentVolumeClaimObject,
  volumeName: string,
): PersistentVolumeClaimObject {
  const isNamed = claim.volumeName === volumeName;
  if (isNamed && claim.isBindCompleted) return claim;
  const named = isNamed
    ? claim
    : withAnnotation({ ...claim, volumeName }, BOUND_BY_CONTROLLER_ANNOTATION, "yes");
  return { ...withAnnotation(named, BIND_COMPLETED_ANNOTATION, "yes"), isBindCompleted: true };
}

/** A user's claim stays written in the volume, so that it waits for one of that name. */
function unboundVolume(volume: PersistentVolumeObject, isOurs: boolean): PersistentVolumeObject {
  const { claimRef, meta } = volume;
  if (!isOurs && claimRef !== undefined) return { ...volume, claimRef: { ...claimRef, uid: "" } };
  const annotations = new Map(meta.annotations);
  annotations.delete(BOUND_BY_CONTROLLER_ANNOTATION);
  return { ...volume, claimRef: undefined, meta: { ...meta, annotations } };
}
