// Quantities of zones: how many nodes are lost per pass, how fast they are tainted, which states the
// zones go through, and what a return undoes.

import { compareText } from "../../../../base/index.ts";
import type { ObjectLife } from "../run-view.ts";
import {
  actionsOf,
  actionT,
  ascending,
  betweenRecorded,
  type Computed,
  exactOr,
  fact,
  type Quantity,
  type Rule,
  set,
  type Situation,
  valuesOf,
  hundredths,
} from "../quantity.ts";
import { failedNodes, failureOf, podsOnFailed, tainted, unknown } from "./node-failures.ts";

const NO_EXECUTE = "unreachable:NoExecute";
const NO_SCHEDULE = "unreachable:NoSchedule";
/** Nodes of which a history is kept. */
const HISTORIES_MAX = 8;

/** Instants at which failed nodes became Unknown, in order. */
function unknownTimes(situation: Situation): readonly number[] {
  return ascending(failedNodes(situation).flatMap((node) => unknown(situation, node)?.t ?? []));
}

/** Times closer than a second belong to one pass. */
function groupsOf(times: readonly number[]): readonly (readonly number[])[] {
  const groups: number[][] = [];
  for (const t of times) {
    const last = groups.at(-1);
    if (last !== undefined && t - last[0]! < 1) last.push(t);
    else groups.push([t]);
  }
  return groups;
}

function returnT(situation: Situation): number {
  return actionT(situation, "recover") ?? Number.POSITIVE_INFINITY;
}

function noExecuteTimes(situation: Situation): readonly number[] {
  const untilT = returnT(situation);
  const times = failedNodes(situation).flatMap(
    (node) => tainted(situation, node, NO_EXECUTE)?.t ?? [],
  );
  return ascending(times.filter((t) => t < untilT));
}

function perPass(situation: Situation): Computed {
  const times = unknownTimes(situation);
  const groups = groupsOf(times);
  return fact(groups.map((group) => [group[0]! - times[0]!, group.length]));
}

function acceptPasses(given: unknown, situation: Situation): string | undefined {
  const passes = given as readonly (readonly [number, number])[];
  const lost = passes.reduce((sum, [, count]) => sum + count, 0);
  const failed = failureOf(situation)?.nodes?.length ?? 0;
  if (lost !== failed) return `${lost} nodes were seen as lost, not ${failed}`;
  const isMany = failed > 30;
  const last = passes.at(-1)?.[0] ?? 0;
  if (isMany) {
    return passes.length <= 4 && last <= 15 ? undefined : `${passes.length} groups in ${last} s`;
  }
  if (passes.length > 3) return `${passes.length} passes`;
  const gaps = passes.slice(1).map(([t], k) => t - passes[k]![0]);
  const wrong = gaps.find((gap) => !((gap >= 4.98 && gap <= 5.6) || (gap >= 9.98 && gap <= 11.2)));
  return wrong === undefined ? undefined : `passes are ${wrong} s apart`;
}

/** Sizes and losses of the zones by name. */
function zonesOf(situation: Situation): ReadonlyMap<string, { size: number; lost: number }> {
  const zones = new Map<string, { size: number; lost: number }>();
  const failed = new Set(failureOf(situation)?.nodes);
  for (const { prefix, start, count, zone = "" } of situation.file.nodes) {
    const entry = zones.get(zone) ?? { size: 0, lost: 0 };
    zones.set(zone, entry);
    for (let k = 0; k < count; k++) {
      entry.size++;
      if (failed.has(`${prefix}${start + k}`)) entry.lost++;
    }
  }
  return zones;
}

const GAP = { min: 9.6, max: 10.5 };
/** From one token of a zone to the next. */
const TOKEN_S = 10;
/** What passes and the poll for tokens may take between two instants that are whole periods apart. */
const PASS_AND_POLL_S = 0.2;

function gapRule(situation: Situation): Rule {
  const zones = [...zonesOf(situation).values()];
  if (zones.every(({ size, lost }) => size === lost)) {
    return { kind: "grid", intervals: [{ min: 0, max: 5.7 }], countFree: true };
  }
  const isSlow = zones.some(
    ({ size, lost }) => lost > 2 && lost / size >= 0.55 && lost < size && size > 50,
  );
  if (isSlow) {
    const intervals = [
      { min: 8.9, max: 10.5 },
      { min: 99.5, max: 105 },
    ];
    return { kind: "grid", intervals, countFree: true };
  }
  const changesState = zones.some(({ size, lost }) => lost > 2 && lost / size >= 0.55);
  if (!changesState) return { kind: "grid", intervals: [GAP], countFree: true };
  return set((given) => {
    const wrong = (given as readonly number[]).filter((gap) => gap < GAP.min || gap > GAP.max);
    const isOneLost = wrong.length === 1 && wrong[0]! >= GAP.min && wrong[0]! <= 20.6;
    return wrong.length === 0 || isOneLost ? undefined : `gaps of ${wrong.join(", ")} s`;
  });
}

/**
 * How many more nodes than recorded a total outage may taint. A zone's first node is tainted at once and
 * its next token comes 10 s later; all taints stop at the end of the pass that sees the last node lost.
 * Losses that spread over three passes take 10 s and what the passes themselves take, so the token may
 * come first; which of the two is a race of some hundredths of a second.
 */
function tokensBeforeTheEnd(situation: Situation): number {
  const zones = zonesOf(situation);
  if (![...zones.values()].every(({ size, lost }) => size === lost)) return 0;
  const times = unknownTimes(situation);
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return span < TOKEN_S - PASS_AND_POLL_S ? 0 : zones.size;
}

function acceptTaintCount(given: unknown, situation: Situation): string | undefined {
  const [count = 0] = given as readonly number[];
  const { min = 0, max = 0 } = situation.recorded;
  const most = max + tokensBeforeTheEnd(situation);
  return count >= min && count <= most ? undefined : `${count} nodes, not ${min} to ${most}`;
}

/** All that were there are evicted, or as many fewer as recorded; ties decide how many were there. */
function acceptEvictions(given: unknown, situation: Situation): string | undefined {
  const [count = 0] = given as readonly number[];
  const { min = 0, max = 0 } = situation.recorded;
  const there = situation.file.summary.get("podsOnFailedNodes");
  const isSettled = min === max && there?.min !== undefined && there.min === there.max;
  if (!isSettled) return betweenRecorded(2)(count, situation);
  const wanted = min + podsOnFailed(situation, situation.view.pods).length - there.min!;
  return count === wanted ? undefined : `${count} pods, not ${wanted}`;
}

function acceptTaintTimes(given: unknown, situation: Situation): string | undefined {
  const times = given as readonly number[];
  const { recorded, file } = situation;
  const counts = (recorded.perRun ?? [recorded.everyRun]).map((run) => (run as number[]).length);
  const low = Math.min(...counts);
  const high = Math.max(...counts) + tokensBeforeTheEnd(situation);
  if (times.length < low || times.length > high) {
    return `${times.length} nodes of ${file.scenario}, not ${low} to ${high}`;
  }
  const first = times[0] ?? 0;
  return first <= 1.4 ? undefined : `the first after ${first} s`;
}

/** The states that the zones go through by the thresholds, for a split of losses over passes. */
function statesOfSplit(situation: Situation): readonly string[] {
  const zones = zonesOf(situation);
  const zoneOf = new Map<string, string>();
  for (const { prefix, start, count, zone = "" } of situation.file.nodes) {
    for (let k = 0; k < count; k++) zoneOf.set(`${prefix}${start + k}`, zone);
  }
  const times = unknownTimes(situation);
  const lost = new Map<string, number>();
  const states = new Map<string, string>();
  const found: string[] = [];
  for (const group of groupsOf(times)) {
    for (const node of failedNodes(situation)) {
      const t = unknown(situation, node)?.t;
      if (t === undefined || !group.includes(t)) continue;
      const zone = zoneOf.get(node.name) ?? "";
      lost.set(zone, (lost.get(zone) ?? 0) + 1);
    }
    const now = [...zones].map(([zone, { size }]) => [zone, stateOf(size, lost.get(zone) ?? 0)]);
    if (now.every(([, state]) => state === "FullDisruption")) {
      found.push("Entering master disruption mode");
      break;
    }
    for (const [zone = "", state = ""] of now) {
      if ((states.get(zone) ?? "Normal") !== state) found.push(`zone ${zone} -> ${state}`);
      states.set(zone, state);
    }
  }
  return found;
}

function stateOf(size: number, lost: number): string {
  if (lost === size) return "FullDisruption";
  return lost > 2 && lost / size >= 0.55 ? "PartialDisruption" : "Normal";
}

/** Log lines in short: of a mode only what it is about. */
function shortState(text: unknown): string {
  const mode = /(Entering|Exiting) master disruption mode/.exec(String(text));
  return mode?.[0] ?? String(text);
}

function acceptStates(given: unknown, situation: Situation): string | undefined {
  const log = given as readonly (readonly [number, string])[];
  const order = log.map(([, text]) => shortState(text));
  const recorded = situation.recorded.perRun ?? [situation.recorded.everyRun];
  const orders = (recorded as readonly (readonly (readonly [number, string])[])[]).map((run) =>
    run.map(([, text]) => shortState(text)),
  );
  const own = statesOfSplit(situation);
  const isOwn = own.every((text, k) => order[k] === text);
  const isRecorded = orders.some((one) => one.join() === order.join());
  if (!isRecorded && !(isOwn && own.length > 0)) return `states ${order.join(", ")}`;
  const firstT = unknownTimes(situation)[0] ?? 0;
  const passes = groupsOf(unknownTimes(situation)).map((group) => group[0]! - firstT);
  const back = returnT(situation) - firstT;
  const wrong = log.find(
    ([t]) =>
      !(t >= back && t <= back + 6.4) &&
      !passes.some((pass) => t >= pass - 0.02 && t <= pass + 0.8),
  );
  return wrong === undefined ? undefined : `a state changed at ${wrong[0]} s, on no pass`;
}

function taintsBetween(
  node: ObjectLife,
  fromT: number,
  untilT: number,
): readonly (readonly [number, string | null])[] {
  return node
    .history("taints")
    .filter(({ change }) => change.t >= fromT && change.t < untilT)
    .map(({ change, value }) => [change.t, value]);
}

function historyOfFailed(situation: Situation): Computed {
  const fromT = failureOf(situation)?.t ?? 0;
  const firstT = unknownTimes(situation)[0] ?? 0;
  const untilT = returnT(situation);
  const nodes = failedNodes(situation).slice(0, HISTORIES_MAX);
  return fact(
    nodes.map((node) => [
      node.name,
      taintsBetween(node, fromT, untilT).map(([t, taints]) => [hundredths(t - firstT), taints]),
    ]),
  );
}

type History = readonly (readonly [number, string | null])[];

function acceptHistory(given: unknown, situation: Situation): string | undefined {
  const isTotal = [...zonesOf(situation).values()].every(({ size, lost }) => size === lost);
  for (const [name, history] of given as readonly (readonly [string, History])[]) {
    const steps = history.map(([, taints]) => kindOfTaints(taints)).join(" ");
    const possible = isTotal
      ? ["schedule", "schedule both", "schedule both schedule"]
      : ["schedule", "schedule both"];
    if (!possible.includes(steps)) return `${name} had taints: ${steps}`;
  }
  return undefined;
}

function kindOfTaints(taints: string | null): string {
  if (taints === null) return "none";
  const isExecute = taints.includes(NO_EXECUTE);
  const isSchedule = taints.includes(NO_SCHEDULE);
  return isExecute && isSchedule
    ? "both"
    : isExecute
      ? "execute"
      : isSchedule
        ? "schedule"
        : "other";
}

function historyAfterReturn(situation: Situation): Computed {
  const fromT = returnT(situation);
  const nodes = failedNodes(situation).slice(0, 2);
  return fact(
    Object.fromEntries(
      nodes.map((node) => [
        node.name,
        taintsBetween(node, fromT, Number.POSITIVE_INFINITY).map(([t, taints]) => [
          hundredths(t - fromT),
          taints,
        ]),
      ]),
    ),
  );
}

function acceptReturn(given: unknown, situation: Situation): string | undefined {
  const again = new Set(actionsOf(situation, "fail")[1]?.nodes);
  for (const [name, history] of Object.entries(given as Readonly<Record<string, History>>)) {
    const isFreed = again.has(name)
      ? history.some(([, taints]) => taints === null)
      : history.at(-1)?.[1] === null;
    if (!isFreed) return `${name} keeps its taints`;
  }
  return undefined;
}

function noExecuteAfterReturn(situation: Situation): Computed {
  const fromT = returnT(situation);
  const firstT = unknownTimes(situation)[0] ?? 0;
  const found: [string, number][] = [];
  const nodes = [...situation.view.objects("Node")].sort((a, b) => compareText(a.name, b.name));
  for (const node of nodes) {
    for (const { change, value } of node.history("taints")) {
      if (change.t >= fromT && value?.includes(NO_EXECUTE) === true)
        found.push([node.name, hundredths(change.t - firstT)]);
    }
  }
  return fact(found);
}

/** Only a node that is dead again may gain the taint; a write that keeps it is nothing new. */
function acceptNoExecuteAfterReturn(_given: unknown, situation: Situation): string | undefined {
  const fromT = returnT(situation);
  const again = actionsOf(situation, "fail")[1];
  for (const node of situation.view.objects("Node")) {
    let had = false;
    for (const { change, value } of node.history("taints")) {
      const has = value?.includes(NO_EXECUTE) === true;
      const isDead = again !== undefined && again.t < change.t && again.nodes?.includes(node.name);
      if (change.t >= fromT && has && !had && isDead !== true) return `${node.name} gained it`;
      had = has;
    }
  }
  return undefined;
}

/** Rows about zones. */
export const ZONES: readonly Quantity[] = [
  { name: "nodesMarkedUnknownPerMonitorPass", rule: set(acceptPasses), compute: perPass },
  {
    name: "nodesGivenNoExecuteTaintBeforeReturn",
    rule: set(acceptTaintCount),
    compute: (at) => valuesOf([noExecuteTimes(at).length]),
  },
  {
    name: "noExecuteTaintTimesAfterFirstUnknown",
    rule: set(acceptTaintTimes),
    compute: (at) => {
      const firstT = unknownTimes(at)[0] ?? 0;
      return fact(noExecuteTimes(at).map((t) => t - firstT));
    },
  },
  {
    name: "gapBetweenNoExecuteTaints",
    rule: gapRule,
    compute: (at) => {
      const times = noExecuteTimes(at);
      return valuesOf(times.slice(1).map((t, k) => t - times[k]!));
    },
  },
  {
    name: "podsEvictedBeforeReturn",
    rule: set(acceptEvictions),
    compute: (at) => {
      const untilT = returnT(at);
      const fromT = failureOf(at)?.t ?? 0;
      const names = new Set(failureOf(at)?.nodes);
      const gone = at.view.pods.filter(
        ({ node, deleting }) =>
          names.has(node) && deleting !== undefined && deleting.t < untilT && deleting.t > fromT,
      );
      return valuesOf([gone.length]);
    },
  },
  {
    name: "podsOnFailedNodes",
    // Never exact: which nodes got one pod more is a tie that falls at random.
    rule: set((given, at) => betweenRecorded(1)((given as readonly number[])[0], at)),
    compute: (at) => valuesOf([podsOnFailed(at, at.view.pods).length]),
  },
  {
    name: "zoneStateLog",
    rule: exactOr(acceptStates),
    compute: (at) => {
      const firstT = unknownTimes(at)[0] ?? 0;
      if (at.zoneStates === undefined) return fact(logOfRecording(at));
      return fact(at.zoneStates.map(([t, text]) => [t - firstT, text]));
    },
  },
  { name: "taintHistoryOfFailedNodes", rule: set(acceptHistory), compute: historyOfFailed },
  { name: "taintHistoryAfterReturn", rule: set(acceptReturn), compute: historyAfterReturn },
  {
    name: "noExecuteTaintsAfterReturn",
    rule: set(acceptNoExecuteAfterReturn),
    compute: noExecuteAfterReturn,
  },
];

/** A recording has its log lines in the summary alone. */
function logOfRecording({ recorded, run }: Situation): readonly (readonly [number, string])[] {
  return (recorded.perRun?.[run] ?? recorded.everyRun ?? []) as readonly (readonly [
    number,
    string,
  ])[];
}
