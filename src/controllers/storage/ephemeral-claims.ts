// The ephemeral volume controller: makes the claim of each generic ephemeral volume of a new pod.
//
// The pod owns the claim, so the garbage collector deletes it with the pod. Binding is not its matter.

import {
  AS_API_SERVER,
  DecodeSink,
  FieldCursor,
  decodeObject,
  findKind,
  formatUid,
  NO_POD,
  type PersistentVolumeClaimObject,
  type PodChange,
  type PodIndex,
  type Uid,
} from "../../cluster/index.ts";
import { claimVolumeOf } from "../../scheduler/index.ts";
import type { ControllerClient } from "../controller-client.ts";
import type { ControllerContext } from "../controller-context.ts";
import { type SyncDone, WorkQueue } from "../work-queue.ts";
import { newMeta } from "./claim-records.ts";

const NAME = "ephemeral-volume-controller";
const CLAIM_KIND = findKind("v1", "PersistentVolumeClaim")!;

/** Makes claims for pods. */
export class EphemeralClaims {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly rows = new Map<Uid, PodIndex>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client(NAME);
    this.queue = new WorkQueue(context.sim, {
      name: NAME,
      workers: context.options.storage.concurrentEphemeralSyncs,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.sync(uid, done),
    });
  }

  onPod(change: PodChange): void {
    if (change.kind === "Deleted") {
      if (this.rows.delete(change.uid)) this.queue.forget(change.uid);
      return;
    }
    if (change.kind !== "Added") return;
    if (!change.templateAfter.volumes.some(({ kind }) => kind === "ephemeral")) return;
    this.rows.set(change.uid, change.pod);
    this.queue.add(change.uid);
  }

  private sync(uid: Uid, done: SyncDone): void {
    const pod = this.rows.get(uid) ?? NO_POD;
    const { pods } = this.context.api;
    if (pod === NO_POD || !pods.isLive(pod, uid) || pods.isDeleting(pod)) done();
    else this.makeFrom(this.missingClaims(pod, uid), 0, pod, uid, done);
  }

  private makeFrom(
    claims: readonly PersistentVolumeClaimObject[],
    index: number,
    pod: PodIndex,
    uid: Uid,
    done: SyncDone,
  ): void {
    const claim = claims[index];
    if (claim === undefined) {
      done();
      return;
    }
    const { pods } = this.context.api;
    const owner = { kind: "Pod", namespace: pods.namespace(pod), name: pods.name(pod), uid };
    this.client.request(
      "create",
      (writer) => writer.createObject(claim, { owner }),
      (error) => {
        if (error === undefined) this.makeFrom(claims, index + 1, pod, uid, done);
        else done(`ephemeral volume: create PVC ${claim.meta.name}: ${error}`);
      },
    );
  }

  private missingClaims(pod: PodIndex, uid: Uid): PersistentVolumeClaimObject[] {
    const { pods, objects } = this.context.api;
    const namespace = pods.namespace(pod);
    const podName = pods.name(pod);
    return pods.template(pod).volumes.flatMap((volume) => {
      const name = claimVolumeOf({ name: podName }, volume)?.claimName ?? "";
      if (volume.kind !== "ephemeral") return [];
      if (objects.find("PersistentVolumeClaim", namespace, name) !== undefined) return [];
      const owner = {
        ...{ apiVersion: "v1", kind: "Pod", name: podName, uid: formatUid(uid) },
        ...{ isController: true, blockOwnerDeletion: true },
      };
      const made = this.claimFrom(volume.claimTemplate);
      const { labels, annotations } = made.meta;
      const ownerReferences = [owner];
      return [
        { ...made, meta: newMeta({ name, namespace, labels, annotations, ownerReferences }) },
      ];
    });
  }

  /** The template's spec as the API would read it; its own mistakes were told with the manifest. */
  private claimFrom(template: Readonly<Record<string, unknown>>): PersistentVolumeClaimObject {
    const source = { ...template, apiVersion: "v1", kind: "PersistentVolumeClaim" };
    const cursor = new FieldCursor(source, [], new DecodeSink(AS_API_SERVER));
    const { templates } = this.context;
    return decodeObject(CLAIM_KIND, source, cursor, templates) as PersistentVolumeClaimObject;
  }
}
