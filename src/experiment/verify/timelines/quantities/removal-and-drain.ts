// Quantities of nodes that are taken away: deleted, put out of service, or drained.
//
// What the pod garbage collector does hangs on the phase of its passes, 20 s apart.

import type { Change, ObjectLife, PodLife } from "../run-view.ts";
import type { TimelineAction } from "../timeline-file.ts";
import {
  actionsOf,
  actionT,
  ANY,
  ascending,
  type Computed,
  countTexts,
  deep,
  DEPLOYMENT,
  distinct,
  EXACT,
  exactOr,
  fact,
  grid,
  type Interval,
  kubectlOf,
  L_PLUS,
  NONE,
  type Quantity,
  type Rule,
  set,
  type Situation,
  span,
  STATEFUL_SET,
  valuesOf,
} from "../quantity.ts";
import { podsOnFailed } from "./node-failures.ts";

const COLLECTED = grid(40, 80.6);
/** Retries of an eviction that are looked for. */
const RETRIES_MAX = 40;

/** Pods of the key's owner that were on a node when it was deleted. */
function podsOfDeletedNode(situation: Situation): readonly PodLife[] {
  const action = actionsOf(situation, "deleteNode")[0];
  const names = new Set(action?.nodes);
  const { t = 0 } = action ?? {};
  return situation.view
    .podsOf(situation.prefix)
    .filter((pod) => names.has(pod.node) && pod.createdT < t && !(pod.gone && pod.gone.t < t));
}

function afterNodeDeleted(name: string, end: (pod: PodLife) => Change | undefined): Quantity {
  return {
    name,
    prefix: ANY,
    rule: COLLECTED,
    isPhased: true,
    applies: (at) => podsOfDeletedNode(at).length,
    compute: (at) => {
      const t = actionT(at, "deleteNode");
      return valuesOf(podsOfDeletedNode(at).map((pod) => span(t, end(pod))));
    },
  };
}

function laterPods(situation: Situation, fromT: number | undefined): readonly PodLife[] {
  return situation.view.podsOf(situation.prefix).filter((pod) => pod.createdT > (fromT ?? 0));
}

function createdAfterNodeDeleted(name: string, prefix: RegExp): Quantity {
  return {
    name,
    prefix,
    rule: COLLECTED,
    isPhased: true,
    applies: (at) => podsOfDeletedNode(at).length,
    compute: (at) => {
      const t = actionT(at, "deleteNode");
      return valuesOf(laterPods(at, t).map((pod) => span(t, { t: pod.createdT })));
    },
  };
}

function outOfService(situation: Situation): Change | undefined {
  for (const node of situation.view.objects("Node")) {
    const found = node.first("taints", (value) => value?.includes("out-of-service") === true);
    if (found !== undefined) return found;
  }
  return undefined;
}

function podsOutOfService(situation: Situation): readonly PodLife[] {
  return podsOnFailed(situation, situation.view.podsOf(situation.prefix));
}

function drained(situation: Situation): TimelineAction | undefined {
  return kubectlOf(situation, "drain");
}

function drainedNode(situation: Situation): ObjectLife | undefined {
  return situation.view.find("Node", drained(situation)?.args?.[1] ?? "");
}

/** Pods that were on the drained node when the drain began. */
function podsOnDrained(situation: Situation, pods: readonly PodLife[]): readonly PodLife[] {
  const { args, t = 0 } = drained(situation) ?? {};
  return pods.filter((pod) => pod.node === args?.[1] && pod.createdT < t);
}

function evictedByDrain(situation: Situation): readonly PodLife[] {
  return podsOnDrained(situation, situation.view.podsOf(situation.prefix)).filter(
    ({ deleting }) => deleting !== undefined,
  );
}

/** True if a budget of the input selects the pods of the key's owner. */
function isGuarded({ file, prefix }: Situation): boolean {
  const name = prefix.split("/")[1] ?? prefix;
  return file.input.some(
    ({ object }) =>
      object["kind"] === "PodDisruptionBudget" &&
      deep(object, "spec", "selector", "matchLabels", "app") === name,
  );
}

/** Retries come every five seconds; each may be a little later than the one before. */
function retries(first: number, later: number): Rule {
  const intervals: Interval[] = Array.from({ length: RETRIES_MAX }, (_, k) => ({
    min: 5 * k,
    max: 5 * k + first + later * k,
  }));
  return { kind: "grid", intervals };
}

function drainRule(situation: Situation): Rule {
  const { min = 0, max = 0 } = situation.recorded;
  const { args = [], error } = drained(situation) ?? {};
  const limit = args.find((arg) => arg.startsWith("--timeout="));
  if (limit === undefined || error === undefined) return grid(min - 0.7, max + 0.5);
  const seconds = Number.parseFloat(limit.slice("--timeout=".length));
  return grid(seconds, seconds + 5.5);
}

function budgetHistory(situation: Situation): Computed {
  const name = situation.prefix.replace(/^pdb ?/, "");
  const budgets = situation.view
    .objects("PodDisruptionBudget")
    .filter((budget) => name === "" || budget.name === name);
  const fromT = drained(situation)?.t ?? 0;
  return fact(
    budgets.flatMap(({ changes }) =>
      changes
        .filter(({ t }) => t >= fromT)
        .map(({ t, set: changed }) => [Math.round((t - fromT) * 100) / 100, changed]),
    ),
  );
}

type BudgetHistory = readonly (readonly [number, Readonly<Record<string, string>>])[];

function allowedSequence(history: unknown): string {
  const allowed = (history as BudgetHistory).flatMap(
    ([, changed]) => changed["disruptionsAllowed"] ?? [],
  );
  return allowed.filter((value, k) => value !== allowed[k - 1]).join(" ");
}

function acceptBudgetHistory(given: unknown, { recorded, run }: Situation): string | undefined {
  const possible = (recorded.perRun ?? [recorded.everyRun]).map(allowedSequence);
  const sequence = allowedSequence(given);
  return possible.includes(sequence)
    ? undefined
    : `disruptionsAllowed ${sequence}, not ${possible[run] ?? possible[0]}`;
}

function reasonsOf(pods: readonly PodLife[]): readonly string[] {
  return pods.flatMap((pod) => pod.disrupted?.set["cond.DisruptionTarget"] ?? []);
}

/** One text where the pods of an owner are lost with their node; the set of texts in a drain. */
function disruptionReason(situation: Situation): Computed {
  if (drained(situation) !== undefined) {
    const pods = podsOnDrained(situation, situation.view.podsOf(situation.prefix));
    return fact(distinct(reasonsOf(pods)));
  }
  const isDeleted = actionsOf(situation, "deleteNode").length > 0;
  const pods = isDeleted ? podsOfDeletedNode(situation) : podsOutOfService(situation);
  return fact(reasonsOf(pods)[0]);
}

function shareEvicted(situation: Situation): Computed {
  const all = podsOnDrained(situation, situation.view.podsOf(situation.prefix)).length;
  const count = evictedByDrain(situation).length;
  return fact(count === all && all > 0 ? "all" : `${count} of ${all}`);
}

function evictionTimes(situation: Situation): readonly number[] {
  const fromT = drained(situation)?.t ?? 0;
  return ascending(
    podsOnDrained(situation, situation.view.pods).flatMap(({ deleting }) =>
      deleting === undefined ? [] : deleting.t - fromT,
    ),
  );
}

/** Counts of the same texts, each between the lowest and the highest recorded. */
function acceptCounts(given: unknown, { recorded }: Situation): string | undefined {
  const counts = given as Readonly<Record<string, number>>;
  const runs = (recorded.perRun ?? [recorded.everyRun]) as readonly Readonly<
    Record<string, number>
  >[];
  for (const text of new Set([
    ...Object.keys(counts),
    ...runs.flatMap((run) => Object.keys(run)),
  ])) {
    const known = runs.map((run) => run[text] ?? 0);
    const count = counts[text] ?? 0;
    if (count < Math.min(...known) || count > Math.max(...known)) return `${text}: ${count}`;
  }
  return undefined;
}

/** Rows about nodes that are taken away. */
export const REMOVAL_AND_DRAIN: readonly Quantity[] = [
  afterNodeDeleted("phaseFailedAfterNodeObjectDeleted", (pod) => pod.terminal),
  afterNodeDeleted("deletionTimestampAfterNodeObjectDeleted", (pod) => pod.deleting),
  afterNodeDeleted("goneAfterNodeObjectDeleted", (pod) => pod.gone),
  createdAfterNodeDeleted("replacementCreatedAfterNodeObjectDeleted", DEPLOYMENT),
  createdAfterNodeDeleted("recreatedAfterNodeObjectDeleted", STATEFUL_SET),
  {
    name: "deletionTimestampAfterOutOfServiceTaint",
    prefix: ANY,
    rule: L_PLUS,
    applies: (at) => podsOutOfService(at).length,
    compute: (at) =>
      valuesOf(podsOutOfService(at).map((pod) => span(outOfService(at), pod.deleting))),
  },
  {
    name: "objectGoneAfterOutOfServiceTaint",
    prefix: ANY,
    rule: grid(0, 20.6),
    isPhased: true,
    applies: (at) => podsOutOfService(at).length,
    compute: (at) => valuesOf(podsOutOfService(at).map((pod) => span(outOfService(at), pod.gone))),
  },
  {
    name: "recreatedAfterOutOfServiceTaint",
    prefix: STATEFUL_SET,
    rule: grid(0, 20.8),
    isPhased: true,
    applies: (at) => podsOutOfService(at).length,
    compute: (at) => {
      const taint = outOfService(at);
      return valuesOf(laterPods(at, taint?.t).map((pod) => span(taint, { t: pod.createdT })));
    },
  },
  { name: "reason", prefix: ANY, rule: EXACT, isPhased: true, compute: disruptionReason },
  { name: "disruptionReason", prefix: ANY, rule: EXACT, isPhased: true, compute: disruptionReason },
  {
    name: "drainDuration",
    rule: drainRule,
    compute: (at) => {
      const { t, done } = drained(at) ?? {};
      return valuesOf([t === undefined || done === undefined ? undefined : done - t]);
    },
  },
  {
    name: "evictedAfterCordon",
    prefix: ANY,
    rule: retries(0.25, 0.45),
    applies: (at) => evictedByDrain(at).length,
    compute: (at) => {
      const cordon = drainedNode(at)?.first("unschedulable", (value) => value === "true");
      return valuesOf(evictedByDrain(at).map((pod) => span(cordon, pod.deleting)));
    },
  },
  {
    name: "gapBetweenEvictions",
    prefix: ANY,
    rule: (at) => (isGuarded(at) ? grid(10, 11.2) : L_PLUS),
    applies: (at) => Math.max(0, evictedByDrain(at).length - 1),
    compute: (at) => {
      const times = ascending(evictedByDrain(at).map(({ deleting }) => deleting!.t));
      return valuesOf(times.slice(1).map((t, k) => t - times[k]!));
    },
  },
  { name: "evicted", prefix: ANY, rule: EXACT, compute: shareEvicted },
  {
    name: "evictedAfterDrainStart",
    rule: retries(0.7, 0),
    compute: (at) => valuesOf(evictionTimes(at)),
  },
  {
    name: "evictedAfterSixthPodReady",
    rule: grid(0, 5.3),
    compute: (at) => {
      const sixth = at.view.pods.find(({ alias }) => alias.endsWith("#6"));
      const evicted = podsOnDrained(at, at.view.pods).filter(({ deleting }) => deleting);
      return valuesOf(evicted.map((pod) => span(sixth?.ready, pod.deleting)));
    },
  },
  { name: "pdb history", rule: set(acceptBudgetHistory), compute: budgetHistory },
  {
    name: "history",
    prefix: /^pdb /,
    rule: set(acceptBudgetHistory),
    compute: budgetHistory,
  },
  {
    name: "evictionTimesAfterDrainStart",
    rule: exactOr((given, { recorded, run }) => {
      const wanted = (recorded.perRun?.[run] as readonly number[] | undefined)?.length;
      const count = (given as readonly number[]).length;
      return wanted === undefined || wanted === count ? undefined : `${count}, not ${wanted}`;
    }),
    compute: (at) => fact(evictionTimes(at).map((t) => Math.round(t * 100) / 100)),
  },
  {
    name: "disruptionReasons",
    rule: exactOr(acceptCounts),
    compute: (at) => fact(countTexts(reasonsOf(at.view.pods))),
  },
  { name: "drainOutput", rule: NONE },
  { name: "drainOutputTail", rule: NONE },
];
