// The provisioners: CSI drivers that make a volume for a claim and delete the volumes they made.
//
// One for all drivers, each with a client of its own name. A claim is taken up when the binder has
// named its driver and, if its class waits for a pod, the scheduler a node. How long an attempt takes
// and whether it fails is drawn per claim; failed ones are tried again after 1 s, doubling up to 5 min.

import { duration, entityHash } from "../../base/index.ts";
import {
  type ObjectChange,
  type PersistentVolumeClaimObject,
  type PersistentVolumeObject,
  shownUid,
  type StorageClassObject,
  type Uid,
} from "../../cluster/index.ts";
import { type EventHandle, RANK } from "../../engine/index.ts";
import { classNameOf, SELECTED_NODE_ANNOTATION } from "../../scheduler/index.ts";
import type { ControllerContext } from "../controller-context.ts";
import {
  claimOf,
  type ClaimRecord,
  newMeta,
  PROVISIONED_BY_ANNOTATION,
  PROVISIONER_ANNOTATIONS,
  type VolumeRecord,
} from "./claim-records.ts";
import { volumeAffinity } from "./volume-topology.ts";

const US_PER_SECOND = 1_000_000;
const RETRY_US = 1_000_000;
const RETRY_US_MAX = 300_000_000;
const DOUBLINGS_MAX = 9;
/** Uniform numbers set aside for one attempt: the first says whether it fails, the rest are its time's. */
const DRAWS_PER_ATTEMPT = 64;
const [, DRIVER_ANNOTATION] = PROVISIONER_ANNOTATIONS;

/** A claim that a driver works on. */
interface Job {
  /** Attempts begun so far, those for other nodes included. */
  attempts: number;
  /** Failures since the claim was taken up for its present node. */
  failures: number;
  isActive: boolean;
  /** The running attempt or the wait for the next one. */
  timer: EventHandle | undefined;
}

/** All drivers' provisioners. */
export class Provisioner {
  private readonly context: ControllerContext;
  private readonly jobs = new Map<Uid, Job>();

  constructor(context: ControllerContext) {
    this.context = context;
  }

  onObject(change: ObjectChange): void {
    const { objectKind, uid, after } = change;
    if (objectKind === "PersistentVolumeClaim") {
      if (after === undefined) this.drop(uid);
      else this.consider(uid);
    } else if (objectKind === "PersistentVolume" && after !== undefined) {
      this.deleteIfReleased(uid);
    }
  }

  /** Takes a claim up that is ready for it; lets go of one that is not any more. */
  private consider(uid: Uid): void {
    const record = this.find(uid);
    const job = this.jobs.get(uid) ?? {
      attempts: 0,
      failures: 0,
      isActive: false,
      timer: undefined,
    };
    const isWanted = record !== undefined && this.isWanted(record);
    if (!isWanted) {
      this.pause(job);
      return;
    }
    this.jobs.set(uid, job);
    if (job.isActive) return;
    job.isActive = true;
    job.failures = 0;
    this.attempt(uid, job);
  }

  private isWanted({ object }: ClaimRecord): boolean {
    if (object.volumeName !== "" || !object.meta.annotations.has(DRIVER_ANNOTATION)) return false;
    const storageClass = this.classOf(object);
    if (storageClass === undefined) return false;
    const isDelayed = storageClass.volumeBindingMode === "WaitForFirstConsumer";
    return !isDelayed || object.meta.annotations.has(SELECTED_NODE_ANNOTATION);
  }

  // ---- one attempt -----------------------------------------------------------------------------

  private attempt(uid: Uid, job: Job): void {
    const record = this.find(uid);
    const storageClass = record && this.classOf(record.object);
    if (record === undefined || storageClass === undefined) {
      this.pause(job);
      return;
    }
    const number = job.attempts++;
    const key = `${record.namespace}/${record.name}`;
    const text = `External provisioner is provisioning volume for claim "${key}"`;
    this.clientOf(record.object).event(record, "Provisioning", text);
    const { timeSeconds } = this.context.options.storage.provisioner;
    const unit = this.unitsOf(record, number);
    const spanUs = Math.max(0, Math.round(timeSeconds.sample((k) => unit(k + 1)) * US_PER_SECOND));
    this.later(job, spanUs, "volume made", () => {
      const failure = this.whyFailed(storageClass, unit(0));
      if (failure === undefined) this.create(uid, job, storageClass);
      else this.fail(uid, job, storageClass, failure);
    });
  }

  private unitsOf(record: ClaimRecord, attempt: number): (k: number) => number {
    const draws = this.context.draws("provisioning");
    const entity = entityHash(`${record.namespace}/${record.name}`, 0);
    return (k) => draws.unit(entity, attempt * DRAWS_PER_ATTEMPT + k);
  }

  private whyFailed({ meta }: StorageClassObject, unit: number): string | undefined {
    const { failureRate, failingClasses } = this.context.options.storage.provisioner;
    if (failingClasses.has(meta.name)) return "volumes of this class cannot be made";
    return unit < failureRate ? "the driver failed" : undefined;
  }

  /** The disk exists; only the API can still be in the way. */
  private create(uid: Uid, job: Job, storageClass: StorageClassObject): void {
    const record = this.find(uid);
    if (record === undefined) return;
    const volume = this.volumeFor(record, storageClass);
    const client = this.clientOf(record.object);
    client.request(
      "create",
      (writer) => writer.createObject(volume),
      (error) => {
        if (error === undefined) {
          const text = `Successfully provisioned volume ${volume.meta.name}`;
          client.event(record, "ProvisioningSucceeded", text);
        } else if (job.isActive) {
          this.later(job, RETRY_US, "volume saved again", () =>
            this.create(uid, job, storageClass),
          );
        }
      },
    );
  }

  /** The new volume belongs to the claim from its first day. */
  private volumeFor(record: ClaimRecord, storageClass: StorageClassObject): PersistentVolumeObject {
    const claim = claimOf(record);
    const driver = driverOf(claim);
    const uid = shownUid(record);
    const name = `pvc-${uid}`;
    return {
      kind: "PersistentVolume",
      meta: newMeta({ name, annotations: new Map([[PROVISIONED_BY_ANNOTATION, driver]]) }),
      accessModes: claim.accessModes,
      storage: claim.storage,
      storageClassName: classNameOf(claim),
      volumeAttributesClassName: claim.volumeAttributesClassName,
      volumeMode: claim.volumeMode,
      reclaimPolicy: storageClass.reclaimPolicy,
      claimRef: { namespace: record.namespace, name: record.name, uid },
      nodeAffinity: volumeAffinity(this.context.api, claim, storageClass, driver),
      source: { kind: "csi", driver, handle: name, readOnly: false },
      phase: "Pending",
    };
  }

  private fail(uid: Uid, job: Job, storageClass: StorageClassObject, failure: string): void {
    const record = this.find(uid);
    if (record === undefined) return;
    const { name } = storageClass.meta;
    const text = `failed to provision volume with StorageClass "${name}": ${failure}`;
    this.clientOf(record.object).warning(record, "ProvisioningFailed", text);
    const isDelayed = storageClass.volumeBindingMode === "WaitForFirstConsumer";
    if (isDelayed && this.context.options.storage.provisioner.onFailure === "reschedule") {
      this.giveBack(record);
      return;
    }
    const delayUs = Math.min(
      RETRY_US_MAX,
      RETRY_US * (1 << Math.min(job.failures++, DOUBLINGS_MAX)),
    );
    this.later(job, delayUs, "volume tried again", () => this.attempt(uid, job));
  }

  /** Without the annotation the scheduler chooses a node anew, and the driver waits for that. */
  private giveBack({ object, uid }: ClaimRecord): void {
    this.clientOf(object).request("update", (writer) =>
      writer.updateObject("PersistentVolumeClaim", uid, withoutNode),
    );
  }

  // ---- deletion ----------------------------------------------------------------------------------

  private deleteIfReleased(uid: Uid): void {
    const record = this.context.api.objects.findByUid(uid) as VolumeRecord | undefined;
    if (record === undefined || record.deletionUs >= 0) return;
    const { phase, reclaimPolicy, meta } = record.object;
    const driver = meta.annotations.get(PROVISIONED_BY_ANNOTATION);
    if (phase !== "Released" || reclaimPolicy !== "Delete" || driver === undefined) return;
    this.context.client(driver).deleteObject(record, () => undefined);
  }

  // ---- parts -------------------------------------------------------------------------------------

  private find(uid: Uid): ClaimRecord | undefined {
    return this.context.api.objects.findByUid(uid) as ClaimRecord | undefined;
  }

  private classOf(claim: PersistentVolumeClaimObject): StorageClassObject | undefined {
    return this.context.api.objects.find("StorageClass", "", classNameOf(claim))?.object;
  }

  private clientOf(claim: PersistentVolumeClaimObject): ReturnType<ControllerContext["client"]> {
    return this.context.client(driverOf(claim));
  }

  private later(job: Job, delayUs: number, what: string, call: () => void): void {
    const { sim } = this.context;
    const label = `provisioner: ${what}`;
    job.timer = sim.callAfter(duration(delayUs), RANK.controller, label, () => {
      job.timer = undefined;
      call();
    });
  }

  private drop(uid: Uid): void {
    const job = this.jobs.get(uid);
    if (job !== undefined) this.pause(job);
    this.jobs.delete(uid);
  }

  private pause(job: Job): void {
    job.isActive = false;
    if (job.timer !== undefined) this.context.sim.cancel(job.timer);
    job.timer = undefined;
  }
}

function driverOf({ meta }: PersistentVolumeClaimObject): string {
  return meta.annotations.get(DRIVER_ANNOTATION) ?? "";
}

function withoutNode(claim: PersistentVolumeClaimObject): PersistentVolumeClaimObject {
  if (!claim.meta.annotations.has(SELECTED_NODE_ANNOTATION)) return claim;
  const annotations = new Map(claim.meta.annotations);
  annotations.delete(SELECTED_NODE_ANNOTATION);
  return { ...claim, meta: { ...claim.meta, annotations } };
}
