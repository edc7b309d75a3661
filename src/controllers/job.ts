// The Job controller: runs pods until enough have succeeded or too many have failed.
//
// News of pods is handled in batches of one second. A finished pod keeps its object by a finalizer
// until it has been counted. Failed pods are replaced after a growing delay, of the Job or of each
// index. A Job that names another controller (`managedBy`) is left alone and named in `limits`.

import {
  type ApiServer,
  CHANGED_DELETION,
  CHANGED_OWNER,
  CHANGED_PHASE,
  CHANGED_READY,
  ConditionStatus,
  formatConditionStatus,
  NO_OWNER,
  type ObjectChange,
  POD_CONDITION_NAMES,
  type PodChange,
  type PodConditionType,
  type PodFailureRule,
  type PodIndex,
  PodPhase,
  type StoredObject,
  type Uid,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { compareForJob, wholeSeconds } from "./deletion-rank.ts";
import { Expectations } from "./expectations.ts";
import {
  type FailureRecord,
  NO_FAILURES,
  type PodEnd,
  recordEnds,
  remainingBackoffUs,
} from "./job-backoff.ts";
import { failureAction, isSuccessPolicyMet } from "./job-policies.ts";
import { completionIndexOf, jobPodTemplate, lowestFreeIndexes } from "./job-template.ts";
import { isReady, rankedPod } from "./owned-pods.ts";
import { PodClaims } from "./pod-claims.ts";
import { startSlowly, startTogether } from "./slow-start.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";
import {
  findCondition,
  isSameStatus,
  type JobStatus,
  jobStatusOf,
  withWorkloadCondition,
} from "./workload-status.ts";

type JobRecord = StoredObject<"Job">;
const RELEVANT = CHANGED_PHASE | CHANGED_READY | CHANGED_DELETION | CHANGED_OWNER;
/** Finalizer that keeps a Job's pods until they are counted. */
export const JOB_TRACKING = "batch.kubernetes.io/job-tracking";
const RETRIES = { baseUs: 1_000_000, maxUs: 60_000_000, retriesMax: Number.POSITIVE_INFINITY };

/** The pods of a Job in one sync. */
interface View {
  readonly active: PodIndex[];
  readonly terminating: PodIndex[];
  /** Ended and not counted yet. */
  readonly newlySucceeded: PodIndex[];
  readonly newlyFailed: PodIndex[];
}

/** What is known of the ends of pods, beside what the API keeps. */
export interface PodEnds {
  /** When its containers ended. */
  finishedUs(pod: PodIndex, uid: Uid): number | undefined;
  /** Exit codes of its containers by name. */
  exitCodes(pod: PodIndex, uid: Uid): ReadonlyMap<string, number>;
}

/** Failures of each index of a Job with a back-off limit per index. */
type IndexFailures = Map<number, FailureRecord>;

const OWN_NAME = "kubernetes.io/job-controller";

/** A Job asked for something that has no effect here. */
export interface JobLimit {
  readonly feature: string;
  readonly count: number;
}

/** Runs all Jobs. */
export class JobController {
  readonly queue: WorkQueue<Uid>;
  readonly expectations: Expectations = new Expectations();
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly claims: PodClaims<"Job">;
  /** Pods whose Job is gone or over and which still have its finalizer. */
  private readonly orphans: WorkQueue<Uid>;
  private readonly orphanRows = new Map<Uid, PodIndex>();
  private readonly failures = new Map<Uid, FailureRecord>();
  private readonly indexFailures = new Map<Uid, IndexFailures>();
  private readonly unmodelled = new Map<string, number>();
  /** By the pods' kubelets; the API's container statuses are not kept. */
  private readonly ends: PodEnds;

  constructor(context: ControllerContext, ends: PodEnds) {
    this.context = context;
    this.ends = ends;
    this.client = context.client("job-controller");
    this.queue = new WorkQueue(context.sim, {
      name: "job-controller",
      workers: context.options.concurrentJobSyncs,
      syncCostUs: context.syncCostUs,
      retries: RETRIES,
      sync: (uid, done) => this.sync(uid, done),
    });
    this.orphans = new WorkQueue(context.sim, {
      name: "job-controller orphans",
      workers: 1,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.freeOrphan(uid, done),
    });
    // A selector that the API server made names the Job's uid: only its own pods have that label.
    this.claims = new PodClaims(
      context,
      this.client,
      { kind: "Job", selectorOf: ({ object }) => object.spec.selector, finalizer: JOB_TRACKING },
      (uid) => this.queue.add(uid),
    );
  }

  /** What Jobs have asked for without effect, in the order of appearance. */
  get limits(): readonly JobLimit[] {
    return [...this.unmodelled].map(([feature, count]) => ({ feature, count }));
  }

  onObject(change: ObjectChange): void {
    if (change.objectKind !== "Job") return;
    const before = change.before as JobRecord | undefined;
    const after = change.after as JobRecord | undefined;
    if (before === undefined && after !== undefined) this.noteLimits(after);
    if (before !== undefined && after !== undefined && before.object === after.object) {
      this.queue.addAfter(change.uid, this.context.options.jobBatchUs);
    } else this.queue.add(change.uid);
    if (after === undefined) this.freePodsOf(change.uid);
  }

  onPod(change: PodChange): void {
    this.claims.onPod(change);
    this.noteOrphan(change);
    const owner = this.context.ownerOf(change.pod);
    if (owner?.kind !== "Job") return;
    if (change.kind === "Added") this.expectations.creationSeen(owner.uid);
    if (change.kind === "Deleted" || change.isDeletingAfter)
      this.expectations.deletionSeen(owner.uid, change.uid);
    if (change.kind === "Modified" && (change.mask & RELEVANT) === 0) return;
    this.queue.addAfter(owner.uid, this.context.options.jobBatchUs);
  }

  /** Nobody counts a pod without a Job, or one that is deleted after its Job was over. */
  private noteOrphan({ kind, pod, uid, isDeletingAfter }: PodChange): void {
    const { pods } = this.context.api;
    if (kind === "Deleted" || !pods.isLive(pod, uid)) return;
    if (!pods.finalizers(pod).includes(JOB_TRACKING)) return;
    const row = pods.owner(pod);
    if (row === NO_OWNER || (isDeletingAfter && !this.isCounted(pod))) this.orphan(pod, uid);
  }

  private freePodsOf(job: Uid): void {
    const { pods, owners } = this.context.api;
    pods.forEachOfOwner(owners.find(job), (pod) => this.orphan(pod, pods.uid(pod)));
  }

  private orphan(pod: PodIndex, uid: Uid): void {
    this.orphanRows.set(uid, pod);
    this.orphans.add(uid);
  }

  /** True while the Job that a pod names, or what else it belongs to, may still count it. */
  private isCounted(pod: PodIndex): boolean {
    const owner = this.context.ownerOf(pod);
    if (owner === undefined) return false;
    if (owner.kind !== "Job") return true;
    const job = this.context.api.objects.findByUid(owner.uid) as JobRecord | undefined;
    return job !== undefined && (!isOwn(job) || !isFinished(job));
  }

  private freeOrphan(uid: Uid, done: SyncDone): void {
    const pod = this.orphanRows.get(uid);
    this.orphanRows.delete(uid);
    if (pod === undefined || !this.context.api.pods.isLive(pod, uid) || this.isCounted(pod)) {
      this.orphans.forget(uid);
      done();
      return;
    }
    this.client.request(
      "patch",
      (writer) => writer.removePodFinalizer(pod, uid, JOB_TRACKING),
      (error, result) => {
        const isGone = !result.ok && result.reason === "NotFound";
        if (error !== undefined && !isGone) this.orphanRows.set(uid, pod);
        done(isGone ? undefined : error);
      },
    );
  }

  private noteLimits(record: JobRecord): void {
    if (isOwn(record)) return;
    const feature = "spec.managedBy";
    this.unmodelled.set(feature, (this.unmodelled.get(feature) ?? 0) + 1);
  }

  // ---- one sync ------------------------------------------------------------------------------

  private sync(uid: Uid, done: SyncDone): void {
    const found = this.context.api.objects.findByUid(uid);
    if (found?.kind !== "Job") {
      this.claims.forget(uid);
      this.failures.delete(uid);
      this.indexFailures.delete(uid);
      this.expectations.forget(uid);
      this.queue.forget(uid);
      done();
      return;
    }
    const record = found as JobRecord;
    if (!isOwn(record)) {
      done();
      return;
    }
    if (isFinished(record)) {
      this.expire(record, done);
      return;
    }
    this.claims.settle(record, (error) => {
      if (error === undefined) this.manage(record, done);
      else done(error);
    });
  }

  private manage(record: JobRecord, done: SyncDone): void {
    const { uid } = record;
    const { sim } = this.context;
    const before = this.resumed(record, jobStatusOf(record));
    const startUs = before.startUs >= 0 || record.object.spec.suspend ? before.startUs : sim.nowUs;
    const view = this.viewOf(record);
    this.noteEnds(record, view);
    const actions = this.failureActions(record, view);
    const status = this.countedStatus(record, { ...before, startUs }, view, actions);
    const failure = this.failureOf(record, status, actions);
    if (
      failure !== undefined ||
      record.object.spec.suspend ||
      this.isComplete(record, status, view)
    ) {
      this.windDown(record, status, view, failure, done);
      return;
    }
    this.watchDeadline(record, status);
    if (record.deletionUs >= 0 || !this.expectations.areMet(uid, sim.nowUs))
      this.report(record, status, view, done);
    else this.steer(record, status, view, done);
  }

  /** A Job that is suspended no more says so and starts anew. */
  private resumed(record: JobRecord, before: JobStatus): JobStatus {
    const isSuspended = findCondition(before.conditions, "Suspended")?.status === "True";
    if (record.object.spec.suspend || !isSuspended) return before;
    const { nowUs } = this.context.sim;
    this.client.event(record, "Resumed", "Job resumed");
    const { conditions } = before;
    return {
      ...before,
      startUs: nowUs,
      conditions: withWorkloadCondition(conditions, "Suspended", "False", "JobResumed", nowUs),
    };
  }

  private viewOf(record: JobRecord): View {
    const { api } = this.context;
    const view: View = { active: [], terminating: [], newlySucceeded: [], newlyFailed: [] };
    const row = api.owners.find(record.uid);
    if (row === NO_OWNER) return view;
    const replacesTerminating = record.object.spec.podReplacementPolicy === "TerminatingOrFailed";
    api.pods.forEachOfOwner(row, (pod) => {
      const phase = api.pods.phase(pod);
      const isUncounted = api.pods.finalizers(pod).includes(JOB_TRACKING);
      if (phase === PodPhase.Succeeded) {
        if (isUncounted) view.newlySucceeded.push(pod);
      } else if (phase === PodPhase.Failed) {
        if (isUncounted) view.newlyFailed.push(pod);
      } else if (api.pods.isDeleting(pod)) {
        view.terminating.push(pod);
        if (replacesTerminating && isUncounted) view.newlyFailed.push(pod);
      } else view.active.push(pod);
    });
    return view;
  }

  /** Failures in a row are remembered by the controller, in the order in which pods finished. */
  private noteEnds(record: JobRecord, view: View): void {
    const ends: PodEnd[] = [
      ...view.newlySucceeded.map((pod) => ({ failed: false, finishedUs: this.endUs(pod) })),
      ...view.newlyFailed.map((pod) => ({ failed: true, finishedUs: this.endUs(pod) })),
    ];
    const before = this.failures.get(record.uid) ?? NO_FAILURES;
    if (ends.length > 0) this.failures.set(record.uid, recordEnds(before, ends));
  }

  /** What the podFailurePolicy says of the pods that have just failed; without one they count. */
  private failureActions(
    record: JobRecord,
    view: View,
  ): ReadonlyMap<PodIndex, PodFailureRule["action"]> {
    const { podFailureRules } = record.object.spec;
    const { pods } = this.context.api;
    return new Map(
      view.newlyFailed.map((pod) => {
        const failure = {
          exitCodes: this.ends.exitCodes(pod, pods.uid(pod)),
          conditionStatus: (type: string) => this.conditionStatus(pod, type),
        };
        return [pod, failureAction(podFailureRules, failure)];
      }),
    );
  }

  private conditionStatus(pod: PodIndex, type: string): string {
    const position = POD_CONDITION_NAMES.indexOf(type);
    if (position < 0) return "";
    const status = this.context.api.pods.condition(pod, position as PodConditionType);
    return status === ConditionStatus.Absent ? "" : formatConditionStatus(status);
  }

  /** The containers' end, else Ready's last change to False, else the deletion request, else creation. */
  private endUs(pod: PodIndex): number {
    const { pods } = this.context.api;
    const finishedUs = pods.isFinished(pod) ? this.ends.finishedUs(pod, pods.uid(pod)) : undefined;
    if (finishedUs !== undefined) return finishedUs;
    if (pods.ready(pod) === ConditionStatus.False) return pods.readyTransitionUs(pod);
    if (pods.isDeleting(pod)) return pods.deletionUs(pod) - pods.deletionGraceUs(pod);
    return pods.createdUs(pod);
  }

  private countedStatus(
    record: JobRecord,
    before: JobStatus,
    view: View,
    actions: ReadonlyMap<PodIndex, PodFailureRule["action"]>,
  ): JobStatus {
    const { api } = this.context;
    const isIndexed = record.object.spec.completionMode === "Indexed";
    const completed = new Set(before.completedIndexes);
    for (const pod of view.newlySucceeded) {
      const index = completionIndexOf(api.pods.template(pod));
      if (index !== undefined && index < (record.object.spec.completions ?? 0))
        completed.add(index);
    }
    return {
      ...before,
      active: view.active.length,
      ready: view.active.filter((pod) => isReady(api.pods, pod)).length,
      terminating: view.terminating.length,
      succeeded: isIndexed ? completed.size : before.succeeded + view.newlySucceeded.length,
      failed:
        before.failed + view.newlyFailed.filter((pod) => actions.get(pod) !== "Ignore").length,
      completedIndexes: [...completed].sort((a, b) => a - b),
      failedIndexes: this.failedIndexes(record, before, view, actions),
    };
  }

  /** Indexes given up: failed more often than their own limit allows, or by the policy's word. */
  private failedIndexes(
    record: JobRecord,
    before: JobStatus,
    view: View,
    actions: ReadonlyMap<PodIndex, PodFailureRule["action"]>,
  ): readonly number[] {
    const { backoffLimitPerIndex } = record.object.spec;
    if (backoffLimitPerIndex === undefined) return before.failedIndexes;
    let known = this.indexFailures.get(record.uid);
    if (known === undefined) {
      known = new Map();
      this.indexFailures.set(record.uid, known);
    }
    const failed = new Set(before.failedIndexes);
    for (const pod of view.newlyFailed) {
      const index = completionIndexOf(this.context.api.pods.template(pod));
      const action = actions.get(pod);
      if (index === undefined || action === "Ignore") continue;
      const ends = [{ failed: true, finishedUs: this.endUs(pod) }];
      const failures = recordEnds(known.get(index) ?? NO_FAILURES, ends);
      known.set(index, failures);
      const isTooOften = failures.failuresSinceSuccess > backoffLimitPerIndex;
      if (isTooOften || action === "FailIndex") failed.add(index);
    }
    return [...failed].sort((a, b) => a - b);
  }

  private failureOf(
    record: JobRecord,
    status: JobStatus,
    actions: ReadonlyMap<PodIndex, PodFailureRule["action"]>,
  ): string | undefined {
    const target = findCondition(status.conditions, "FailureTarget");
    if (target !== undefined) return target.reason;
    if ([...actions.values()].includes("FailJob")) return "PodFailurePolicy";
    const { backoffLimit, activeDeadlineSeconds, template } = record.object.spec;
    if (status.failed > backoffLimit) return "BackoffLimitExceeded";
    if (template.restartPolicy === "OnFailure") {
      const restarts = this.restartsOf(record);
      if (restarts > 0 && restarts >= backoffLimit) return "BackoffLimitExceeded";
    }
    if (activeDeadlineSeconds !== undefined && status.startUs >= 0) {
      const endUs = wholeSeconds(status.startUs) + activeDeadlineSeconds * 1_000_000;
      if (this.context.sim.nowUs >= endUs) return "DeadlineExceeded";
    }
    return failureOfIndexes(record, status);
  }

  private restartsOf(record: JobRecord): number {
    const { api } = this.context;
    let restarts = 0;
    const row = api.owners.find(record.uid);
    if (row === NO_OWNER) return 0;
    api.pods.forEachOfOwner(row, (pod) => {
      if (!api.pods.isFinished(pod)) restarts += api.pods.restartCount(pod);
    });
    return restarts;
  }

  private watchDeadline(record: JobRecord, status: JobStatus): void {
    const { activeDeadlineSeconds } = record.object.spec;
    if (activeDeadlineSeconds === undefined || status.startUs < 0) return;
    const endUs = wholeSeconds(status.startUs) + activeDeadlineSeconds * 1_000_000;
    this.queue.addAfter(record.uid, Math.max(1, endUs - this.context.sim.nowUs));
  }

  private isComplete(record: JobRecord, status: JobStatus, view: View): boolean {
    const { completions, successRules } = record.object.spec;
    if (isSuccessPolicyMet(successRules, new Set(status.completedIndexes))) return true;
    if (completions === undefined) return status.succeeded > 0 && view.active.length === 0;
    return status.succeeded >= completions;
  }

  // ---- more or fewer pods --------------------------------------------------------------------

  private steer(record: JobRecord, status: JobStatus, view: View, done: SyncDone): void {
    const { completions, parallelism, podReplacementPolicy } = record.object.spec;
    const wanted =
      completions === undefined
        ? status.succeeded > 0
          ? view.active.length
          : parallelism
        : Math.max(
            0,
            Math.min(completions - status.succeeded - status.failedIndexes.length, parallelism),
          );
    const surplus = view.active.length - wanted;
    const standingIn = podReplacementPolicy === "Failed" ? view.terminating.length : 0;
    const missing = Math.min(-surplus - standingIn, this.context.options.jobBurst);
    if (surplus > 0) {
      const victims = this.victims(view.active).slice(
        0,
        Math.min(surplus, this.context.options.jobBurst),
      );
      this.letGoPods(record, victims, (error) => this.report(record, status, view, done, error));
      return;
    }
    if (missing <= 0) {
      this.report(record, status, view, done);
      return;
    }
    const isPerIndex = record.object.spec.backoffLimitPerIndex !== undefined;
    const waitUs = isPerIndex ? 0 : this.waitUs(this.failures.get(record.uid));
    if (waitUs > 0) {
      this.queue.addAfter(record.uid, waitUs);
      this.report(record, status, view, done);
      return;
    }
    this.createPods(record, status, view, missing, (error) =>
      this.report(record, status, view, done, error),
    );
  }

  /** What is left of a back-off. */
  private waitUs(failures: FailureRecord = NO_FAILURES): number {
    const { sim, options } = this.context;
    return remainingBackoffUs(failures, sim.nowUs, options.jobBackoff);
  }

  /** Indexes that wait for their own back-off; the Job looks again when the first of them is over. */
  private waitingIndexes(record: JobRecord): readonly number[] {
    const waiting: number[] = [];
    let firstUs = Number.POSITIVE_INFINITY;
    for (const [index, failures] of this.indexFailures.get(record.uid) ?? []) {
      const waitUs = this.waitUs(failures);
      if (waitUs <= 0) continue;
      waiting.push(index);
      firstUs = Math.min(firstUs, waitUs);
    }
    if (waiting.length > 0) this.queue.addAfter(record.uid, firstUs);
    return waiting;
  }

  private victims(active: readonly PodIndex[]): readonly PodIndex[] {
    const { pods } = this.context.api;
    const ranked = active.map((pod) => ({ pod, facts: rankedPod(pods, pod, 0) }));
    ranked.sort((a, b) => compareForJob(a.facts, b.facts));
    return ranked.map(({ pod }) => pod);
  }

  private createPods(
    record: JobRecord,
    status: JobStatus,
    view: View,
    count: number,
    finish: (error?: string) => void,
  ): void {
    const { api, sim, templates } = this.context;
    const { spec } = record.object;
    const isIndexed = spec.completionMode === "Indexed";
    const taken = new Set([
      ...status.completedIndexes,
      ...status.failedIndexes,
      ...this.waitingIndexes(record),
    ]);
    for (const pod of view.active) taken.add(completionIndexOf(api.pods.template(pod)) ?? -1);
    const indexes = isIndexed ? lowestFreeIndexes(taken, spec.completions ?? 0, count) : [];
    const made = isIndexed ? indexes.length : count;
    this.expectations.expectCreations(record.uid, made, sim.nowUs);
    let attempts = 0;
    startSlowly(
      made,
      (position, reply) => {
        attempts++;
        const index = indexes[position];
        const template = jobPodTemplate(record, index, templates);
        const generateName = index === undefined ? `${record.name}-` : `${record.name}-${index}-`;
        this.client.createOwnedPod(
          record,
          template,
          { generateName },
          (error, podName) => {
            if (error === undefined)
              this.client.event(record, "SuccessfulCreate", `Created pod: ${podName}`);
            else this.expectations.creationSeen(record.uid);
            reply(error);
          },
          [JOB_TRACKING],
        );
      },
      (_successes, error) => {
        this.expectations.creationSeen(record.uid, made - attempts);
        finish(error);
      },
    );
  }

  /** Pods that are not wanted any more lose their finalizer first: nobody will count them. */
  private letGoPods(
    record: JobRecord,
    pods: readonly PodIndex[],
    finish: (error?: string) => void,
  ): void {
    const uids = pods.map((pod) => this.context.api.pods.uid(pod));
    startTogether(
      pods.length,
      (index, reply) =>
        this.client.request(
          "patch",
          (writer) => writer.removePodFinalizer(pods[index]!, uids[index]!, JOB_TRACKING),
          () => reply(),
        ),
      () => this.removePods(record, pods, finish),
    );
  }

  private removePods(
    record: JobRecord,
    pods: readonly PodIndex[],
    finish: (error?: string) => void,
  ): void {
    const { api, sim } = this.context;
    const victims = pods.map((pod) => ({ pod, uid: api.pods.uid(pod) }));
    this.expectations.expectDeletions(
      record.uid,
      victims.map(({ uid }) => uid),
      sim.nowUs,
    );
    startTogether(
      victims.length,
      (index, reply) => {
        const { pod, uid } = victims[index]!;
        this.client.deletePod(pod, uid, (error) => {
          if (error !== undefined) this.expectations.deletionSeen(record.uid, uid);
          reply(error);
        });
      },
      (_successes, error) => finish(error),
    );
  }

  // ---- the end -------------------------------------------------------------------------------

  /** Success, failure or suspension: active pods go; the terminal condition waits for the last of them. */
  private windDown(
    record: JobRecord,
    status: JobStatus,
    view: View,
    failure: string | undefined,
    done: SyncDone,
  ): void {
    const { sim } = this.context;
    const add = (
      conditions: JobStatus["conditions"],
      type: string,
      reason: string,
    ): JobStatus["conditions"] =>
      withWorkloadCondition(conditions, type, "True", reason, sim.nowUs);
    const isSuspended =
      failure === undefined && record.object.spec.suspend && !this.isComplete(record, status, view);
    const { successRules } = record.object.spec;
    const hasPolicy = isSuccessPolicyMet(successRules, new Set(status.completedIndexes));
    const reason = failure ?? (hasPolicy ? "SuccessPolicy" : "CompletionsReached");
    const target = isSuspended
      ? add(status.conditions, "Suspended", "JobSuspended")
      : add(
          status.conditions,
          failure === undefined ? "SuccessCriteriaMet" : "FailureTarget",
          reason,
        );
    const isOver = !isSuspended && view.active.length === 0 && view.terminating.length === 0;
    const hasSucceeded = isOver && failure === undefined;
    // Whatever still ran when the Job failed has failed with it.
    const felled = failure === undefined ? [] : uncounted(this.context.api, view);
    const next: JobStatus = {
      ...status,
      failed: status.failed + felled.length,
      conditions: isOver ? add(target, hasSucceeded ? "Complete" : "Failed", reason) : target,
      completionUs: hasSucceeded ? sim.nowUs : status.completionUs,
      startUs: isSuspended ? -1 : status.startUs,
    };
    const first: JobStatus = { ...jobStatusOf(record), startUs: next.startUs, conditions: target };
    const counted: View = { ...view, newlyFailed: [...view.newlyFailed, ...felled] };
    const mayRemove = this.expectations.areMet(record.uid, sim.nowUs);
    const written = (error?: string): void => {
      this.writeIfNew(record, first, jobStatusOf(record), (failed) => {
        this.report(record, next, counted, done, error ?? failed, first);
      });
    };
    const victims = mayRemove ? view.active : [];
    if (isSuspended) this.letGoPods(record, victims, written);
    else this.removePods(record, victims, written);
  }

  private writeIfNew(
    record: JobRecord,
    status: JobStatus,
    before: JobStatus,
    reply: (error?: string) => void,
  ): void {
    if (isSameStatus(status, before)) reply();
    else this.client.writeStatus(record, status, reply);
  }

  /** Counts the ended pods: their finalizers come off, then the status says so. */
  private report(
    record: JobRecord,
    status: JobStatus,
    view: View,
    done: SyncDone,
    error?: string,
    before: JobStatus = jobStatusOf(record),
  ): void {
    const { api } = this.context;
    const counted = [...view.newlySucceeded, ...view.newlyFailed];
    const ended = counted.map((pod) => ({ pod, uid: api.pods.uid(pod) }));
    const write = (): void => {
      this.writeIfNew(record, status, before, (failed) => done(error ?? failed));
    };
    if (ended.length === 0) {
      write();
      return;
    }
    this.client.read(() => {
      startTogether(
        ended.length,
        (index, reply) => {
          const { pod, uid } = ended[index]!;
          this.client.request(
            "patch",
            (writer) => writer.removePodFinalizer(pod, uid, JOB_TRACKING),
            () => reply(),
          );
        },
        write,
      );
    });
  }

  /** A finished Job goes when its time to live is over. */
  private expire(record: JobRecord, done: SyncDone): void {
    const { ttlSecondsAfterFinished } = record.object.spec;
    const end = jobStatusOf(record).conditions.find(
      ({ type }) => type === "Complete" || type === "Failed",
    );
    if (ttlSecondsAfterFinished === undefined || end === undefined || record.deletionUs >= 0) {
      done();
      return;
    }
    const { sim } = this.context;
    const atUs = wholeSeconds(end.transitionUs) + ttlSecondsAfterFinished * 1_000_000;
    if (atUs > sim.nowUs) {
      this.queue.addAfter(record.uid, atUs - sim.nowUs);
      done();
    } else this.client.deleteObject(record, done, "Foreground");
  }
}

/** Pods of a failed Job that run or end and are neither counted nor about to be. */
function uncounted(api: ApiServer, view: View): readonly PodIndex[] {
  const known = new Set(view.newlyFailed);
  return [...view.active, ...view.terminating].filter(
    (pod) => !known.has(pod) && api.pods.finalizers(pod).includes(JOB_TRACKING),
  );
}

/** Too many indexes were given up, or nothing but given-up ones is left. */
function failureOfIndexes({ object }: JobRecord, status: JobStatus): string | undefined {
  const { completions, maxFailedIndexes } = object.spec;
  const { failedIndexes, completedIndexes } = status;
  if (failedIndexes.length === 0) return undefined;
  if (maxFailedIndexes !== undefined && failedIndexes.length > maxFailedIndexes)
    return "MaxFailedIndexesExceeded";
  const isAllOver = failedIndexes.length + completedIndexes.length === completions;
  return isAllOver ? "FailedIndexes" : undefined;
}

/** True unless the Job names another controller. */
function isOwn({ object }: JobRecord): boolean {
  const { managedBy } = object.spec;
  return managedBy === "" || managedBy === OWN_NAME;
}

/** Complete or Failed, here or in the dump it came from. */
function isFinished(record: JobRecord): boolean {
  if (record.object.status.finished !== undefined) return true;
  return jobStatusOf(record).conditions.some(
    ({ type }) => type === "Complete" || type === "Failed",
  );
}
