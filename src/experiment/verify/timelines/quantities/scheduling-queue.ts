// Quantities of the scheduling queue: when pods are tried again, what wakes them, and in which order
// they are taken.

import type { Attempt } from "../replay-world.ts";
import type { Change, ObjectLife, PodLife } from "../run-view.ts";
import type { TimelineAction } from "../timeline-file.ts";
import {
  actionsOf,
  actionT,
  ascending,
  type Computed,
  deep,
  EXACT,
  fact,
  grid,
  inputOf,
  kubectlOf,
  L,
  L_PLUS,
  NAME,
  NONE,
  type Quantity,
  set,
  type Situation,
  span,
  valuesOf,
} from "../quantity.ts";

/** Back-off after the n-th failure. */
const BACKOFF_S: readonly number[] = [1, 2, 4, 8];
/** Recorded attempts beyond which their number is compared by share. */
const MANY = 20;

/** Attempts of a pod in a replay, or as the recording lists them. */
function attemptsOf(situation: Situation, name: string): readonly number[] {
  if (situation.attempts === undefined) return recordedList(situation);
  return situation.attempts.filter(({ pod }) => pod === name).map(({ t }) => t);
}

function recordedList({ recorded, run }: Situation): readonly number[] {
  const list = recorded.perRun?.[run] ?? recorded.everyRun;
  return Array.isArray(list) ? (list as readonly number[]) : [];
}

/** The pod that the scenario is about: the first that was created by itself. */
function subject(situation: Situation): string {
  const name = deep(inputOf(situation, "Pod"), "metadata", "name");
  return String(name ?? "");
}

/** Attempts of a pod of the input; a recording lists them under a key of their own. */
function attemptsOfInput(situation: Situation, name: string): readonly number[] {
  const recorded = situation.file.summary.get(`${name}: attemptTimes`) ?? {};
  return attemptsOf({ ...situation, recorded }, name);
}

function gapsOf(times: readonly number[]): readonly number[] {
  return times.slice(1).map((t, k) => t - times[k]!);
}

function acceptAttempts(given: unknown, situation: Situation): string | undefined {
  const count = (given as readonly number[]).length;
  const { recorded } = situation;
  const counts = (recorded.perRun ?? [recorded.everyRun]).map((run) => (run as number[]).length);
  const isNear = counts.some((one) => Math.abs(count - one) <= (one > MANY ? one * 0.05 : 1));
  return isNear ? undefined : `${count} attempts, not ${counts.join(" or ")}`;
}

function popsFromBackoff({ file }: Situation): boolean {
  return !JSON.stringify(file.config).includes("SchedulerPopFromBackoffQ=false");
}

/** Pauses between the waking actions are input: a gap may be as long as the longest of them. */
function longestPause(situation: Situation): number {
  return Math.max(0, ...gapsOf(actionsOf(situation, "addNodes").map(({ t }) => t)));
}

/** One attempt per event when idle; else the back-off's end rounded up to the flush of each second. */
function acceptGaps(given: unknown, situation: Situation): string | undefined {
  const gaps = given as readonly number[];
  if (popsFromBackoff(situation)) {
    const middle = ascending(gaps)[Math.floor(gaps.length / 2)] ?? 0;
    if (middle < 0.15 || middle > 0.4) return `the median gap is ${middle} s`;
    const longest = Math.max(...gaps);
    const allowed = Math.max(1.6, longestPause(situation) + 0.25);
    return longest <= allowed ? undefined : `a gap of ${longest} s`;
  }
  for (const [k, gap] of gaps.entries()) {
    const wait = BACKOFF_S[k] ?? 10;
    if (gap < wait - 0.05 || gap > wait + 1.1) return `gap ${k + 1} is ${gap} s`;
  }
  return undefined;
}

function lifeOf({ view }: Situation, name: string): PodLife | undefined {
  return view.pods.find((pod) => pod.name === name);
}

/** The node that an action added. */
function addedNode(situation: Situation): ObjectLife | undefined {
  const shape = actionsOf(situation, "addNodes")[0]?.nodeSpecs?.[0];
  return shape === undefined
    ? undefined
    : situation.view.find("Node", `${shape.prefix}${shape.start}`);
}

function untainted(node: ObjectLife | undefined): Change | undefined {
  return node?.first("taints", (value) => value === null);
}

/** The pod that was bound first after an instant, of those that existed then. */
function boundNext(situation: Situation, fromT: number): PodLife | undefined {
  return [...situation.view.pods]
    .filter(({ bound, createdT }) => bound && bound.t >= fromT - 0.02 && createdT < fromT)
    .sort((a, b) => a.bound!.rv - b.bound!.rv)[0];
}

function deletedPod(situation: Situation): PodLife | undefined {
  const name = actionsOf(situation, "delete")[0]?.names?.[0] ?? "";
  return lifeOf(situation, name);
}

function waitingPod(situation: Situation): PodLife | undefined {
  return boundNext(situation, deletedPod(situation)?.terminal?.t ?? situation.horizon);
}

/** The taint's removal, as the node shows it. */
function taintRemoval(situation: Situation): Change | undefined {
  const command = situation.actions.find(
    ({ op, args = [] }) => op === "kubectl" && args[0] === "taint" && args[3]?.endsWith("-"),
  );
  const node = situation.view.find("Node", command?.args?.[2] ?? "");
  return node?.first("taints", (value) => value === null, command?.t);
}

function gatedPod({ view }: Situation): PodLife | undefined {
  return view.pods.find((pod) => pod.changes[0]?.set["gates"] != null);
}

function lastGateRemoved(situation: Situation): Change | undefined {
  return gatedPod(situation)?.first("gates", (value) => value === null);
}

/** Pods that waited for the node with the label, by their names. */
function crowd({ view }: Situation): readonly PodLife[] {
  return view.pods.filter(({ name }) => /^o\d+$/.test(name));
}

function boundInOrder(situation: Situation): readonly PodLife[] {
  return crowd(situation)
    .filter(({ bound }) => bound !== undefined)
    .sort((a, b) => a.bound!.rv - b.bound!.rv);
}

/** How often a pod was bound right after one of lower priority. */
function inversions(pods: readonly PodLife[]): number {
  let count = 0;
  for (let k = 1; k < pods.length; k++) {
    if (pods[k]!.priority > pods[k - 1]!.priority) count++;
  }
  return count;
}

function acceptBindOrder(given: unknown, situation: Situation): string | undefined {
  const names = new Set((given as readonly (readonly [string, number])[]).map(([name]) => name));
  const pods = crowd(situation);
  const highest = [...new Set(pods.map(({ priority }) => priority))]
    .sort((a, b) => b - a)
    .slice(0, 2);
  const missing = pods.find((pod) => highest.includes(pod.priority) && !names.has(pod.name));
  return missing === undefined ? undefined : `${missing.name} was never bound`;
}

/** First or last binding of the crowd after an instant. */
function boundAfter(situation: Situation, fromT: number | undefined, place: 0 | -1): Computed {
  const times = ascending(crowd(situation).flatMap(({ bound }) => bound?.t ?? []));
  const t = times.at(place);
  return valuesOf([t === undefined || fromT === undefined ? undefined : t - fromT]);
}

function labelPatch(situation: Situation): TimelineAction | undefined {
  return situation.actions.find(({ op, kind }) => op === "patch" && kind === "Node");
}

/** Names in the order of their attempts after the label came. */
function attemptOrder(situation: Situation): Computed {
  const fromT = labelPatch(situation)?.t ?? 0;
  if (situation.attempts === undefined) return fact(situation.recorded.everyRun);
  const later = situation.attempts.filter(({ t }: Attempt) => t >= fromT);
  return fact([...new Set(later.map(({ pod }) => pod))]);
}

function boundByPriority(situation: Situation): Computed {
  const counts = new Map<number, number>();
  for (const pod of crowd(situation)) {
    const before = counts.get(pod.priority) ?? 0;
    counts.set(pod.priority, before + (pod.bound === undefined ? 0 : 1));
  }
  return fact(
    Object.fromEntries([...counts].map(([priority, count]) => [String(priority), count])),
  );
}

function labelCommand(situation: Situation): TimelineAction | undefined {
  return kubectlOf(situation, "label", "node");
}

/** Rows about the scheduling queue. */
export const SCHEDULING_QUEUE: readonly Quantity[] = [
  {
    name: "attemptTimes",
    rule: set(acceptAttempts),
    compute: (at) => fact(attemptsOf(at, subject(at))),
  },
  {
    name: "attemptTimes",
    prefix: NAME,
    isPhased: true,
    rule: set(acceptAttempts),
    compute: (at) => fact(attemptsOf(at, at.prefix)),
  },
  {
    name: "gaps",
    rule: set(acceptGaps),
    compute: (at) =>
      fact(at.attempts === undefined ? recordedList(at) : gapsOf(attemptsOf(at, subject(at)))),
  },
  { name: "attemptWallPhase(fractionOfSecond)", rule: NONE },
  {
    name: "retryAfterFirstFailure",
    rule: grid(300, 330.5),
    isPhased: true,
    compute: (at) =>
      valuesOf(
        at.file.input.map(({ object }) => {
          const times = attemptsOfInput(at, String(deep(object, "metadata", "name")));
          return times.length < 2 ? undefined : times.at(-1)! - times[0]!;
        }),
      ),
  },
  { name: "log", rule: NONE },
  {
    name: "bindOrder",
    rule: set(acceptBindOrder),
    compute: (at) => fact(boundInOrder(at).map((pod) => [pod.name, pod.priority])),
  },
  {
    name: "priorityOrderInversions",
    rule: set((given) =>
      Number(given) >= 0 && Number(given) <= 6 ? undefined : `${String(given)} inversions`,
    ),
    compute: (at) => fact(inversions(boundInOrder(at))),
  },
  { name: "nameOrderInversionsWithinPriority", rule: NONE },
  {
    name: "boundCount",
    rule: set((given) => {
      const [count = 0] = given as readonly number[];
      return count >= 24 && count <= 40 ? undefined : `${count} pods`;
    }),
    compute: (at) => valuesOf([boundInOrder(at).length]),
  },
  {
    name: "firstBoundAfterNodeCreate",
    rule: L_PLUS,
    compute: (at) => boundAfter(at, actionT(at, "addNodes"), 0),
  },
  {
    name: "lastBoundAfterNodeCreate",
    rule: L_PLUS,
    compute: (at) => boundAfter(at, actionT(at, "addNodes"), -1),
  },
  {
    name: "firstBoundAfterLabel",
    rule: L_PLUS,
    compute: (at) => boundAfter(at, labelPatch(at)?.t, 0),
  },
  {
    name: "lastBoundAfterLabel",
    rule: L_PLUS,
    compute: (at) => boundAfter(at, labelPatch(at)?.t, -1),
  },
  { name: "attemptOrderAfterLabel", rule: EXACT, compute: attemptOrder },
  { name: "boundSetByPriority", rule: EXACT, compute: boundByPriority },
  {
    name: "podBoundAfterNodeCreate",
    prefix: /^nodeAdd$/,
    rule: L_PLUS,
    compute: (at) => {
      const fromT = actionT(at, "addNodes");
      return valuesOf([span(fromT, boundNext(at, fromT ?? 0)?.bound)]);
    },
  },
  {
    name: "notReadyTaintRemovedAfterNodeCreate",
    prefix: /^nodeAdd$/,
    rule: L_PLUS,
    compute: (at) => valuesOf([span(actionT(at, "addNodes"), untainted(addedNode(at)))]),
  },
  {
    name: "boundAfterTaintRemoved",
    prefix: /^nodeAdd$/,
    rule: L_PLUS,
    compute: (at) => {
      const free = untainted(addedNode(at));
      return valuesOf([span(free, boundNext(at, free?.t ?? 0)?.bound)]);
    },
  },
  {
    name: "boundAfterTerminalPhase",
    prefix: /^podDelete$/,
    rule: L_PLUS,
    compute: (at) => valuesOf([span(deletedPod(at)?.terminal, waitingPod(at)?.bound)]),
  },
  {
    name: "boundAfterDeletionTimestamp",
    prefix: /^podDelete$/,
    rule: L,
    compute: (at) => valuesOf([span(deletedPod(at)?.deleting, waitingPod(at)?.bound)]),
  },
  { name: "boundAfterObjectGone", prefix: /^podDelete$/, rule: NONE },
  {
    name: "boundAfter",
    prefix: /^taintRemoved$/,
    rule: L_PLUS,
    compute: (at) => {
      const removal = taintRemoval(at);
      return valuesOf([span(removal, boundNext(at, removal?.t ?? at.horizon)?.bound)]);
    },
  },
  {
    name: "boundAfterLastGateRemoved",
    prefix: /^gates$/,
    rule: L_PLUS,
    compute: (at) => valuesOf([span(lastGateRemoved(at), gatedPod(at)?.bound)]),
  },
  {
    name: "history",
    prefix: /^gates$/,
    rule: EXACT,
    compute: (at) => fact((gatedPod(at)?.history("gates") ?? []).map(({ value }) => value)),
  },
  {
    name: "conditionWhileGated",
    prefix: /^gates$/,
    rule: EXACT,
    compute: (at) =>
      fact((gatedPod(at)?.history("cond.PodScheduled") ?? []).map(({ value }) => value)),
  },
  {
    name: "boundAfterCommandStart",
    prefix: /^labelAdded$/,
    rule: NONE,
    compute: (at) => {
      const fromT = labelCommand(at)?.t;
      return valuesOf([span(fromT, boundNext(at, fromT ?? at.horizon)?.bound)]);
    },
  },
  { name: "boundAfterCommandEnd", prefix: /^labelAdded$/, rule: NONE },
];
