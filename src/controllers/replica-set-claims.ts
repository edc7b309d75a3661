// Which ReplicaSets belong to a Deployment: those without a controller whose labels its selector
// takes in are adopted, owned ones that it takes in no longer are released.
//
// The same rules as for pods (pod-claims.ts), over objects that are few and carry labels of their own.

import { carryOutClaims, type ClaimWriter } from "./carry-out-claims.ts";
import {
  type LabelSelector,
  type ObjectChange,
  refused,
  type StoredObject,
  type Uid,
  UNCHANGED,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";

type Deployment = StoredObject<"Deployment">;
type ReplicaSet = StoredObject<"ReplicaSet">;

/** One patch of a ReplicaSet's owner. */
interface Claim {
  readonly record: ReplicaSet;
  readonly isAdoption: boolean;
}

/** Adopts and releases ReplicaSets for the Deployment controller. */
export class ReplicaSetClaims {
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly enqueue: (uid: Uid) => void;
  /** ReplicaSets without a controller, by uid. */
  private readonly orphans = new Set<Uid>();
  /** Deployments that nothing has happened to since they were settled. */
  private readonly settled = new Set<Uid>();

  constructor(context: ControllerContext, client: ControllerClient, enqueue: (uid: Uid) => void) {
    this.context = context;
    this.client = client;
    this.enqueue = enqueue;
  }

  /** Follows ReplicaSets and Deployments; wakes whoever may want a ReplicaSet, or want it no more. */
  onObject(change: ObjectChange): void {
    if (change.objectKind === "Deployment") {
      if (change.kind === "Deleted") this.settled.delete(change.uid);
      return;
    }
    if (change.objectKind !== "ReplicaSet") return;
    const before = change.before as ReplicaSet | undefined;
    const after = change.after as ReplicaSet | undefined;
    if (after === undefined || after.owner !== undefined) this.orphans.delete(change.uid);
    if (after === undefined) return;
    const isNews =
      before === undefined ||
      before.owner?.uid !== after.owner?.uid ||
      before.object.meta.labels !== after.object.meta.labels;
    if (!isNews) return;
    if (before?.owner?.kind === "Deployment" && before.owner.uid !== after.owner?.uid)
      this.wake(before.owner.uid);
    if (after.owner !== undefined) {
      this.wake(after.owner.uid);
      return;
    }
    this.orphans.add(after.uid);
    this.context.api.objects.forEach("Deployment", (deployment) => {
      if (isTakenBy(deployment, after)) this.wake(deployment.uid);
    });
  }

  /** Releases and adopts what is due, one patch after the other; `next` is called at once if nothing is. */
  settle(deployment: Deployment, next: (error?: string) => void): void {
    if (deployment.deletionUs >= 0 || this.settled.has(deployment.uid)) {
      next();
      return;
    }
    this.settled.add(deployment.uid);
    this.carryOut(deployment, this.claimsOf(deployment), next);
  }

  private wake(deployment: Uid): void {
    if (this.context.api.objects.findByUid(deployment)?.kind !== "Deployment") return;
    this.settled.delete(deployment);
    this.enqueue(deployment);
  }

  private claimsOf(deployment: Deployment): readonly Claim[] {
    const { objects } = this.context.api;
    const claims: Claim[] = [];
    for (const child of objects.childrenOfOwner(deployment.uid)) {
      if (child.kind !== "ReplicaSet" || isTakenBy(deployment, child as ReplicaSet)) continue;
      claims.push({ record: child as ReplicaSet, isAdoption: false });
    }
    for (const uid of this.orphans) {
      const orphan = objects.findByUid(uid) as ReplicaSet | undefined;
      if (orphan === undefined || orphan.owner !== undefined || orphan.deletionUs >= 0) continue;
      if (isTakenBy(deployment, orphan)) claims.push({ record: orphan, isAdoption: true });
    }
    return claims;
  }

  /** Before the first adoption the Deployment is read again, lest it be adopted by one that is going. */
  private carryOut(
    deployment: Deployment,
    claims: readonly Claim[],
    next: (error?: string) => void,
  ): void {
    const writer: ClaimWriter<Claim> = {
      readOwner: (done) => this.client.read(done),
      patch: (claim, reply) => this.patch(deployment, claim, reply),
    };
    carryOutClaims(claims, writer, (error) => {
      if (error !== undefined) this.settled.delete(deployment.uid);
      next(error);
    });
  }

  private patch(
    deployment: Deployment,
    { record, isAdoption }: Claim,
    reply: (error?: string) => void,
  ): void {
    const { kind, namespace, name, uid } = deployment;
    const { objects } = this.context.api;
    this.client.request(
      "patch",
      (writer) => {
        const owner = objects.findByUid(record.uid)?.owner;
        if (!isAdoption) {
          return owner?.uid === uid
            ? writer.setObjectOwner("ReplicaSet", record.uid, undefined)
            : UNCHANGED;
        }
        if ((objects.findByUid(uid)?.deletionUs ?? 0) >= 0)
          return refused("Conflict", `${namespace}/${name} has just been deleted`);
        if (owner !== undefined)
          return refused("Conflict", `ReplicaSet "${record.name}" has a controller already`);
        return writer.setObjectOwner("ReplicaSet", record.uid, { kind, namespace, name, uid });
      },
      (error, result) => reply(!result.ok && result.reason === "NotFound" ? undefined : error),
    );
  }
}

function isTakenBy(deployment: Deployment, { namespace, object }: ReplicaSet): boolean {
  const selector: LabelSelector = deployment.object.selector;
  return namespace === deployment.namespace && selector.matches(object.meta.labels);
}
