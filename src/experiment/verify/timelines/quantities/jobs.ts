// Quantities of Jobs and CronJobs: how pods follow one another, how failures are waited out, how a Job
// ends, and when a schedule fires.

import { canonicalJson } from "../../case-format.ts";
import type { Change, ObjectLife, PodLife } from "../run-view.ts";
import {
  ascending,
  type Computed,
  deep,
  distinct,
  DURATION,
  EXACT,
  exactOr,
  fact,
  grid,
  inputOf,
  JOB,
  L_PLUS,
  latency,
  NAME,
  NONE,
  type Quantity,
  type Rule,
  set,
  type Situation,
  span,
  valuesOf,
  hundredths,
} from "../quantity.ts";
import { lostPods, podReplacementPolicy, replacements } from "./node-failures.ts";

function jobOf({ view, prefix }: Situation): ObjectLife | undefined {
  return view.find("Job", prefix) ?? view.objects("Job")[0];
}

function podsOfJob(situation: Situation): readonly PodLife[] {
  const name = jobOf(situation)?.name ?? "";
  return situation.view.pods.filter(({ owner }) => owner === `job/${name}`);
}

function made(life: ObjectLife | undefined): { readonly t: number } | undefined {
  return life === undefined || life.createdT < 0 ? undefined : { t: life.createdT };
}

/** Complete or Failed, whichever it became. */
function ending(job: ObjectLife | undefined): Change | undefined {
  return job?.firstStart("cond.Complete", "True") ?? job?.firstStart("cond.Failed", "True");
}

function specOf(situation: Situation, field: string): unknown {
  const name = jobOf(situation)?.name;
  return deep(inputOf(situation, "Job", name), "spec", field);
}

function lastBefore(
  changes: readonly (Change | undefined)[],
  rv: number | undefined,
): Change | undefined {
  let found: Change | undefined;
  for (const change of changes) {
    if (change === undefined || rv === undefined || change.rv >= rv) continue;
    if (found === undefined || change.rv > found.rv) found = change;
  }
  return found;
}

function tenths(t: number): number {
  return Math.round(t * 10) / 10;
}

/** Seconds of back-off after so many failures in a row. */
function backoff(failures: number): number {
  let seconds = 10;
  for (let n = 1; n < failures; n++) seconds = Math.min(600, seconds * 2);
  return seconds;
}

function conditions(situation: Situation): Computed {
  const changes = jobOf(situation)?.changes ?? [];
  return fact(
    changes.flatMap(({ set: changed }) =>
      Object.keys(changed)
        .filter((field) => field.startsWith("cond."))
        .map((field) => ({ [field]: changed[field] })),
    ),
  );
}

function result(situation: Situation): Computed {
  const job = jobOf(situation);
  const end = ending(job);
  const field = end?.set["cond.Complete"] == null ? "Failed" : "Complete";
  return fact(end === undefined ? null : `${field} ${end.set[`cond.${field}`]}`);
}

/** Values of lists of instants: as many as recorded, each near one of a recorded run. */
function nearRecorded(slack: number): (given: unknown, at: Situation) => string | undefined {
  return (given, { recorded }) => {
    const runs = (recorded.perRun ?? [recorded.everyRun]) as readonly (readonly number[])[];
    const times = given as readonly number[];
    const isNear = runs.some(
      (run) => run.length === times.length && run.every((t, k) => Math.abs(t - times[k]!) <= slack),
    );
    return isNear ? undefined : `${canonicalJson(given)} is near no recorded run`;
  };
}

/** Failures at one moment count one by one; pods made together are within 0.6 s. */
function acceptCreations(given: unknown, situation: Situation): string | undefined {
  const times = given as readonly number[];
  const { recorded, run } = situation;
  const wanted = (recorded.perRun?.[run] ?? recorded.everyRun) as readonly number[];
  if (times.length !== wanted.length) return `${times.length} pods, not ${wanted.length}`;
  const pods = podsOfJob(situation);
  let failures = 0;
  let lastFailure = 0;
  for (let k = 1; k < pods.length; k++) {
    const pod = pods[k]!;
    const isTogether = pod.createdT - pods[k - 1]!.createdT <= 0.6;
    if (isTogether) continue;
    const ended = pods.slice(0, k).filter(({ terminal }) => terminal && terminal.t < pod.createdT);
    failures = ended.length;
    lastFailure = Math.max(...ended.map(({ terminal }) => terminal!.t));
    const waited = pod.createdT - lastFailure;
    const wait = backoff(failures);
    if (waited < wait - 1.05 || waited > wait + 0.4)
      return `pod ${k + 1} came ${waited.toFixed(2)} s after failure ${failures}`;
  }
  return undefined;
}

/** The first ones in any order of a slow start, then as the multiset of the recording. */
function acceptIndexes(given: unknown, situation: Situation): string | undefined {
  const order = given as readonly string[];
  const { recorded, run } = situation;
  const wanted = (recorded.perRun?.[run] ?? recorded.everyRun) as readonly string[];
  if (canonicalJson(sortTexts(order)) !== canonicalJson(sortTexts(wanted)))
    return `indexes ${order.join(" ")}`;
  const parallelism = Number(specOf(situation, "parallelism") ?? 1);
  const first = sortTexts(order.slice(0, parallelism));
  const lowest = first.every((index, k) => index === String(k));
  return lowest ? undefined : `begins with ${order.slice(0, parallelism).join(" ")}`;
}

function sortTexts(list: readonly string[]): readonly string[] {
  return ascending(list.map(Number)).map(String);
}

function sameIndexAgain(situation: Situation): Computed {
  const pods = podsOfJob(situation);
  return valuesOf(
    pods.map((pod) => {
      if (pod.terminal?.set["phase"] !== "Failed") return undefined;
      const index = pod.changes[0]?.set["jobIndex"];
      const again = pods.find(
        (other) => other.changes[0]?.set["jobIndex"] === index && other.createdT > pod.terminal!.t,
      );
      return again === undefined ? undefined : span(pod.terminal, { t: again.createdT });
    }),
  );
}

function isSuspended(situation: Situation): boolean {
  return specOf(situation, "suspend") === true;
}

/** Pod of `#`-th failure to the next pod made. */
function delayAfterFailure(situation: Situation): Computed {
  const number = failureNumber(situation);
  const pods = podsOfJob(situation);
  const [failed, next] = [pods[number - 1], pods[number]];
  if (failed === undefined || next === undefined) return valuesOf([]);
  return valuesOf([span(failed.terminal, { t: next.createdT })]);
}

function failureNumber({ key }: Situation): number {
  return Number(/\d+/.exec(key)?.[0] ?? 1);
}

/** Rows about Jobs. */
export const JOBS: readonly Quantity[] = [
  {
    name: "firstPodCreatedAfterJob",
    prefix: NAME,
    rule: (at) => (isSuspended(at) ? latency(0.6) : L_PLUS),
    compute: (at) => valuesOf([span(made(jobOf(at)), made(podsOfJob(at)[0]))]),
  },
  {
    name: "terminalConditionAfterLastPodTerminal",
    prefix: NAME,
    rule: grid(0.4, 1.6),
    compute: (at) => {
      const end = ending(jobOf(at));
      const terminal = lastBefore(
        podsOfJob(at).map((pod) => pod.terminal),
        end?.rv,
      );
      return valuesOf([span(terminal, end)]);
    },
  },
  {
    name: "terminalConditionAfterJobCreated",
    prefix: NAME,
    rule: DURATION,
    compute: (at) => valuesOf([span(made(jobOf(at)), ending(jobOf(at)))]),
  },
  {
    name: "podsCreated",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => fact(podsOfJob(at).length),
  },
  { name: "result", prefix: NAME, rule: EXACT, compute: result },
  { name: "conditionSequence", prefix: NAME, rule: EXACT, compute: conditions },
  {
    name: "failureTargetSeen",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => fact(jobOf(at)?.firstStart("cond.FailureTarget", "True") !== undefined),
  },
  {
    name: "failedPods",
    prefix: NAME,
    rule: EXACT,
    compute: (at) =>
      fact(podsOfJob(at).filter(({ terminal }) => terminal?.set["phase"] === "Failed").length),
  },
  {
    name: "maxActive",
    prefix: NAME,
    rule: EXACT,
    compute: (at) =>
      fact(Math.max(0, ...(jobOf(at)?.history("active") ?? []).map(({ value }) => Number(value)))),
  },
  {
    name: "podFinalizer",
    prefix: NAME,
    rule: EXACT,
    compute: (at) =>
      fact(distinct(podsOfJob(at).flatMap((pod) => pod.changes[0]?.set["finalizers"] ?? []))),
  },
  {
    name: "failedCountAtEnd",
    rule: EXACT,
    compute: (at) => fact(Number(jobOf(at)?.valueAt("failed", at.horizon) ?? 0)),
  },
  {
    name: "podsDeletedByController",
    rule: EXACT,
    compute: (at) => fact(podsOfJob(at).filter(({ deleting }) => deleting !== undefined).length),
  },
  {
    name: "nextPodCreatedAfterPodSucceeded",
    prefix: NAME,
    rule: grid(0.5, 1.5),
    compute: (at) => {
      const parallelism = Number(specOf(at, "parallelism") ?? 1);
      const ends = ascending(podsOfJob(at).flatMap(({ terminal }) => terminal?.t ?? []));
      const starts = ascending(podsOfJob(at).map(({ createdT }) => createdT)).slice(parallelism);
      return valuesOf(starts.map((t, k) => (ends[k] === undefined ? undefined : t - ends[k])));
    },
  },
  {
    name: "jobDeletedAfterCompletion(ttl #)",
    prefix: NAME,
    rule: (at) => {
      const seconds = failureNumber(at);
      return grid(seconds - 1, seconds + 0.4);
    },
    compute: (at) => valuesOf([span(ending(jobOf(at)), jobOf(at)?.gone)]),
  },
  { name: "podObjectGoneAfterJobDeleted", prefix: NAME, rule: NONE },
  {
    name: "delayFromFailure#ToNextPod",
    rule: (at) => {
      const wait = backoff(failureNumber(at));
      return grid(wait - 1.05, wait + 0.4);
    },
    compute: delayAfterFailure,
  },
  {
    name: "podCreationTimesAfterJob",
    rule: set(acceptCreations),
    compute: (at) => {
      const from = jobOf(at)?.createdT ?? 0;
      return fact(podsOfJob(at).map(({ createdT }) => hundredths(createdT - from)));
    },
  },
  {
    name: "indexCreationOrder",
    prefix: NAME,
    rule: set(acceptIndexes),
    compute: (at) => fact(podsOfJob(at).map((pod) => pod.changes[0]?.set["jobIndex"])),
  },
  {
    name: "sameIndexRecreatedAfterFailure",
    prefix: NAME,
    rule: (at): Rule => {
      const waited = { min: 8.9, max: 10.4 };
      const isPerIndex = specOf(at, "backoffLimitPerIndex") !== undefined;
      const intervals = isPerIndex ? [waited] : [{ min: 0.5, max: 1.5 }, waited];
      return { kind: "grid", intervals };
    },
    compute: sameIndexAgain,
  },
  {
    name: "podsDeletedAfterJobStart",
    prefix: NAME,
    rule: (at) => {
      const seconds = Number(specOf(at, "activeDeadlineSeconds") ?? 8);
      return grid(seconds - 1, seconds + 0.4);
    },
    compute: (at) => valuesOf(podsOfJob(at).map((pod) => span(made(jobOf(at)), pod.deleting))),
  },
  {
    name: "failedConditionAfterLastPodGone",
    prefix: NAME,
    rule: grid(0.2, 0.8),
    compute: (at) => {
      const failed = jobOf(at)?.firstStart("cond.Failed", "True");
      const gone = lastBefore(
        podsOfJob(at).map((pod) => pod.gone),
        failed?.rv,
      );
      return valuesOf([span(gone, failed)]);
    },
  },
  {
    name: "podCreationTimes",
    prefix: NAME,
    rule: set(nearRecorded(0.5)),
    compute: (at) => fact(podsOfJob(at).map(({ createdT }) => tenths(createdT))),
  },
  {
    name: "podDeletionTimes",
    prefix: NAME,
    rule: set(nearRecorded(0.5)),
    compute: (at) =>
      fact(podsOfJob(at).flatMap(({ deleting }) => (deleting ? tenths(deleting.t) : []))),
  },
  {
    name: "replacementCreatedAfterTerminal",
    prefix: JOB,
    rule: (at) => (podReplacementPolicy(at) === "Failed" ? grid(8.9, 10.5) : grid(1, 2.6)),
    compute: (at) => {
      const [lost] = lostPods(at);
      const [next] = replacements(at);
      return valuesOf([
        next === undefined ? undefined : span(lost?.terminal, { t: next.createdT }),
      ]);
    },
  },
  { name: "replacementCreatedAfterTerminal", prefix: /^deployment\//, rule: NONE },
];

// ---- CronJobs -------------------------------------------------------------------------------------

function jobsOfCron({ view, prefix }: Situation): readonly ObjectLife[] {
  return view.objects("Job").filter(({ owner }) => owner === `cronjob/${prefix}`);
}

/** Seconds since the minute in which the record begins. */
function wallSecond({ wallStartSecondOfMinute }: Situation, t: number): number {
  return wallStartSecondOfMinute + t;
}

function policyOf(situation: Situation): string {
  const policy = deep(inputOf(situation, "CronJob", situation.prefix), "spec", "concurrencyPolicy");
  return typeof policy === "string" ? policy : "Allow";
}

function afterMinutes(situation: Situation): Computed {
  return valuesOf(
    jobsOfCron(situation).map(({ createdT }) => wallSecond(situation, createdT) % 60),
  );
}

/** The first right after its minute, each next one when the one before it has finished. */
function acceptForbid(_given: unknown, situation: Situation): string | undefined {
  const jobs = jobsOfCron(situation);
  const [first] = jobs;
  const late = first === undefined ? 0 : wallSecond(situation, first.createdT) % 60;
  if (first !== undefined && (late < 0.1 || late > 0.6)) return `the first ${late} s late`;
  const gaps = jobs.slice(1).map(({ createdT }, k) => createdT - jobs[k]!.createdT);
  const wrong = gaps.find((gap) => gap < 81.9 || gap > 82.9);
  return wrong === undefined ? undefined : `${wrong} s between two Jobs`;
}

/** Equal to what the run followed came to. */
function sameAsRun(given: unknown, { recorded, run }: Situation): string | undefined {
  const wanted = recorded.perRun?.[run];
  const isSame = canonicalJson(given) === canonicalJson(wanted);
  return isSame ? undefined : `${canonicalJson(given)}, not ${canonicalJson(wanted)}`;
}

function acceptDeletions(given: unknown, { recorded, run }: Situation): string | undefined {
  const wanted = recorded.perRun?.[run] as readonly (readonly [number, string])[];
  const list = given as readonly (readonly [number, string])[];
  const isSame =
    list.length === wanted.length &&
    list.every(
      ([t, name], k) => Math.abs(t - wanted[k]![0]) <= 0.6 + 1e-9 && name === wanted[k]![1],
    );
  return isSame ? undefined : `${canonicalJson(given)}, not ${canonicalJson(wanted)}`;
}

function eventReasons({ view, prefix }: Situation): readonly string[] {
  return view.kubernetesEvents.flatMap(({ set: event }) =>
    event["about"] === `CronJob/${prefix}` ? (event["reason"] ?? []) : [],
  );
}

/** Rows about CronJobs. */
export const CRON_JOBS: readonly Quantity[] = [
  {
    name: "jobCreatedAfterMinute",
    prefix: NAME,
    rule: (at) =>
      policyOf(at) === "Forbid"
        ? set(acceptForbid)
        : { kind: "latency", sides: "one", notBefore: 0.1 },
    compute: afterMinutes,
  },
  {
    name: "jobsCreated",
    prefix: NAME,
    rule: exactOr(sameAsRun),
    compute: (at) => fact(jobsOfCron(at).length),
  },
  {
    name: "jobMinutes",
    prefix: NAME,
    rule: exactOr(sameAsRun),
    compute: (at) =>
      fact(jobsOfCron(at).map(({ createdT }) => Math.floor(wallSecond(at, createdT) / 60))),
  },
  {
    name: "jobDeletions(secondsFromMinute0)",
    prefix: NAME,
    rule: exactOr(acceptDeletions),
    compute: (at) =>
      fact(
        jobsOfCron(at)
          .flatMap(({ gone, alias }) => (gone === undefined ? [] : [{ gone, alias }]))
          .sort((a, b) => a.gone.rv - b.gone.rv)
          .map(({ gone, alias }) => [tenths(wallSecond(at, gone.t)), alias]),
      ),
  },
  {
    name: "eventReasons",
    prefix: NAME,
    rule: exactOr(sameAsRun),
    compute: (at) => fact(distinct(eventReasons(at))),
  },
  {
    name: "skippedEvents",
    prefix: NAME,
    rule: exactOr(sameAsRun),
    compute: (at) =>
      fact(eventReasons(at).filter((reason) => reason === "JobAlreadyActive").length),
  },
];
