// The quota controller: counts what is used of each ResourceQuota and writes it to its status.
//
// Admission charges a quota when an object is created; only this controller gives back, when a pod
// has ended or an object is gone. It counts pods by template from the watch, in namespaces that have
// a quota and in no other. A pod stuck in termination is given back at a full pass only.

import {
  CHANGED_DELETION,
  CHANGED_PHASE,
  CHANGED_TEMPLATE,
  isFinishedPhase,
  type ObjectChange,
  type PodChange,
  type PodIndex,
  type PodTemplate,
  type QuantityMap,
  quotaUsage,
  refused,
  type ResourceQuotaStatus,
  type StoredObject,
  type Uid,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";

type QuotaRecord = StoredObject<"ResourceQuota">;

/** One pod of a namespace with a quota. */
interface TalliedPod {
  readonly template: PodTemplate;
  readonly hasEnded: boolean;
  /** From when on a terminating pod no longer counts; Infinity while it is not terminating. */
  readonly expiresUs: number;
}

/** Keeps the status of all quotas. */
export class ResourceQuotaController {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  /** By namespace that has a quota: its pods as the watch has shown them. */
  private readonly tallies = new Map<string, Map<PodIndex, TalliedPod>>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("resourcequota-controller");
    this.queue = new WorkQueue(context.sim, {
      name: "resourcequota-controller",
      workers: context.options.concurrentResourceQuotaSyncs,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.sync(uid, done),
    });
    context.api.initialState.settleQuotas();
  }

  onObject(change: ObjectChange): void {
    const { objectKind, kind, before, after } = change;
    if (objectKind === "ResourceQuota") {
      if (kind === "Added") this.startTally((after as QuotaRecord).namespace);
      const isNewSpec = before?.object !== after?.object;
      if (kind !== "Deleted" && isNewSpec) this.queue.add(change.uid);
    }
    const isReplenished = kind === "Deleted" || (kind === "Modified" && objectKind === "Service");
    const namespace = (after ?? before)?.namespace ?? "";
    if (isReplenished && this.tallies.has(namespace)) this.wake(namespace);
  }

  onPod(change: PodChange): void {
    if (this.tallies.size === 0) return;
    const namespace = this.context.api.pods.namespace(change.pod);
    const tally = this.tallies.get(namespace);
    if (tally === undefined) return;
    const { kind, mask } = change;
    if (kind === "Deleted") {
      if (tally.delete(change.pod)) this.wake(namespace);
      return;
    }
    if (kind === "Added" && tally.has(change.pod)) return;
    if (kind === "Modified" && (mask & TALLIED_CHANGES) === 0) return;
    const hasEnded = isFinishedPhase(change.phaseAfter);
    const expiresUs = change.isDeletingAfter
      ? change.deletionUsAfter + change.deletionGraceSecondsAfter * 1_000_000
      : Number.POSITIVE_INFINITY;
    tally.set(change.pod, { template: change.templateAfter, hasEnded, expiresUs });
    if (kind === "Modified" && hasEnded && mask & CHANGED_PHASE) this.wake(namespace);
    else if (mask & CHANGED_DELETION && !hasEnded) this.wakeAtPass(namespace, expiresUs);
  }

  /** Takes up the pods that a namespace has when its first quota appears. */
  private startTally(namespace: string): void {
    if (this.tallies.has(namespace)) return;
    const { pods } = this.context.api;
    const tally = new Map<PodIndex, TalliedPod>();
    pods.forEach((pod) => {
      if (pods.namespace(pod) !== namespace) return;
      const expiresUs = pods.isDeleting(pod)
        ? pods.deletionUs(pod) + pods.deletionGraceSeconds(pod) * 1_000_000
        : Number.POSITIVE_INFINITY;
      tally.set(pod, {
        template: pods.template(pod),
        hasEnded: pods.isFinished(pod),
        expiresUs,
      });
    });
    this.tallies.set(namespace, tally);
  }

  private quotasOf(namespace: string): readonly QuotaRecord[] {
    const { objects } = this.context.api;
    return objects.list("ResourceQuota").filter((quota) => quota.namespace === namespace);
  }

  private wake(namespace: string): void {
    for (const quota of this.quotasOf(namespace)) this.queue.add(quota.uid);
  }

  /** Wakes at the first full pass after an instant; passes that could change nothing do not happen. */
  private wakeAtPass(namespace: string, afterUs: number): void {
    const { sim, options } = this.context;
    const periodUs = options.resourceQuotaSyncPeriodUs;
    const passUs = (Math.floor(afterUs / periodUs) + 1) * periodUs;
    for (const quota of this.quotasOf(namespace)) {
      this.queue.addAfter(quota.uid, passUs - sim.nowUs, true);
    }
  }

  private sync(uid: Uid, done: SyncDone): void {
    const record = this.context.api.objects.findByUid(uid);
    if (record?.kind !== "ResourceQuota") {
      this.queue.forget(uid);
      done();
      return;
    }
    const quota = record as QuotaRecord;
    const status = this.recount(quota);
    const before = quota.status as ResourceQuotaStatus | undefined;
    if (
      before !== undefined &&
      isSameAmounts(before.hard, status.hard) &&
      isSameAmounts(before.used, status.used)
    ) {
      done();
      return;
    }
    this.client.request(
      "update",
      (writer) => {
        const now = this.context.api.objects.findByUid(uid);
        return now === undefined || now.resourceVersion === quota.resourceVersion
          ? writer.patchObjectStatus("ResourceQuota", uid, status)
          : refused("Conflict", `resourcequotas "${quota.name}": the object has been modified`);
      },
      (error, result) => done(!result.ok && result.reason === "NotFound" ? undefined : error),
    );
  }

  private recount({ namespace, object }: QuotaRecord): ResourceQuotaStatus {
    const byTemplate = new Map<PodTemplate, number>();
    const ended = new Map<PodTemplate, number>();
    const { nowUs } = this.context.sim;
    for (const { template, hasEnded, expiresUs } of this.tallies.get(namespace)?.values() ?? []) {
      const counts = hasEnded || nowUs > expiresUs ? ended : byTemplate;
      counts.set(template, (counts.get(template) ?? 0) + 1);
    }
    const used = quotaUsage(object, { byTemplate, ended }, this.context.api.objects);
    return { hard: object.hard, used };
  }
}

const TALLIED_CHANGES = CHANGED_PHASE | CHANGED_DELETION | CHANGED_TEMPLATE;

function isSameAmounts(a: QuantityMap, b: QuantityMap): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [name, amount] of a) {
    const other = b.get(name);
    if (other === undefined || other.compare(amount) !== 0) return false;
  }
  return true;
}
