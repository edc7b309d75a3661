// Quantities of Deployments: how fast they come up, which steps a roll-out takes, how many pods live
// meanwhile, and what a deadline or an undo does.

import { canonicalJson } from "../../case-format.ts";
import type { Change, ObjectLife, PodLife } from "../run-view.ts";
import {
  actionsOf,
  actionT,
  ascending,
  betweenRecorded,
  type Computed,
  deep,
  DEPLOYMENT,
  DURATION,
  EXACT,
  exactOr,
  fact,
  grid,
  inputOf,
  kubectlOf,
  L,
  L_PLUS,
  NONE,
  type Quantity,
  set,
  type Situation,
  span,
  valuesOf,
} from "../quantity.ts";
import { failureOf, unknown } from "./node-failures.ts";

/** The Deployment that the scenario is about: the first one. */
function deploymentOf(situation: Situation): ObjectLife | undefined {
  return situation.view.objects("Deployment")[0];
}

/** Pods of all Deployments. */
function podsOfDeployments({ view }: Situation): readonly PodLife[] {
  return view.pods.filter(({ alias }) => alias.startsWith("deployment/"));
}

function last(changes: readonly (Change | undefined)[]): Change | undefined {
  let found: Change | undefined;
  for (const change of changes) if (change && (!found || change.t > found.t)) found = change;
  return found;
}

function madeAt(life: ObjectLife | undefined): { readonly t: number } | undefined {
  return life === undefined || life.createdT < 0 ? undefined : { t: life.createdT };
}

function patchT(situation: Situation): number | undefined {
  return actionT(situation, "patch");
}

/** The Deployment says that its newest ReplicaSet is complete, not before an instant. */
function completeAfter(situation: Situation, fromT: number): Change | undefined {
  return deploymentOf(situation)?.first(
    "cond.Progressing",
    (value) => value === "True/NewReplicaSetAvailable",
    fromT,
  );
}

/** `r2` of `deployment/web@r2`. */
function revisionOf(alias: string): string {
  return alias.slice(alias.lastIndexOf("@") + 1);
}

/** Each change of a ReplicaSet's size from an instant on, in the API's order. */
function sizeSteps(situation: Situation, fromT: number): readonly (readonly [string, number])[] {
  const steps = situation.view.objects("ReplicaSet").flatMap((replicaSet) =>
    replicaSet
      .history("spec.replicas")
      .filter(({ change }) => change.t >= fromT)
      .map(({ change, value }) => ({
        rv: change.rv,
        alias: replicaSet.alias,
        size: Number(value),
      })),
  );
  return steps
    .sort((a, b) => a.rv - b.rv)
    .map(({ alias, size }) => [revisionOf(alias), size] as const);
}

interface Bounds {
  readonly replicas: number;
  readonly surge: number;
}

function boundsOf(situation: Situation): Bounds {
  const spec = deep(inputOf(situation, "Deployment"), "spec");
  const replicas = Number(deep(spec, "replicas") ?? 1);
  const surge = deep(spec, "strategy", "rollingUpdate", "maxSurge") ?? "25%";
  const text = String(surge);
  const count = text.endsWith("%")
    ? Math.ceil((Number.parseFloat(text) * replicas) / 100)
    : Number(text);
  return { replicas, surge: count };
}

/** The same beginning and end, never too many, and between two updates no ReplicaSet turns back. */
function acceptSteps(given: unknown, situation: Situation): string | undefined {
  const steps = given as readonly (readonly [string, number])[];
  const { recorded } = situation;
  const runs = (recorded.perRun ?? [recorded.everyRun]) as readonly (readonly (readonly [
    string,
    number,
  ])[])[];
  const begins = runs.some(
    (run) => canonicalJson(run.slice(0, 4)) === canonicalJson(steps.slice(0, 4)),
  );
  if (!begins) return `begins with ${JSON.stringify(steps.slice(0, 4))}`;
  const endOf = (run: readonly (readonly [string, number])[]): string =>
    canonicalJson(Object.fromEntries(run));
  if (!runs.some((run) => endOf(run) === endOf(steps))) return `ends with ${endOf(steps)}`;
  const { replicas, surge } = boundsOf(situation);
  const sizes = new Map<string, number>([["r1", replicas]]);
  for (const [revision, size] of steps) {
    sizes.set(revision, size);
    let sum = 0;
    for (const one of sizes.values()) sum += one;
    if (sum > replicas + surge) return `${sum} pods are wanted at ${revision} = ${size}`;
  }
  return turns(steps) <= Math.max(...runs.map(turns)) ? undefined : "a ReplicaSet turns back";
}

/** How often a ReplicaSet's size changes direction. */
function turns(steps: readonly (readonly [string, number])[]): number {
  const before = new Map<string, { size: number; direction: number }>();
  let count = 0;
  for (const [revision, size] of steps) {
    const known = before.get(revision);
    const direction = known === undefined ? 0 : Math.sign(size - known.size);
    if (known !== undefined && known.direction * direction < 0) count++;
    before.set(revision, { size, direction: direction || (known?.direction ?? 0) });
  }
  return count;
}

/** Counts of pods after every write from the update on. */
interface CurvePoint {
  readonly alive: number;
  readonly ready: number;
  readonly terminating: number;
}

function curve(situation: Situation): readonly CurvePoint[] {
  const fromT = patchT(situation) ?? 0;
  const pods = podsOfDeployments(situation);
  const steps: { t: number; rv: number; alive: number; ready: number; terminating: number }[] = [];
  for (const pod of pods) {
    const end = [pod.terminal, pod.gone, pod.deleting];
    const endsAlive = firstOf(end);
    const add = (
      change: { t: number; rv: number } | undefined,
      alive: number,
      ready: number,
      terminating: number,
    ): void => {
      if (change !== undefined)
        steps.push({ t: change.t, rv: change.rv, alive, ready, terminating });
    };
    add({ t: pod.createdT, rv: pod.createdRv }, 1, 0, 0);
    add(endsAlive, -1, 0, 0);
    const isReadyWhileAlive =
      pod.ready !== undefined && (endsAlive === undefined || pod.ready.rv < endsAlive.rv);
    if (isReadyWhileAlive) {
      add(pod.ready, 0, 1, 0);
      add(endsAlive, 0, -1, 0);
    }
    if (pod.deleting !== undefined) {
      add(pod.deleting, 0, 0, 1);
      add(pod.gone, 0, 0, -1);
    }
  }
  steps.sort((a, b) => a.rv - b.rv);
  const points: CurvePoint[] = [];
  let now: CurvePoint = { alive: 0, ready: 0, terminating: 0 };
  let isStarted = false;
  for (const step of steps) {
    if (!isStarted && step.t >= fromT) {
      isStarted = true;
      points.push(now);
    }
    now = {
      alive: now.alive + step.alive,
      ready: now.ready + step.ready,
      terminating: now.terminating + step.terminating,
    };
    if (isStarted) points.push(now);
  }
  return points;
}

function firstOf(changes: readonly (Change | undefined)[]): Change | undefined {
  let found: Change | undefined;
  for (const change of changes) if (change && (!found || change.rv < found.rv)) found = change;
  return found;
}

/** A recording has a curve of its own, taken at its samples. */
function recordedCurve({
  file,
  run,
  attempts,
}: Situation): readonly (readonly number[])[] | undefined {
  return attempts === undefined ? file.runs[run]?.curve : undefined;
}

function extreme(
  name: string,
  ofRow: (row: readonly number[]) => number,
  ofPoint: (point: CurvePoint) => number,
  pick: (values: readonly number[]) => number,
  slack: number,
): Quantity {
  return {
    name,
    rule: exactOr(betweenRecorded(slack)),
    compute: (at) => {
      const rows = recordedCurve(at)?.map(ofRow) ?? curve(at).map(ofPoint);
      return valuesOf([rows.length === 0 ? undefined : pick(rows)]);
    },
  };
}

const MAX = (values: readonly number[]): number => Math.max(...values);
const MIN = (values: readonly number[]): number => Math.min(...values);

/** ReplicaSets that had pods before the update. */
function isOld(pod: PodLife, fromT: number, pods: readonly PodLife[]): boolean {
  return pods.some((other) => other.owner === pod.owner && other.createdT < fromT);
}

function newPods(situation: Situation): readonly PodLife[] {
  const fromT = patchT(situation) ?? 0;
  const pods = podsOfDeployments(situation);
  return pods.filter((pod) => pod.createdT >= fromT && !isOld(pod, fromT, pods));
}

function oldPods(situation: Situation): readonly PodLife[] {
  const fromT = patchT(situation) ?? 0;
  return podsOfDeployments(situation).filter((pod) => pod.createdT < fromT);
}

function firstNewPod(situation: Situation): { readonly t: number } | undefined {
  const times = ascending(newPods(situation).map(({ createdT }) => createdT));
  return times[0] === undefined ? undefined : { t: times[0] };
}

function deadlineExceeded(situation: Situation): Change | undefined {
  return deploymentOf(situation)?.firstStart("cond.Progressing", "False", patchT(situation));
}

function conditionSequence(life: ObjectLife | undefined): readonly unknown[] {
  return (life?.changes ?? []).flatMap(({ set: changed }) =>
    Object.keys(changed)
      .filter((field) => field.startsWith("cond."))
      .map((field) => ({ [field]: changed[field] })),
  );
}

function undoT(situation: Situation): number {
  return kubectlOf(situation, "rollout", "undo")?.t ?? Number.POSITIVE_INFINITY;
}

/** The patch that changes the size in the middle of a roll-out. */
function scaleT(situation: Situation): number {
  const scale = actionsOf(situation, "patch").find(
    ({ patch }) => deep(patch, "spec", "replicas") !== undefined,
  );
  return scale?.t ?? Number.POSITIVE_INFINITY;
}

function sizesBefore(situation: Situation, t: number): Readonly<Record<string, number>> {
  return Object.fromEntries(
    situation.view
      .objects("ReplicaSet")
      .map((one) => [revisionOf(one.alias), Number(one.valueAt("spec.replicas", t - 1e-6))]),
  );
}

function isRecreate(situation: Situation): boolean {
  return deep(inputOf(situation, "Deployment"), "spec", "strategy", "type") === "Recreate";
}

function rollout(situation: Situation): Computed {
  const fromT = patchT(situation);
  return valuesOf([
    fromT === undefined ? undefined : span(fromT, completeAfter(situation, fromT + 0.3)),
  ]);
}

/** Rows about Deployments. */
export const DEPLOYMENTS: readonly Quantity[] = [
  {
    name: "replicaSetCreatedAfterDeployment",
    rule: L_PLUS,
    compute: (at) =>
      valuesOf([span(madeAt(deploymentOf(at)), madeAt(at.view.objects("ReplicaSet")[0]))]),
  },
  {
    name: "firstPodCreatedAfterDeployment",
    rule: L_PLUS,
    compute: (at) => valuesOf([span(madeAt(deploymentOf(at)), madeAt(podsOfDeployments(at)[0]))]),
  },
  {
    name: "lastPodCreatedAfterDeployment",
    rule: L_PLUS,
    compute: (at) => {
      const times = ascending(podsOfDeployments(at).map(({ createdT }) => createdT));
      const t = times.at(-1);
      return valuesOf([span(madeAt(deploymentOf(at)), t === undefined ? undefined : { t })]);
    },
  },
  {
    name: "lastBoundAfterDeployment",
    rule: L_PLUS,
    compute: (at) => {
      const bound = last(podsOfDeployments(at).map((pod) => pod.bound));
      return valuesOf([span(madeAt(deploymentOf(at)), bound)]);
    },
  },
  {
    name: "boundAfterPodCreated",
    rule: L_PLUS,
    compute: (at) => valuesOf(at.view.pods.map((pod) => span(pod.createdT, pod.bound))),
  },
  {
    name: "allReadyAfterDeployment",
    rule: L,
    compute: (at) => {
      const ready = last(podsOfDeployments(at).map((pod) => pod.ready));
      return valuesOf([span(madeAt(deploymentOf(at)), ready)]);
    },
  },
  {
    name: "conditionAvailableAfterDeployment",
    rule: L,
    compute: (at) => {
      const deployment = deploymentOf(at);
      return valuesOf([span(madeAt(deployment), deployment?.firstStart("cond.Available", "True"))]);
    },
  },
  {
    name: "conditionProgressingCompleteAfterDeployment",
    rule: L,
    compute: (at) => valuesOf([span(madeAt(deploymentOf(at)), completeAfter(at, 0))]),
  },
  {
    name: "podsPerNodeSorted",
    rule: EXACT,
    compute: (at) => {
      const counts = new Map<string, number>();
      for (const { node } of at.view.pods) counts.set(node, (counts.get(node) ?? 0) + 1);
      return fact(ascending([...counts.values()]));
    },
  },
  { name: "boundInCreationOrder", rule: NONE },
  {
    name: "deploymentConditionSequence",
    rule: EXACT,
    compute: (at) => fact(conditionSequence(deploymentOf(at))),
  },
  {
    name: "replicaSetSizeSteps",
    rule: exactOr(acceptSteps),
    compute: (at) => fact(sizeSteps(at, patchT(at) ?? 0)),
  },
  {
    name: "firstSteps",
    rule: EXACT,
    compute: (at) => fact(sizeSteps(at, patchT(at) ?? 0).slice(0, 4)),
  },
  {
    name: "rsSteps",
    prefix: /^undo$/,
    rule: EXACT,
    compute: (at) => fact(sizeSteps(at, undoT(at))),
  },
  {
    name: "rsStepsWithin200msOfScale",
    rule: EXACT,
    compute: (at) => {
      const fromT = scaleT(at);
      const later = sizeSteps(at, fromT + 0.2).length;
      const all = sizeSteps(at, fromT);
      return fact(all.slice(0, all.length - later));
    },
  },
  {
    name: "rsSizesBeforeScale",
    rule: set((given, { recorded, run }) => {
      const wanted = recorded.everyRun ?? recorded.perRun?.[run];
      const asMap = Array.isArray(wanted)
        ? Object.fromEntries(wanted as [string, number][])
        : wanted;
      const isSame = canonicalJson(given) === canonicalJson(asMap);
      return isSame ? undefined : `${canonicalJson(given)} is not ${canonicalJson(wanted)}`;
    }),
    compute: (at) => fact(sizesBefore(at, scaleT(at))),
  },
  {
    name: "rolloutDuration",
    rule: DURATION,
    // A Recreate's wait may meet the old condition and end the record before there is a value.
    applies: (at) => (isRecreate(at) ? (rollout(at).values?.length ?? 0) : 1),
    compute: rollout,
  },
  {
    name: "rolloutCompleteAfterUpdate",
    rule: (at) => {
      const node = failureOf(at)?.nodes?.[0];
      const life = node === undefined ? undefined : at.view.find("Node", node);
      const stops = life === undefined ? 0 : (span(failureOf(at)?.t, unknown(at, life)) ?? 0);
      return grid(stops + 28, stops + 34);
    },
    compute: rollout,
  },
  extreme(
    "maxAliveNotTerminating",
    ([, oldAlive = 0, newAlive = 0]) => oldAlive + newAlive,
    ({ alive }) => alive,
    MAX,
    0,
  ),
  extreme(
    "minReady",
    ([, , , oldReady = 0, newReady = 0]) => oldReady + newReady,
    ({ ready }) => ready,
    MIN,
    0,
  ),
  {
    ...extreme(
      "maxIncludingTerminating",
      ([, oldAlive = 0, newAlive = 0, , , terminating = 0]) => oldAlive + newAlive + terminating,
      ({ alive, terminating }) => alive + terminating,
      MAX,
      1,
    ),
    rule: set((given, at) => betweenRecorded(1)((given as readonly number[])[0], at)),
  },
  {
    name: "firstNewPodCreatedAfterUpdate",
    rule: L,
    compute: (at) => valuesOf([span(patchT(at), firstNewPod(at))]),
  },
  {
    name: "firstPodDeletedAfterUpdate",
    rule: L,
    compute: (at) => {
      const fromT = patchT(at) ?? 0;
      const deleted = podsOfDeployments(at).map((pod) => pod.deleting);
      return valuesOf([span(fromT, firstOf(deleted.filter((one) => one && one.t >= fromT)))]);
    },
  },
  {
    name: "firstNewPodCreatedAfterLastOldPodObjectGone",
    rule: L_PLUS,
    compute: (at) => valuesOf([span(last(oldPods(at).map((pod) => pod.gone)), firstNewPod(at))]),
  },
  {
    name: "firstNewPodCreatedAfterLastOldPodTerminalPhase",
    rule: L_PLUS,
    compute: (at) =>
      valuesOf([span(last(oldPods(at).map((pod) => pod.terminal)), firstNewPod(at))]),
  },
  {
    name: "lastOldPodGoneAfterUpdate",
    rule: L,
    compute: (at) => valuesOf([span(patchT(at), last(oldPods(at).map((pod) => pod.gone)))]),
  },
  {
    name: "progressDeadlineExceededAfterUpdate",
    rule: grid(20, 21.3),
    compute: (at) => valuesOf([span(patchT(at), deadlineExceeded(at))]),
  },
  {
    name: "progressDeadlineExceededAfterLastDeploymentChange",
    rule: grid(19, 20.6),
    compute: (at) => {
      const exceeded = deadlineExceeded(at);
      const before = deploymentOf(at)?.changes.filter(({ rv }) => rv < (exceeded?.rv ?? 0));
      return valuesOf([span(before?.at(-1), exceeded)]);
    },
  },
  {
    name: "doneAfterCommand",
    prefix: /^undo$/,
    rule: L,
    compute: (at) => valuesOf([span(undoT(at), completeAfter(at, undoT(at)))]),
  },
  {
    name: "podsCreated",
    prefix: DEPLOYMENT,
    rule: EXACT,
    compute: (at) => fact(at.view.podsOf(at.prefix).length),
  },
];
