// The protection controllers: keep a claim that a pod uses, and a volume that is bound, from going away.
//
// The API gives every claim and volume a finalizer; here it is taken off those that are being deleted,
// once nobody needs them. Until then they are shown as terminating, and no new pod is placed with one.

import {
  isFinishedPhase,
  NO_NODE,
  type ObjectChange,
  type PodChange,
  type Uid,
} from "../../cluster/index.ts";
import { claimVolumesOf } from "../../scheduler/index.ts";
import type { ControllerClient } from "../controller-client.ts";
import type { ControllerContext } from "../controller-context.ts";
import { type SyncDone, WorkQueue } from "../work-queue.ts";
import type { ClaimRecord, VolumeRecord } from "./claim-records.ts";
import { isInUse } from "./claim-users.ts";

const CLAIM_FINALIZER = "kubernetes.io/pvc-protection";
const VOLUME_FINALIZER = "kubernetes.io/pv-protection";

/** Both controllers; keys are uids of claims and volumes that are being deleted. */
export class StorageProtection {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;

  constructor(context: ControllerContext) {
    this.context = context;
    const name = "pvc-protection-controller";
    this.client = context.client(name);
    this.queue = new WorkQueue(context.sim, {
      ...{ name, workers: 1, syncCostUs: context.syncCostUs },
      sync: (uid, done) => this.sync(uid, done),
    });
  }

  onObject({ objectKind, uid, after }: ObjectChange): void {
    if (objectKind !== "PersistentVolumeClaim" && objectKind !== "PersistentVolume") return;
    if (after === undefined) this.queue.forget(uid);
    else if (after.deletionUs >= 0) this.queue.add(uid);
  }

  /** A pod that ends lets go of its claims. */
  onPod(change: PodChange): void {
    const template = change.templateAfter;
    if (template.volumes.length === 0 || change.nodeAfter === NO_NODE) return;
    if (change.kind !== "Deleted" && !isFinishedPhase(change.phaseAfter)) return;
    const { pods, objects } = this.context.api;
    const name = pods.name(change.pod);
    for (const { claimName } of claimVolumesOf({ name, template })) {
      const claim = objects.find("PersistentVolumeClaim", pods.namespace(change.pod), claimName);
      if (claim !== undefined && claim.deletionUs >= 0) this.queue.add(claim.uid);
    }
  }

  private sync(uid: Uid, done: SyncDone): void {
    const record = this.context.api.objects.findByUid(uid);
    if (record === undefined || record.deletionUs < 0) done();
    else if (record.kind === "PersistentVolumeClaim") this.freeClaim(record as ClaimRecord, done);
    else if (record.kind === "PersistentVolume") this.freeVolume(record as VolumeRecord, done);
    else done();
  }

  private freeClaim(record: ClaimRecord, done: SyncDone): void {
    if (isInUse(this.context.api, record)) done();
    else this.takeOff(record, CLAIM_FINALIZER, done);
  }

  private freeVolume(record: VolumeRecord, done: SyncDone): void {
    if (record.object.phase === "Bound") done();
    else this.takeOff(record, VOLUME_FINALIZER, done);
  }

  private takeOff(
    { kind, uid, finalizers }: ClaimRecord | VolumeRecord,
    name: string,
    done: SyncDone,
  ): void {
    if (!finalizers.includes(name)) {
      done();
      return;
    }
    this.client.request(
      "update",
      (writer) => writer.removeObjectFinalizer(kind, uid, name),
      (error) => done(error),
    );
  }
}
