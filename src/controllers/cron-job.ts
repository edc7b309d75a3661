// The CronJob controller: makes a Job at each instant of a schedule, as its concurrency policy allows.
//
// A sync looks for the most recent instant that has passed without a Job; older missed ones are
// dropped. It wakes 100 ms after each instant and at every change of a Job, so a run that Forbid
// held back starts as soon as the Job before it has ended. Civil time is a setting of the run: what
// the wall clock shows at time zero.

import {
  NEVER_US,
  type JobObject,
  type ObjectChange,
  type StoredObject,
  type Uid,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { type CronSchedule, isCronProblem, parseCronSchedule } from "./cron-schedule.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";
import { findCondition, isSameStatus, jobStatusOf } from "./workload-status.ts";

type CronJobRecord = StoredObject<"CronJob">;
type JobRecord = StoredObject<"Job">;

/** The controller wakes this long after a scheduled instant. */
const NEXT_SCHEDULE_DELTA_US = 100_000;
const US = 1_000_000;
const MISSED_MAX = 100;

/** Status of a CronJob; instants in microseconds of the run, `NEVER_US` = none yet. */
export interface CronJobStatus {
  /** Unfinished Jobs, oldest first. */
  readonly active: readonly { readonly uid: Uid; readonly name: string }[];
  readonly lastScheduleUs: number;
  readonly lastSuccessfulUs: number;
}

const NO_STATUS: CronJobStatus = {
  active: [],
  lastScheduleUs: NEVER_US,
  lastSuccessfulUs: NEVER_US,
};

/** The stored status, or that of a CronJob nobody has synced yet. */
export function cronJobStatusOf(stored: Omit<StoredObject, "object">): CronJobStatus {
  return (stored.status as CronJobStatus | undefined) ?? NO_STATUS;
}

/** What one sync decided: when to look again, and the instant whose Job is to be made. */
interface Decision {
  readonly wakeUs?: number;
  readonly startSeconds?: number;
}

/** Runs all CronJobs. */
export class CronJobController {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  /** Schedules that could not be read, by what is wrong, with how many CronJobs have them. */
  private readonly unread = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("cronjob-controller");
    this.queue = new WorkQueue(context.sim, {
      name: "cronjob-controller",
      workers: context.options.concurrentCronJobSyncs,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.sync(uid, done),
    });
  }

  /** Schedules that nobody can follow here, to be named in results. */
  get limits(): readonly { readonly feature: string; readonly count: number }[] {
    return [...this.unread].map(([feature, count]) => ({ feature, count }));
  }

  onObject(change: ObjectChange): void {
    const { objectKind, uid, before, after } = change;
    if (objectKind === "CronJob") {
      if (after !== undefined && before?.object !== after.object) this.noteUnread(after as never);
      this.queue.add(uid);
    } else if (objectKind === "Job") {
      const owner = (after ?? before)?.owner;
      if (owner?.kind === "CronJob") this.queue.add(owner.uid);
    }
  }

  private noteUnread({ object }: CronJobRecord): void {
    const parsed = parseCronSchedule(object.schedule, object.timeZone);
    if (!isCronProblem(parsed)) return;
    const feature = `spec.schedule (${parsed.problem})`;
    this.unread.set(feature, (this.unread.get(feature) ?? 0) + 1);
  }

  private sync(uid: Uid, done: SyncDone): void {
    const found = this.context.api.objects.findByUid(uid);
    if (found?.kind !== "CronJob") {
      this.queue.forget(uid);
      done();
      return;
    }
    const record = found as CronJobRecord;
    const jobs = this.context.api.objects
      .childrenOfOwner(uid)
      .filter((child) => child.kind === "Job") as unknown as readonly JobRecord[];
    const draft: Draft = { status: this.observe(record, jobs) };
    const decision = this.decide(record, draft.status);
    const steps: Step[] = [];
    if (decision.startSeconds !== undefined) {
      if (record.object.concurrencyPolicy === "Replace") {
        for (const active of draft.status.active) steps.push(this.replace(record, active, draft));
      }
      steps.push(this.start(record, decision.startSeconds, draft));
    }
    steps.push(...this.cleanUp(record, jobs, draft));
    runAll(steps, (error) => {
      this.writeStatus(record, draft.status, (statusError) => {
        if (decision.wakeUs !== undefined) {
          this.queue.addAfter(uid, Math.max(1, decision.wakeUs - this.context.sim.nowUs), true);
        }
        done(error ?? statusError);
      });
    });
  }

  // ---- what is ---------------------------------------------------------------------------------

  /** The status with finished and missing Jobs taken off the list of active ones. */
  private observe(record: CronJobRecord, jobs: readonly JobRecord[]): CronJobStatus {
    const before = cronJobStatusOf(record);
    let { active, lastSuccessfulUs } = before;
    for (const job of jobs) {
      const finished = finishedConditionOf(job);
      const isListed = active.some(({ uid }) => uid === job.uid);
      if (finished === undefined) {
        if (isListed) continue;
        const message = `Saw a job that the controller did not create or forgot: ${job.name}`;
        this.client.warning(record, "UnexpectedJob", message);
        continue;
      }
      if (isListed) {
        active = active.filter(({ uid }) => uid !== job.uid);
        const message = `Saw completed job: ${job.name}, condition: ${finished}`;
        this.client.event(record, "SawCompletedJob", message);
      }
      const { completionUs } = jobStatusOf(job);
      if (finished === "Complete" && completionUs >= 0 && completionUs > lastSuccessfulUs) {
        lastSuccessfulUs = completionUs;
      }
    }
    for (const { uid, name } of active) {
      if (jobs.some((job) => job.uid === uid)) continue;
      active = active.filter((one) => one.uid !== uid);
      this.client.event(record, "MissingJob", `Active job went missing: ${name}`);
    }
    return { ...before, active, lastSuccessfulUs };
  }

  // ---- what is to be ---------------------------------------------------------------------------

  private decide(record: CronJobRecord, status: CronJobStatus): Decision {
    const { object } = record;
    if (record.deletionUs >= 0) return {};
    const schedule = this.scheduleOf(record);
    if (schedule === undefined || object.suspend) return {};
    const nowSeconds = this.wallSecondsAt(this.context.sim.nowUs);
    const recent = mostRecent(schedule, this.sinceSeconds(record, status, true), nowSeconds);
    const wakeUs = this.nextWakeUs(record, status, schedule, nowSeconds);
    const wake: Decision = wakeUs === undefined ? {} : { wakeUs };
    if (recent.seconds === undefined) return wake;
    if (recent.missedCount > MISSED_MAX) {
      const message =
        "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
      this.client.warning(record, "TooManyMissedTimes", message);
    }
    const deadline = object.startingDeadlineSeconds;
    if (deadline !== undefined && recent.seconds + deadline < nowSeconds) {
      const message = "Missed scheduled time to start a job";
      this.client.warning(record, "MissSchedule", message);
      return wake;
    }
    const isDone =
      status.active.some(({ name }) => name === jobNameAt(record, recent.seconds!)) ||
      (status.lastScheduleUs !== NEVER_US &&
        this.wallSecondsAt(status.lastScheduleUs) === recent.seconds);
    if (isDone) return wake;
    if (object.concurrencyPolicy === "Forbid" && status.active.length > 0) {
      const message =
        "Not starting job because prior execution is running and concurrency policy is Forbid";
      this.client.event(record, "JobAlreadyActive", message);
      return wake;
    }
    return { ...wake, startSeconds: recent.seconds };
  }

  private scheduleOf(record: CronJobRecord): CronSchedule | undefined {
    const { schedule, timeZone } = record.object;
    const parsed = parseCronSchedule(schedule, timeZone);
    if (!isCronProblem(parsed)) return parsed;
    const message = `unparseable schedule: "${schedule}" : ${parsed.problem}`;
    this.client.warning(record, "UnparseableSchedule", message);
    return undefined;
  }

  /** From when on instants count: the last one that was met, else the creation (whole seconds). */
  private sinceSeconds(
    record: CronJobRecord,
    status: CronJobStatus,
    withDeadline: boolean,
  ): number {
    const isFirst = status.lastScheduleUs === NEVER_US;
    const since = isFirst
      ? Math.floor(this.wallSecondsAt(record.createdUs))
      : this.wallSecondsAt(status.lastScheduleUs);
    const deadline = record.object.startingDeadlineSeconds;
    if (!withDeadline || deadline === undefined) return since;
    return Math.max(since, this.wallSecondsAt(this.context.sim.nowUs) - deadline);
  }

  private nextWakeUs(
    record: CronJobRecord,
    status: CronJobStatus,
    schedule: CronSchedule,
    nowSeconds: number,
  ): number | undefined {
    const since = this.sinceSeconds(record, status, false);
    const recent = mostRecent(schedule, since, nowSeconds);
    const from = recent.seconds ?? (recent.missedCount === 0 ? since : nowSeconds);
    const next = schedule.next(from);
    return next === undefined ? undefined : this.runUsAt(next) + NEXT_SCHEDULE_DELTA_US;
  }

  private wallSecondsAt(runUs: number): number {
    return (this.context.options.wallStartUs + runUs) / US;
  }

  private runUsAt(wallSeconds: number): number {
    return wallSeconds * US - this.context.options.wallStartUs;
  }

  // ---- what is done ----------------------------------------------------------------------------

  /** Replace: the Job that still runs is looked up and deleted, in the background. */
  private replace(record: CronJobRecord, active: ActiveJob, draft: Draft): Step {
    return (next) =>
      this.client.read(() => {
        const job = this.context.api.objects.findByUid(active.uid);
        if (job === undefined) next(`jobs.batch "${active.name}" not found`);
        else this.deleteJob(record, job as unknown as JobRecord, draft, next);
      });
  }

  private start(record: CronJobRecord, seconds: number, draft: Draft): Step {
    return (next) => {
      const job = jobFor(record, seconds);
      const { name } = job.meta;
      this.client.createOwnedObject(record, job, (error) => {
        const made = this.context.api.objects.find("Job", record.namespace, name);
        if (made === undefined || made.owner?.uid !== record.uid) {
          if (made === undefined) {
            this.client.warning(record, "FailedCreate", `Error creating job: ${error ?? ""}`);
          }
          next(made === undefined ? error : undefined);
          return;
        }
        if (error === undefined) {
          this.client.event(record, "SuccessfulCreate", `Created job ${name}`);
        }
        draft.status = {
          ...draft.status,
          active: [...draft.status.active, { uid: made.uid, name }],
          lastScheduleUs: this.runUsAt(seconds),
        };
        next();
      });
    };
  }

  /** The oldest finished Jobs beyond the two history limits go. */
  private cleanUp(record: CronJobRecord, jobs: readonly JobRecord[], draft: Draft): Step[] {
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = record.object;
    const surplus = (condition: string, limit: number): JobRecord[] => {
      const ended = jobs.filter((job) => finishedConditionOf(job) === condition);
      return [...ended].sort(byStart).slice(0, Math.max(0, ended.length - limit));
    };
    return [
      ...surplus("Complete", successfulJobsHistoryLimit),
      ...surplus("Failed", failedJobsHistoryLimit),
    ].map((job) => (next) => this.deleteJob(record, job, draft, () => next()));
  }

  private deleteJob(record: CronJobRecord, job: JobRecord, draft: Draft, next: SyncDone): void {
    this.client.deleteObject(job, (error) => {
      if (error !== undefined) {
        this.client.warning(record, "FailedDelete", `Deleted job: ${error}`);
        next(`could not replace job ${job.namespace}/${job.name}`);
        return;
      }
      const active = draft.status.active.filter(({ uid }) => uid !== job.uid);
      draft.status = { ...draft.status, active };
      this.client.event(record, "SuccessfulDelete", `Deleted job ${job.name}`);
      next();
    });
  }

  private writeStatus(record: CronJobRecord, status: CronJobStatus, reply: SyncDone): void {
    if (isSameStatus(status, cronJobStatusOf(record))) reply();
    else this.client.writeStatus(record, status, reply);
  }
}

type ActiveJob = CronJobStatus["active"][number];
/** The status as the steps of a sync go on changing it. */
interface Draft {
  status: CronJobStatus;
}
type Step = (next: SyncDone) => void;

function runAll(steps: readonly Step[], done: SyncDone): void {
  const runFrom = (index: number): void => {
    const step = steps[index];
    if (step === undefined) done();
    else step((error) => (error === undefined ? runFrom(index + 1) : done(error)));
  };
  runFrom(0);
}

/**
 * The latest instant of the schedule after `since` and not after `now`, and about how many there
 * were; upstream estimates that number from the distance of the first two.
 */
function mostRecent(
  schedule: CronSchedule,
  since: number,
  now: number,
): { readonly seconds: number | undefined; readonly missedCount: number } {
  const first = schedule.next(since);
  if (first === undefined || now < first) return { seconds: undefined, missedCount: 0 };
  const second = schedule.next(first);
  if (second === undefined || now < second) return { seconds: first, missedCount: 0 };
  const distance = second - first;
  const missedCount = Math.floor(Math.floor(now - first) / distance) + 1;
  let seconds: number | undefined;
  let at = schedule.next(first + (missedCount - 2) * distance);
  while (at !== undefined && at <= now) {
    seconds = at;
    at = schedule.next(at);
  }
  return { seconds, missedCount };
}

/** "Complete" or "Failed" for a Job that has ended. */
function finishedConditionOf(job: JobRecord): "Complete" | "Failed" | undefined {
  const { conditions } = jobStatusOf(job);
  for (const type of ["Complete", "Failed"] as const) {
    if (findCondition(conditions, type)?.status === "True") return type;
  }
  return undefined;
}

/** By start time; Jobs without one last; equal ones by name. */
function byStart(a: JobRecord, b: JobRecord): number {
  const [startA, startB] = [jobStatusOf(a).startUs, jobStatusOf(b).startUs];
  if (startA < 0 || startB < 0) return startA < 0 ? (startB < 0 ? 0 : 1) : -1;
  const bySecond = Math.floor(startA / US) - Math.floor(startB / US);
  return bySecond !== 0 ? bySecond : a.name < b.name ? -1 : 1;
}

function jobNameAt({ name }: CronJobRecord, seconds: number): string {
  return `${name}-${Math.floor(seconds / 60)}`;
}

function jobFor(record: CronJobRecord, seconds: number): JobObject {
  const { jobLabels, jobAnnotations, jobSpec } = record.object;
  return {
    kind: "Job",
    meta: {
      name: jobNameAt(record, seconds),
      generateName: "",
      namespace: record.namespace,
      labels: jobLabels,
      annotations: jobAnnotations,
      uid: undefined,
      generation: undefined,
      ownerReferences: [],
      finalizers: [],
      creationTimestampSeconds: undefined,
      deletionTimestampSeconds: undefined,
      deletionGracePeriodSeconds: undefined,
    },
    spec: jobSpec,
    status: {
      succeeded: 0,
      failed: 0,
      finished: undefined,
      completedIndexes: "",
      startTimeSeconds: undefined,
    },
  };
}
