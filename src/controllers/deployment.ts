// The Deployment controller: one ReplicaSet per template, resized step by step.
//
// It never touches pods. Each sync does at most one kind of thing (resize, one scale-up, one round
// of scale-downs) and then writes status; the ReplicaSets' answers cause the next sync. Which
// ReplicaSets are its own: replica-set-claims.ts. Not modelled: the deprecated rollback field.

import {
  NO_OWNER,
  type ObjectChange,
  type PodChange,
  type StoredObject,
  type Uid,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import {
  deploymentStatusAfter,
  isDeploymentComplete,
  progressDeadlineWakeUs,
} from "./deployment-status.ts";
import {
  annotationsNeedUpdate,
  desiredAnnotation,
  isNewTemplate,
  maxReplicasAnnotation,
  type ReplicaSetRecord,
  replicaSetFor,
  revisionOf,
  sizeAnnotations,
  templateHash,
  withSize,
} from "./deployment-replica-sets.ts";
import { isActive } from "./owned-pods.ts";
import { ReplicaSetClaims } from "./replica-set-claims.ts";
import {
  newReplicaSetSize,
  oldReplicaSetSteps,
  proportionalSizes,
  type ReplicaSetSize,
  rolloutBounds,
  unavailableAllowed,
} from "./rollout-arithmetic.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";
import { deploymentStatusOf, isSameStatus, replicaSetStatusOf } from "./workload-status.ts";

/** A Deployment as the store holds it: object, status, version. */
export type DeploymentRecord = StoredObject<"Deployment">;

/** Upstream gives a failing Deployment up after 15 tries, until it changes. */
const RETRIES = { baseUs: 5_000, maxUs: 1_000_000_000, retriesMax: 15 };

/** A Deployment in one sync: its ReplicaSets, oldest first, and the one of its present template. */
interface Rollout {
  readonly deployment: DeploymentRecord;
  readonly old: ReplicaSetRecord[];
  newest: ReplicaSetRecord | undefined;
  readonly surge: number;
  readonly unavailable: number;
}

/** Goes on with a sync, or ends it with an error. */
type Next = (error?: string) => void;

/** Runs all Deployments. */
export class DeploymentController {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly claims: ReplicaSetClaims;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("deployment-controller");
    this.claims = new ReplicaSetClaims(context, this.client, (uid) => this.queue.add(uid));
    this.queue = new WorkQueue(context.sim, {
      name: "deployment-controller",
      workers: context.options.concurrentDeploymentSyncs,
      syncCostUs: context.syncCostUs,
      retries: RETRIES,
      sync: (uid, done) => this.sync(uid, done),
    });
  }

  onObject(change: ObjectChange): void {
    this.claims.onObject(change);
    if (change.objectKind === "Deployment") this.queue.add(change.uid);
    if (change.objectKind !== "ReplicaSet") return;
    const owner = (change.after ?? change.before)?.owner;
    if (owner?.kind === "Deployment") this.queue.add(owner.uid);
  }

  /** Only Recreate waits for pods: it goes on when the last old one is gone. */
  onPod(change: PodChange): void {
    if (change.kind !== "Deleted") return;
    const replicaSet = this.context.ownerOf(change.pod);
    if (replicaSet?.kind !== "ReplicaSet") return;
    const owner = this.context.api.objects.findByUid(replicaSet.uid)?.owner;
    if (owner === undefined) return;
    const deployment = this.find(owner.uid);
    if (deployment?.object.strategy === "Recreate") this.queue.add(owner.uid);
  }

  private find(uid: Uid): DeploymentRecord | undefined {
    const record = this.context.api.objects.findByUid(uid);
    return record?.kind === "Deployment" ? (record as DeploymentRecord) : undefined;
  }

  private sync(uid: Uid, done: SyncDone): void {
    const deployment = this.find(uid);
    if (deployment === undefined) {
      this.queue.forget(uid);
      done();
      return;
    }
    this.claims.settle(deployment, (error) => {
      if (error === undefined) this.manage(this.find(uid) ?? deployment, done);
      else done(error);
    });
  }

  private manage(deployment: DeploymentRecord, done: SyncDone): void {
    const rollout = this.rolloutOf(deployment);
    const { paused, strategy } = deployment.object;
    if (deployment.deletionUs >= 0) this.writeStatus(rollout, false, done);
    else if (paused || this.isScalingEvent(rollout)) this.resize(rollout, done);
    else if (strategy === "Recreate") this.recreate(rollout, done);
    else this.rollOver(rollout, done);
  }

  private rolloutOf(deployment: DeploymentRecord): Rollout {
    const { replicas, maxSurge, maxUnavailable, strategy, template } = deployment.object;
    const all: ReplicaSetRecord[] = [];
    for (const child of this.context.api.objects.childrenOfOwner(deployment.uid)) {
      if (child.kind === "ReplicaSet" && child.deletionUs < 0) all.push(child as ReplicaSetRecord);
    }
    const newest = all.find((one) => isNewTemplate(one, template, this.context.templates));
    const isRolling = strategy === "RollingUpdate";
    const bounds = isRolling
      ? rolloutBounds(replicas, maxSurge, maxUnavailable)
      : { surge: 0, unavailable: 0 };
    const unavailable = unavailableAllowed(replicas, bounds);
    const old = all.filter((one) => one !== newest);
    return { deployment, old, newest, surge: bounds.surge, unavailable };
  }

  // ---- a change of size --------------------------------------------------------------------

  private isScalingEvent({ deployment, old, newest }: Rollout): boolean {
    return withNewest(old, newest).some((one) => {
      const desired = desiredAnnotation(one);
      return (
        one.object.replicas > 0 && desired !== undefined && desired !== deployment.object.replicas
      );
    });
  }

  private resize(rollout: Rollout, done: SyncDone): void {
    const { deployment, old, newest, surge } = rollout;
    const { replicas } = deployment.object;
    const finish: Next = (error) => {
      if (error !== undefined) done(error);
      else this.writeStatus(this.rolloutAgain(rollout), false, done);
    };
    const all = withNewest(old, newest);
    const active = all.filter((one) => one.object.replicas > 0);
    if (active.length <= 1) {
      const only = active[0] ?? newest ?? old[old.length - 1];
      if (only === undefined || only.object.replicas === replicas) finish();
      else this.scaleTo(rollout, [{ record: only, size: replicas }], finish);
      return;
    }
    if (newest !== undefined && this.isSaturated(deployment, newest)) {
      const steps = old.filter((one) => one.object.replicas > 0);
      this.scaleTo(
        rollout,
        steps.map((record) => ({ record, size: 0 })),
        finish,
      );
      return;
    }
    if (deployment.object.strategy !== "RollingUpdate") {
      finish();
      return;
    }
    const fallback = deploymentStatusOf(deployment).replicas;
    const sizes = proportionalSizes(
      replicas,
      surge,
      active.map((one) => ({
        size: one.object.replicas,
        sequence: one.uid,
        maxReplicas: maxReplicasAnnotation(one) ?? fallback,
      })),
    );
    this.scaleTo(
      rollout,
      active.map((record, index) => ({ record, size: sizes[index]! })),
      finish,
    );
  }

  private isSaturated(deployment: DeploymentRecord, newest: ReplicaSetRecord): boolean {
    const { replicas } = deployment.object;
    return (
      desiredAnnotation(newest) === replicas &&
      newest.object.replicas === replicas &&
      replicaSetStatusOf(newest).availableReplicas === replicas
    );
  }

  // ---- strategies --------------------------------------------------------------------------

  private rollOver(rollout: Rollout, done: SyncDone): void {
    this.ensureNewest(rollout, (error) => {
      if (error !== undefined) {
        done(error);
        return;
      }
      const again = this.rolloutAgain(rollout);
      const grown = this.grownNewest(again);
      if (grown !== undefined) this.scaleAndReport(again, [grown], done);
      else this.shrinkOld(again, done);
    });
  }

  private grownNewest({ deployment, old, newest, surge }: Rollout): Step | undefined {
    if (newest === undefined) return undefined;
    const size = newest.object.replicas;
    const total = old.reduce((sum, one) => sum + one.object.replicas, size);
    const wanted = newReplicaSetSize(deployment.object.replicas, surge, total, size);
    return wanted === size ? undefined : { record: newest, size: wanted };
  }

  private shrinkOld(rollout: Rollout, done: SyncDone): void {
    const { deployment, old, newest, unavailable } = rollout;
    const withPods = old.filter((one) => one.object.replicas > 0);
    const steps =
      newest === undefined || withPods.length === 0
        ? []
        : oldReplicaSetSteps(
            deployment.object.replicas,
            unavailable,
            sizeOf(newest),
            withPods.map(sizeOf),
          );
    if (steps.length > 0) {
      const scale = steps.map(({ index, size }) => ({ record: withPods[index]!, size }));
      this.scaleAndReport(rollout, scale, done);
      return;
    }
    this.finishRollout(rollout, done);
  }

  private recreate(rollout: Rollout, done: SyncDone): void {
    const steps = rollout.old.filter((one) => one.object.replicas > 0);
    if (steps.length > 0) {
      this.scaleAndReport(
        rollout,
        steps.map((record) => ({ record, size: 0 })),
        done,
      );
      return;
    }
    if (this.doOldPodsRun(rollout)) {
      this.writeStatus(rollout, true, done);
      return;
    }
    this.ensureNewest(rollout, (error) => {
      if (error !== undefined) {
        done(error);
        return;
      }
      const again = this.rolloutAgain(rollout);
      const { newest, deployment } = again;
      if (newest !== undefined && newest.object.replicas !== deployment.object.replicas) {
        const step = { record: newest, size: deployment.object.replicas };
        this.scaleAndReport(again, [step], done);
      } else this.finishRollout(again, done);
    });
  }

  /** Reported replicas or any unfinished pod of an old ReplicaSet, terminating ones included. */
  private doOldPodsRun({ old }: Rollout): boolean {
    const { api } = this.context;
    for (const one of old) {
      if (replicaSetStatusOf(one).replicas > 0) return true;
      const row = api.owners.find(one.uid);
      if (row === NO_OWNER) continue;
      if (api.pods.podsOfOwner(row).some((pod) => !api.pods.isFinished(pod))) return true;
    }
    return false;
  }

  // ---- pieces of a sync --------------------------------------------------------------------

  /** Makes the ReplicaSet of the present template, or brings its annotations up to date. */
  private ensureNewest(rollout: Rollout, next: Next): void {
    const { deployment, old, newest, surge } = rollout;
    const { replicas, template, strategy } = deployment.object;
    const revision = old.reduce((max, one) => Math.max(max, revisionOf(one)), 0) + 1;
    const annotations = sizeAnnotations(replicas, surge);
    if (newest !== undefined) {
      const wanted = Math.max(revision, revisionOf(newest));
      if (!annotationsNeedUpdate(newest, annotations, wanted))
        this.noteProgress(rollout, "FoundNewReplicaSet", next);
      else {
        this.client.updateObject(
          newest,
          withSize(newest.object, newest.object.replicas, annotations, wanted),
          (error) =>
            error === undefined
              ? this.noteProgress(rollout, "FoundNewReplicaSet", next)
              : next(error),
        );
      }
      return;
    }
    const total = old.reduce((sum, one) => sum + one.object.replicas, 0);
    const size = strategy === "Recreate" ? replicas : newReplicaSetSize(replicas, surge, total, 0);
    const hash = templateHash(template, this.collisionsOf(deployment));
    const made = replicaSetFor(
      deployment,
      this.context.templates,
      hash,
      size,
      annotations,
      revision,
    );
    this.client.createOwnedObject(deployment, made, (error) => {
      if (error === undefined) {
        const name = made.meta.name;
        if (size > 0) this.scalingEvent(deployment, name, 0, size);
        this.noteProgress(rollout, "NewReplicaSetCreated", next);
      } else next(error);
    });
  }

  /** How many ReplicaSets of other owners already have the name that the hash gives. */
  private collisionsOf(deployment: DeploymentRecord): number {
    const { objects } = this.context.api;
    const { namespace, name, object } = deployment;
    let collisions = 0;
    for (;;) {
      const hash = templateHash(object.template, collisions);
      if (objects.find("ReplicaSet", namespace, `${name}-${hash}`) === undefined) return collisions;
      collisions++;
    }
  }

  /** Condition Progressing for a new or found ReplicaSet; written at once, as upstream does. */
  private noteProgress(rollout: Rollout, reason: string, next: Next): void {
    const deployment = this.find(rollout.deployment.uid);
    if (deployment === undefined) {
      next();
      return;
    }
    const before = deploymentStatusOf(deployment);
    const known = before.conditions.some((condition) => condition.type === "Progressing");
    if (reason === "FoundNewReplicaSet" && known) {
      next();
      return;
    }
    const { sim } = this.context;
    const conditions = [
      ...before.conditions.filter((condition) => condition.type !== "Progressing"),
      {
        type: "Progressing",
        status: "True" as const,
        reason,
        updatedUs: sim.nowUs,
        transitionUs: sim.nowUs,
      },
    ];
    this.client.writeStatus(deployment, { ...before, conditions }, next);
  }

  private scaleAndReport(rollout: Rollout, steps: readonly Step[], done: SyncDone): void {
    this.scaleTo(rollout, steps, (error) => {
      if (error !== undefined) done(error);
      else this.writeStatus(this.rolloutAgain(rollout), true, done);
    });
  }

  /** One update per ReplicaSet, in order; each is announced as an Event on the Deployment. */
  private scaleTo(rollout: Rollout, steps: readonly Step[], next: Next): void {
    const { deployment, surge } = rollout;
    const annotations = sizeAnnotations(deployment.object.replicas, surge);
    const runFrom = (index: number): void => {
      const step = steps[index];
      if (step === undefined) {
        next();
        return;
      }
      const record = this.context.api.objects.findByUid(step.record.uid) as
        | ReplicaSetRecord
        | undefined;
      if (record === undefined) {
        next("the ReplicaSet is gone");
        return;
      }
      const before = record.object.replicas;
      if (before === step.size && !annotationsNeedUpdate(record, annotations, undefined)) {
        runFrom(index + 1);
        return;
      }
      const resized = withSize(record.object, step.size, annotations, undefined);
      this.client.updateObject(record, resized, (error) => {
        if (error !== undefined) next(error);
        else {
          if (before !== step.size) this.scalingEvent(deployment, record.name, before, step.size);
          runFrom(index + 1);
        }
      });
    };
    runFrom(0);
  }

  private scalingEvent(deployment: DeploymentRecord, name: string, from: number, to: number): void {
    const direction = to > from ? "up" : "down";
    const message = `Scaled ${direction} replica set ${name} from ${from} to ${to}`;
    this.client.event(deployment, "ScalingReplicaSet", message);
  }

  private finishRollout(rollout: Rollout, done: SyncDone): void {
    const { deployment } = rollout;
    if (isDeploymentComplete(deployment, deploymentStatusOf(deployment))) this.cleanUp(rollout);
    this.writeStatus(rollout, true, done);
  }

  /** Old, empty ReplicaSets beyond the history limit go, lowest revision first. */
  private cleanUp({ deployment, old }: Rollout): void {
    const surplus = old.length - deployment.object.revisionHistoryLimit;
    if (surplus <= 0) return;
    const byRevision = [...old].sort((a, b) => revisionOf(a) - revisionOf(b) || a.uid - b.uid);
    for (const one of byRevision.slice(0, surplus)) {
      const status = replicaSetStatusOf(one);
      if (status.replicas !== 0 || one.object.replicas !== 0) continue;
      if (one.generation > status.observedGeneration) continue;
      this.client.deleteObject(one, () => {});
    }
  }

  private writeStatus(rollout: Rollout, isRollout: boolean, done: SyncDone): void {
    const { deployment, old, newest, unavailable } = rollout;
    const { sim, api } = this.context;
    const terminating = withNewest(old, newest).reduce(
      (sum, one) => sum + replicaSetStatusOf(one).terminatingReplicas,
      0,
    );
    const status = deploymentStatusAfter({
      deployment,
      replicaSets: withNewest(old, newest).map(replicaSetStatusOf),
      newest: newest === undefined ? undefined : replicaSetStatusOf(newest),
      unavailableMax: unavailable,
      terminating,
      isRollout,
      nowUs: sim.nowUs,
    });
    if (api.objects.findByUid(deployment.uid) === undefined) {
      done();
      return;
    }
    if (!isSameStatus(status, deployment.status)) {
      this.client.writeStatus(deployment, status, done);
      return;
    }
    const wakeUs = isRollout ? progressDeadlineWakeUs(deployment, status, sim.nowUs) : undefined;
    if (wakeUs !== undefined) this.queue.addAfter(deployment.uid, wakeUs - sim.nowUs);
    done();
  }

  /** The same Deployment with its ReplicaSets as they are now. */
  private rolloutAgain(rollout: Rollout): Rollout {
    const deployment = this.find(rollout.deployment.uid) ?? rollout.deployment;
    const fresh = this.rolloutOf({ ...rollout.deployment, status: deployment.status });
    return fresh;
  }

  /** Is any pod of the Deployment unaccounted for without a sync to come? Used by checks. */
  hasActivePods(record: ReplicaSetRecord): boolean {
    const { api } = this.context;
    const row = api.owners.find(record.uid);
    return row !== NO_OWNER && api.pods.podsOfOwner(row).some((pod) => isActive(api.pods, pod));
  }
}

/** One resize to be made. */
interface Step {
  readonly record: ReplicaSetRecord;
  readonly size: number;
}

function withNewest(
  old: readonly ReplicaSetRecord[],
  newest: ReplicaSetRecord | undefined,
): ReplicaSetRecord[] {
  return newest === undefined ? [...old] : [...old, newest];
}

/**
 * Size and availability. A status from before the last resize may count pods that are already given
 * up (unready ones go first, so what is left is exact); taken at its word it would allow a second
 * step too many, which recorded rollouts never make.
 */
function sizeOf(record: ReplicaSetRecord): ReplicaSetSize {
  const size = record.object.replicas;
  return { size, available: Math.min(size, replicaSetStatusOf(record).availableReplicas) };
}
