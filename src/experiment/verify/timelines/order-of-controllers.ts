// Order rules of controllers (REPLAY.md section 5): generations, roll-outs, Jobs and CronJobs,
// StatefulSets, DaemonSets, budgets, autoscalers and the rates of clients.
//
// The general rules and those of nodes are in order-rules.ts. Each rule holds on every recorded run,
// which a test checks; instants are compared only where the rule is about time.

import type { OrderRule } from "./order-rules.ts";
import { deep, type Situation } from "./quantity.ts";
import type { Change, ObjectLife, PodLife } from "./run-view.ts";
import type { Json } from "./timeline-file.ts";

/** Requests per second and burst of each controller's client, and of the scheduler's. */
const CONTROLLER_CLIENT = { qps: 20, burst: 30 };
const SCHEDULER_CLIENT = { qps: 50, burst: 100 };
/** Instants of a recording may be late by some tens of milliseconds. */
const LATE_S = 0.3;
/** Events of pods that belong together come within so much of each other. */
const TOGETHER_S = 0.05;

interface Input {
  readonly kind: string;
  readonly name: string;
  readonly spec: Json;
}

function inputsOf({ file }: Situation, kind: string): readonly Input[] {
  return file.input.flatMap(({ object, error }) =>
    object["kind"] === kind && !error
      ? [{ kind, name: String(deep(object, "metadata", "name")), spec: object["spec"] as Json }]
      : [],
  );
}

/** First patch of an object, if it is about its template. */
function templatePatchT({ actions }: Situation, kind: string, name: string): number | undefined {
  return actions.find(
    ({ op, kind: of, names, patch }) =>
      op === "patch" &&
      of === kind &&
      names?.includes(name) === true &&
      deep(patch, "spec", "template") !== undefined,
  )?.t;
}

function podsOfOwner(situation: Situation, owner: string): readonly PodLife[] {
  return situation.view.pods.filter((pod) => pod.owner === owner && pod.createdT >= 0);
}

const rvOf = (change: Change | undefined): number => change?.rv ?? Number.POSITIVE_INFINITY;

// ---- generations -------------------------------------------------------------------------------

/** A status tells of a generation only after the object has it, and tells of the last one in the end. */
function generations({ view, horizon }: Situation): string | undefined {
  for (const life of view.objects("Deployment")) {
    const made = life.history("generation");
    for (const { change, value } of life.history("observedGeneration")) {
      const known = made.filter(({ change: { rv } }) => rv <= change.rv).at(-1)?.value ?? null;
      if (Number(value ?? 0) > Number(known ?? value))
        return `${life.name} observed generation ${value} before it was there`;
    }
    const last = made.at(-1);
    if (last === undefined || last.change.t > horizon - 1 || life.gone !== undefined) continue;
    const observed = life.valueAt("observedGeneration", Number.POSITIVE_INFINITY);
    if (Number(observed) < Number(last.value))
      return `${life.name} has generation ${last.value} and observed ${observed}`;
  }
  return undefined;
}

// ---- roll-outs ---------------------------------------------------------------------------------

interface Sizing {
  readonly set: ObjectLife;
  readonly change: Change;
  readonly from: number;
  readonly to: number;
}

function sizings(sets: readonly ObjectLife[], fromT: number): readonly Sizing[] {
  return sets
    .flatMap((set) => {
      let from = 0;
      return set.history("spec.replicas").map(({ change, value }) => {
        const sizing = { set, change, from, to: Number(value ?? 0) };
        from = sizing.to;
        return sizing;
      });
    })
    .filter(({ change }) => change.t >= fromT)
    .sort((a, b) => a.change.rv - b.change.rv);
}

/** The new ReplicaSet comes after the template, and grows before an old one shrinks (without surge: after). */
function rollOuts(situation: Situation): string | undefined {
  for (const { name, spec } of inputsOf(situation, "Deployment")) {
    const patchT = templatePatchT(situation, "Deployment", name);
    if (patchT === undefined || deep(spec, "strategy", "type") === "Recreate") continue;
    const sets = situation.view
      .objects("ReplicaSet")
      .filter(({ owner }) => owner === `deployment/${name}`);
    const fresh = sets.find(({ createdT }) => createdT >= patchT);
    if (fresh === undefined) continue;
    if (sets.some((set) => set !== fresh && set.createdT >= patchT)) continue; // more than one update
    const steps = sizings(sets, patchT);
    const grown = steps.find(({ set, from, to }) => set === fresh && to > from);
    const shrunk = steps.find(({ set, from, to }) => set !== fresh && to < from);
    if (grown === undefined || shrunk === undefined) continue;
    const surge = deep(spec, "strategy", "rollingUpdate", "maxSurge");
    const hasSurge = surge !== 0 && surge !== "0" && surge !== "0%";
    if (hasSurge !== grown.change.rv < shrunk.change.rv)
      return `${name} ${hasSurge ? "shrank its old ReplicaSet before" : "grew before it shrank"}`;
  }
  return undefined;
}

/** Nothing is resized because of a deadline: the condition is all. */
function deadlines(situation: Situation): string | undefined {
  const { view, actions } = situation;
  for (const deployment of view.objects("Deployment")) {
    const late = deployment.firstStart("cond.Progressing", "False/ProgressDeadlineExceeded");
    if (late === undefined) continue;
    const nextT = actions.find(({ t }) => t > late.t)?.t ?? Number.POSITIVE_INFINITY;
    const sets = view
      .objects("ReplicaSet")
      .filter(({ owner }) => owner === `deployment/${deployment.name}`);
    const resized = sizings(sets, late.t).find(({ change, from, to }) => {
      const isSoon = change.t <= late.t + 1 && change.t < nextT;
      return isSoon && from !== to;
    });
    if (resized !== undefined) return `${resized.set.alias} was resized with the deadline`;
  }
  return undefined;
}

// ---- Jobs --------------------------------------------------------------------------------------

/** An end is counted before the finalizer goes with the pod; pods go before a Job that is deleted after them. */
function countedJobs({ view }: Situation): string | undefined {
  for (const job of view.objects("Job")) {
    const pods = view.pods.filter(({ owner, alias }) => {
      return owner === (job.alias === "" ? `job/${job.name}` : job.alias) && alias !== "";
    });
    // One that is being deleted counts as failed at once where it is replaced at once.
    const endOf = (pod: PodLife): number =>
      Math.min(rvOf(pod.terminal), rvOf(pod.deleting), rvOf(pod.gone));
    for (const field of ["succeeded", "failed"]) {
      for (const { change, value } of job.history(field)) {
        const ended = pods.filter((pod) => endOf(pod) < change.rv);
        if (Number(value ?? 0) > ended.length && job.createdT >= 0)
          return `${job.name} counted ${value} ${field} of ${ended.length} that had ended`;
      }
    }
    // A TTL deletes in the foreground: the Job waits for its pods.
    if (job.gone === undefined || job.first("deleting", (one) => one !== null) === undefined)
      continue;
    const late = pods.find((pod) => rvOf(pod.gone) > job.gone!.rv);
    if (late !== undefined) return `${late.alias} outlived ${job.name}`;
  }
  return undefined;
}

/** After a minute and a tenth; Forbid waits for the last Job, Replace deletes it first. */
function cronJobs(situation: Situation): string | undefined {
  const { view, wallStartSecondOfMinute } = situation;
  for (const { name, spec } of inputsOf(situation, "CronJob")) {
    const jobs = view
      .objects("Job")
      .filter(
        ({ alias, owner }) => owner === `cronjob/${name}` || alias.startsWith(`cronjob/${name}@`),
      );
    for (const [k, job] of jobs.entries()) {
      const second = (wallStartSecondOfMinute + job.createdT) % 60;
      if (spec["concurrencyPolicy"] !== "Forbid" && second < 0.1 - 0.005)
        return `${job.alias} came ${second} s after the minute`;
      const before = jobs[k - 1];
      if (before === undefined) continue;
      const end =
        before.firstStart("cond.Complete", "True") ?? before.firstStart("cond.Failed", "True");
      const isOver = rvOf(end) < job.createdRv || rvOf(before.gone) < job.createdRv;
      const isGoing =
        rvOf(before.first("deleting", (one) => one !== null)) < job.createdRv || isOver;
      if (spec["concurrencyPolicy"] === "Forbid" && !isOver)
        return `${job.alias} came while ${before.alias} ran`;
      if (spec["concurrencyPolicy"] === "Replace" && !isGoing)
        return `${job.alias} came beside ${before.alias}`;
    }
  }
  return undefined;
}

// ---- StatefulSets and DaemonSets ---------------------------------------------------------------

/** Highest ordinal first, one after the other: the next is deleted when the last is gone or replaced. */
function statefulSteps(situation: Situation): string | undefined {
  for (const { name, spec } of inputsOf(situation, "StatefulSet")) {
    if (spec["podManagementPolicy"] === "Parallel") continue;
    const owner = `statefulset/${name}`;
    const steps = situation.actions.filter(
      ({ op, kind, names }) => op === "patch" && kind === "StatefulSet" && names?.includes(name),
    );
    const pods = podsOfOwner(situation, owner);
    const deleted = pods
      .filter(({ deleting, disrupted }) => deleting !== undefined && disrupted === undefined)
      .sort((a, b) => rvOf(a.deleting) - rvOf(b.deleting));
    for (const [k, pod] of deleted.entries()) {
      const before = deleted[k - 1];
      const change = steps.filter(({ t }) => t <= pod.deleting!.t).at(-1);
      // Only what one and the same change of the set asked for is in order.
      if (before === undefined || change === undefined || before.deleting!.t < change.t) continue;
      const [own, last] = [ordinalOf(pod), ordinalOf(before)];
      if (own > last) return `${pod.name} was deleted after ${before.name}`;
      const isScaling = deep(change.patch, "spec", "replicas") !== undefined;
      const again = pods.find(
        ({ name: other, createdRv }) => other === before.name && createdRv > before.createdRv,
      );
      if ((isScaling ? rvOf(before.gone) : rvOf(again?.ready)) > pod.deleting!.rv)
        return `${pod.name} was deleted before ${before.name} was ${isScaling ? "gone" : "ready again"}`;
    }
  }
  return undefined;
}

function ordinalOf({ name, alias }: PodLife): number {
  return Number(/-(\d+)$/.exec(name === "" ? alias.replace(/#.*/, "") : name)?.[1] ?? -1);
}

/** With surge an old pod stays until the new one on its node is ready; without, one at a time by the budget. */
function daemonUpdates(situation: Situation): string | undefined {
  for (const { name, spec } of inputsOf(situation, "DaemonSet")) {
    const patchT = templatePatchT(situation, "DaemonSet", name);
    if (patchT === undefined) continue;
    const pods = podsOfOwner(situation, `daemonset/${name}`);
    const olds = pods
      .filter(({ createdT, deleting }) => createdT < patchT && deleting && deleting.t >= patchT)
      .sort((a, b) => rvOf(a.deleting) - rvOf(b.deleting));
    const newOn = (node: string): PodLife | undefined =>
      pods.find((pod) => pod.createdT >= patchT && pod.node === node);
    const settings = deep(spec, "updateStrategy", "rollingUpdate");
    const surge = deep(settings, "maxSurge");
    if (surge !== undefined && surge !== 0 && surge !== "0%") {
      const early = olds.find((old) => rvOf(newOn(old.node)?.ready) > rvOf(old.deleting));
      if (early !== undefined)
        return `${early.alias} went before the new pod on its node was ready`;
      continue;
    }
    const most = deep(settings, "maxUnavailable") ?? 1;
    if (typeof most !== "number") continue;
    for (const [k, old] of olds.entries()) {
      const unready = olds
        .slice(0, k)
        .filter((one) => rvOf(newOn(one.node)?.ready) > rvOf(old.deleting));
      if (unready.length >= most)
        return `${old.alias} was deleted while ${unready.length} were down`;
    }
  }
  return undefined;
}

// ---- budgets -----------------------------------------------------------------------------------

/** No eviction that a budget had not allowed at that moment. */
function budgets(situation: Situation): string | undefined {
  for (const { name, spec } of inputsOf(situation, "PodDisruptionBudget")) {
    const budget = situation.view.find("PodDisruptionBudget", name);
    const app = deep(spec, "selector", "matchLabels", "app");
    if (budget === undefined || typeof app !== "string") continue;
    const evicted = situation.view.pods
      .filter(
        ({ group, disrupted }) =>
          group.endsWith(`/${app}`) &&
          disrupted?.set["cond.DisruptionTarget"] === "True/EvictionByEvictionAPI",
      )
      .map(({ disrupted }) => disrupted!);
    for (const mark of evicted) {
      const allowed = budget
        .history("disruptionsAllowed")
        .filter(({ change }) => change.rv < mark.rv)
        .map(({ value }) => Number(value ?? 0));
      if (!allowed.some((count) => count > 0)) return `${name} had never allowed an eviction`;
    }
    const grants = sumOfRises(budget, evicted);
    if (evicted.length > grants)
      return `${evicted.length} evictions under ${name}, ${grants} granted`;
  }
  return undefined;
}

/** Disruptions that a budget has granted: what it allowed at first, and every rise of that. */
function sumOfRises(budget: ObjectLife, evicted: readonly Change[]): number {
  let granted = 0;
  let before = 0;
  for (const { change, value } of budget.history("disruptionsAllowed")) {
    const allowed = Number(value ?? 0);
    // Each eviction takes one off at once, so a rise is counted from what was left.
    granted += Math.max(0, allowed - before);
    before = allowed;
    if (evicted.every(({ rv }) => rv < change.rv)) break;
  }
  return granted;
}

// ---- rates -------------------------------------------------------------------------------------

/** Requests of one client in any window: the burst and what has come in since. */
function overBucket(
  times: readonly number[],
  { qps, burst }: { readonly qps: number; readonly burst: number },
): string | undefined {
  for (let from = 0; from < times.length; from++) {
    for (let to = from + burst; to < times.length; to++) {
      const span = times[to]! - times[from]! + LATE_S;
      const count = to - from + 1;
      if (count > burst + qps * span + 1) return `${count} requests in ${span.toFixed(2)} s`;
    }
  }
  return undefined;
}

/** Pods by the controllers that made them, and bindings by the scheduler, keep to their clients' rates. */
function rates(situation: Situation): string | undefined {
  const { view, file } = situation;
  const own = ["kube-controller-manager", "kube-scheduler"].map((name) => file.config[name]);
  const isSet = own.some((flags) => JSON.stringify(flags ?? {}).includes("--kube-api-"));
  if (isSet) return undefined; // limits of their own
  const makers = new Map<string, number[]>();
  for (const { alias, createdT } of view.pods) {
    if (alias === "" || createdT < 0) continue; // bare pods are made by the recorder
    const kind = alias.split("/")[0]!;
    const maker = kind === "deployment" ? "replicaset" : kind;
    const times = makers.get(maker);
    if (times === undefined) makers.set(maker, [createdT]);
    else times.push(createdT);
  }
  for (const [maker, times] of makers) {
    const text = overBucket(sorted(times), CONTROLLER_CLIENT);
    if (text !== undefined) return `${maker} pods: ${text}`;
  }
  const bound = view.pods.flatMap(({ bound: one }) => (one === undefined ? [] : [one.t]));
  const text = overBucket(sorted(bound), SCHEDULER_CLIENT);
  return text === undefined ? undefined : `bindings: ${text}`;
}

function sorted(times: readonly number[]): readonly number[] {
  return [...times].sort((a, b) => a - b);
}

/** Autoscalers resize at their syncs alone, which are 15 s apart from the object's creation. */
function autoscalers(situation: Situation): string | undefined {
  for (const { name, spec } of inputsOf(situation, "HorizontalPodAutoscaler")) {
    const scaler = situation.view.find("HorizontalPodAutoscaler", name);
    const target = situation.view.find(
      String(deep(spec, "scaleTargetRef", "kind")),
      String(deep(spec, "scaleTargetRef", "name")),
    );
    if (scaler === undefined || target === undefined || scaler.createdT < 0) continue;
    const patched = situation.actions.filter(
      ({ op, names }) => op === "patch" && names?.includes(target.name),
    );
    for (const { change, value } of target.history("spec.replicas").slice(1)) {
      if (change.t < scaler.createdT) continue;
      if (patched.some(({ t }) => Math.abs(t - change.t) < TOGETHER_S)) continue;
      const late = (change.t - scaler.createdT) % 15;
      if (late > 1.5 && late < 15 - TOGETHER_S)
        return `${target.name} went to ${value} ${late.toFixed(2)} s after a sync`;
    }
  }
  return undefined;
}

/** Families about controllers, in the order of the table. */
export const CONTROLLER_ORDER_RULES: readonly OrderRule[] = [
  { name: "workloads: observedGeneration follows generation", check: generations },
  { name: "drain: no more evictions than budgets granted", check: budgets },
  { name: "roll-out: surge before the old ReplicaSet shrinks", check: rollOuts },
  { name: "roll-out: a deadline resizes nothing", check: deadlines },
  { name: "Job: an end is counted after it came, pods go before their Job", check: countedJobs },
  { name: "CronJob: minutes, Forbid, Replace", check: cronJobs },
  { name: "StatefulSet: deletions from the highest ordinal, one by one", check: statefulSteps },
  { name: "DaemonSet: budget and surge of updates", check: daemonUpdates },
  { name: "HPA: sizes only at syncs", check: autoscalers },
  { name: "bulk: client rates in every window", check: rates },
];
