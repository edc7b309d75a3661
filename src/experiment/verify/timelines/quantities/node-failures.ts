// Quantities of nodes that stop answering: when they are seen as lost, tainted and emptied, and what
// happens when they return.

import type { Change, ObjectLife, PodLife } from "../run-view.ts";
import type { TimelineAction } from "../timeline-file.ts";
import {
  ABSENT,
  actionsOf,
  actionT,
  ANY,
  ascending,
  type Computed,
  deep,
  DEPLOYMENT,
  distinct,
  exactOr,
  fact,
  grid,
  inputOf,
  JOB,
  L,
  L_PLUS,
  latency,
  NONE,
  type Quantity,
  type Rule,
  type Situation,
  span,
  STATEFUL_SET,
  values,
  valuesOf,
} from "../quantity.ts";

const NO_SCHEDULE = "unreachable:NoSchedule";
const NO_EXECUTE = "unreachable:NoExecute";

/** The nodes that the `which`-th failure names, with the instant. */
export function failureOf(situation: Situation, which = 0): TimelineAction | undefined {
  return actionsOf(situation, "fail")[which];
}

/** Lives of the nodes that failed. */
export function failedNodes(situation: Situation, which = 0): readonly ObjectLife[] {
  const names = failureOf(situation, which)?.nodes ?? [];
  return names.flatMap((name) => situation.view.find("Node", name) ?? []);
}

/** First Ready=Unknown of a node after its failure. */
export function unknown(situation: Situation, node: ObjectLife, which = 0): Change | undefined {
  const from = failureOf(situation, which)?.t ?? 0;
  return node.firstStart("cond.Ready", "Unknown", from);
}

/** First taint of this text after the failure. */
export function tainted(
  situation: Situation,
  node: ObjectLife,
  taint: string,
  which = 0,
): Change | undefined {
  const from = failureOf(situation, which)?.t ?? 0;
  return node.first("taints", (value) => value?.includes(taint) === true, from);
}

/** Pods bound to a failed node, created before the failure and not gone then. */
export function podsOnFailed(
  situation: Situation,
  pods: readonly PodLife[],
  which = 0,
): readonly PodLife[] {
  const failure = failureOf(situation, which);
  if (failure === undefined) return [];
  const names = new Set(failure.nodes);
  return pods.filter(
    (pod) =>
      names.has(pod.node) &&
      pod.createdT < failure.t &&
      (pod.gone === undefined || pod.gone.t > failure.t),
  );
}

function nodeOf(situation: Situation, pod: PodLife): ObjectLife | undefined {
  return situation.view.find("Node", pod.node);
}

function recoverT(situation: Situation): number | undefined {
  return actionT(situation, "recover");
}

function failsMany(situation: Situation): boolean {
  return (failureOf(situation)?.nodes?.length ?? 0) > 30;
}

function someStayAlive(situation: Situation): boolean {
  const all = situation.file.nodes.reduce((sum, { count }) => sum + count, 0);
  return (failureOf(situation)?.nodes?.length ?? 0) < all;
}

/** From the end of the wait for Unknown to the return. */
function gapBeforeReturn(situation: Situation): number {
  const { actions } = situation.file.runs[situation.run]!;
  const place = actions.findIndex(({ op }) => op === "recover");
  const before = actions.slice(0, place).findLast(({ op }) => op === "wait");
  return (actions[place]?.t ?? 0) - (before?.done ?? 0);
}

const RETURN_ON_PASS = (situation: Situation): boolean => {
  const gap = gapBeforeReturn(situation);
  const rest = gap % 5;
  return Math.min(rest, 5 - rest) <= 0.3;
};

/** Pods of the key's owner that a failure evicted. */
export function evicted(situation: Situation): readonly PodLife[] {
  const from = failureOf(situation)?.t ?? 0;
  const onFailed = podsOnFailed(situation, situation.view.podsOf(situation.prefix));
  return onFailed.filter(({ deleting }) => deleting !== undefined && deleting.t > from);
}

/** Values over pods with a taint, condition and deletion, from the taint to one of these. */
function afterNoExecute(
  situation: Situation,
  pods: readonly PodLife[],
  end: (pod: PodLife) => Change | undefined,
): Computed {
  const untilT = recoverT(situation) ?? Number.POSITIVE_INFINITY;
  return valuesOf(
    pods.map((pod) => {
      const node = nodeOf(situation, pod);
      const taint = node === undefined ? undefined : tainted(situation, node, NO_EXECUTE);
      const deletedT = pod.deleting?.t ?? 0;
      if (taint === undefined || deletedT <= taint.t - 0.01 || deletedT > untilT) return undefined;
      return span(taint, end(pod));
    }),
  );
}

/** The smallest tolerationSeconds that the pod's owner gives for the taint; the default is 300. */
function tolerationOf(situation: Situation): number {
  const [kind = "", name = ""] = situation.prefix.split("/");
  if (actionsOf(situation, "kubectl").length > 0) return 0;
  const object =
    name === ""
      ? (inputOf(situation, "Pod", kind) ?? inputOf(situation, "StatefulSet"))
      : situation.file.input.find(
          (entry) =>
            String(entry.object["kind"]).toLowerCase() === kind &&
            deep(entry.object, "metadata", "name") === name,
        )?.object;
  const spec = deep(object, "spec", "template", "spec") ?? deep(object, "spec");
  const tolerations = (deep(spec, "tolerations") ?? []) as readonly {
    readonly key?: string;
    readonly tolerationSeconds?: number;
  }[];
  const own = tolerations.filter(
    ({ key }) => key === undefined || key === "node.kubernetes.io/unreachable",
  );
  if (own.length === 0) return 300;
  const seconds = own.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
  return seconds.length === 0 ? 0 : Math.max(0, Math.min(...seconds));
}

const AFTER_TOLERATION = (situation: Situation): Rule => ({
  kind: "latency",
  sides: "two",
  notBefore: tolerationOf(situation),
});

/** Pods that were lost by the failure or deleted by an action, by their deletion. */
export function lostPods(situation: Situation): readonly PodLife[] {
  if (failureOf(situation) !== undefined) return evicted(situation);
  const named = new Set(
    actionsOf(situation, "delete").flatMap(({ names = [] }) =>
      names.map((name) => situation.aliasOfName.get(`Pod/${name}`) ?? name),
    ),
  );
  return situation.view
    .podsOf(situation.prefix)
    .filter((pod) => pod.deleting !== undefined && named.has(pod.alias || pod.name));
}

/** The owner's pods that came after the first deletion, at most one per lost pod. */
export function replacements(situation: Situation): readonly PodLife[] {
  const lost = lostPods(situation);
  const fromT = Math.min(...lost.map(({ deleting }) => deleting?.t ?? Number.POSITIVE_INFINITY));
  const names = new Set(lost.map(({ name }) => name));
  const isByName = STATEFUL_SET.test(situation.prefix);
  return situation.view
    .podsOf(situation.prefix)
    .filter((pod) => pod.createdT > fromT - 0.01 && (!isByName || names.has(pod.name)))
    .slice(0, lost.length);
}

function replacementAfterDeletion(situation: Situation): Computed {
  const lost = lostPods(situation);
  const made = replacements(situation);
  if (STATEFUL_SET.test(situation.prefix)) {
    return valuesOf(
      lost.map((pod) => {
        const next = made.find(({ name }) => name === pod.name);
        return next === undefined ? undefined : span(pod.deleting, { t: next.createdT });
      }),
    );
  }
  const deletions = ascending(lost.map(({ deleting }) => deleting!.t));
  const creations = ascending(made.map(({ createdT }) => createdT));
  return valuesOf(
    deletions.map((t, k) => (creations[k] === undefined ? undefined : creations[k] - t)),
  );
}

/** When a Job replaces a pod that is being deleted: the policy of the Job that the key names. */
export function podReplacementPolicy(situation: Situation): string {
  const name = situation.prefix.split("/")[1] ?? "";
  const policy = deep(inputOf(situation, "Job", name), "spec", "podReplacementPolicy");
  return typeof policy === "string" ? policy : "TerminatingOrFailed";
}

function share(count: number, all: number, whenNone: string): string {
  if (count === all && all > 0) return "all";
  return count === 0 && whenNone !== "" ? whenNone : `${count} of ${all}`;
}

function fate(situation: Situation): Computed {
  const { view, prefix } = situation;
  const all = podsOnFailed(situation, view.podsOf(prefix));
  const gone = evicted(situation);
  if (all.length === 0) return ABSENT;
  const later = replacements(situation);
  return fact({
    evicted: share(gone.length, all.length, ""),
    reason: distinct(gone.flatMap((pod) => pod.disrupted?.set["cond.DisruptionTarget"] ?? [])),
    grace: distinct(gone.map(({ grace }) => grace)),
    objectGoneByEnd: share(all.filter((pod) => pod.gone !== undefined).length, all.length, "none"),
    replaced: share(Math.min(later.length, gone.length), all.length, "none"),
  });
}

/** Everything but which and how many were evicted. */
function acceptFate(given: unknown, { recorded, run }: Situation): string | undefined {
  const expected = (recorded.everyRun ?? recorded.perRun?.[run]) as Readonly<
    Record<string, unknown>
  >;
  for (const field of ["reason", "grace", "objectGoneByEnd", "replaced"]) {
    const [a, b] = [deep(given, field), expected[field]].map((value) => JSON.stringify(value));
    if (a !== b) return `${field} is ${a}, not ${b}`;
  }
  return undefined;
}

function unknownAfterLease(situation: Situation, which: number): Computed {
  const renewals = failureOf(situation, which)?.lastLeaseRenew ?? {};
  return valuesOf(
    failedNodes(situation, which).map((node) =>
      span(renewals[node.name], unknown(situation, node, which)),
    ),
  );
}

/** Rows about single failed nodes and their pods. */
export const NODE_FAILURES: readonly Quantity[] = [
  {
    name: "unknownAfterNodeStops",
    followsPass: true,
    rule: grid(39.5, 55.5),
    compute: (at) => stops(at),
  },
  {
    name: "unknownAfterNodesStop",
    followsPass: true,
    rule: (at) => grid(39.5, failsMany(at) ? 60.5 : 55.5),
    compute: (at) => stops(at),
  },
  {
    name: "unknownAfterLastLeaseRenewal",
    followsPass: true,
    rule: (at) => grid(50, failsMany(at) ? 60.5 : 55.5),
    compute: (at) => unknownAfterLease(at, 0),
  },
  {
    name: "unknownAfterLastLeaseRenewal",
    followsPass: true,
    prefix: /^secondFailure$/,
    rule: grid(50, 55.5),
    compute: (at) => unknownAfterLease(at, 1),
  },
  {
    name: "noExecuteTaintAfterUnknown",
    prefix: /^secondFailure$/,
    rule: grid(0, 0.6),
    compute: (at) =>
      valuesOf(
        failedNodes(at, 1).map((node) =>
          span(unknown(at, node, 1), tainted(at, node, NO_EXECUTE, 1)),
        ),
      ),
  },
  {
    name: "noScheduleTaintAfterUnknown",
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(
        failedNodes(at).map((node) => span(unknown(at, node), tainted(at, node, NO_SCHEDULE))),
      ),
  },
  {
    name: "noExecuteTaintAfterUnknown",
    rule: grid(0, 0.6),
    compute: (at) =>
      valuesOf(
        failedNodes(at).map((node) => span(unknown(at, node), tainted(at, node, NO_EXECUTE))),
      ),
  },
  {
    name: "podReadyFalseAfterUnknown",
    rule: L_PLUS,
    applies: (at) => readyOnFailed(at).length,
    compute: (at) => {
      const fromT = failureOf(at)?.t ?? 0;
      const ready = readyOnFailed(at);
      return valuesOf(
        ready.map((pod) => {
          const node = nodeOf(at, pod);
          const since = node === undefined ? undefined : unknown(at, node);
          return span(since, pod.firstStart("cond.Ready", "False", fromT));
        }),
      );
    },
  },
  {
    name: "nodeReadyTrueAfterReturn",
    rule: L_PLUS,
    compute: (at) => afterReturn(at, "cond.Ready", (value) => value?.startsWith("True") === true),
  },
  {
    name: "noExecuteTaintGoneAfterReturn",
    rule: (at) => returnRule(at),
    compute: (at) => afterReturn(at, "taints", (value) => !(value?.includes("NoExecute") ?? false)),
  },
  {
    name: "allTaintsGoneAfterReturn",
    rule: (at) => (someStayAlive(at) ? returnRule(at) : L_PLUS),
    compute: (at) => afterReturn(at, "taints", (value) => value === null),
  },
  {
    name: "conditionDisruptionTargetAfterNoExecuteTaint",
    prefix: ANY,
    rule: AFTER_TOLERATION,
    applies: (at) => evicted(at).length,
    compute: (at) =>
      afterNoExecute(
        at,
        evicted(at).filter((pod) => pod.disrupted !== undefined),
        (pod) => pod.disrupted,
      ),
  },
  {
    name: "deletionTimestampAfterNoExecuteTaint",
    prefix: ANY,
    rule: AFTER_TOLERATION,
    applies: (at) => evicted(at).length,
    compute: (at) =>
      afterNoExecute(
        at,
        evicted(at).filter((pod) => pod.disrupted !== undefined),
        (pod) => pod.deleting,
      ),
  },
  {
    name: "deletionTimestampAfterNoExecuteTaint",
    rule: L,
    applies: (at) =>
      deletedOnFailed(at).filter(
        ({ deleting }) => deleting!.t < (recoverT(at) ?? Number.POSITIVE_INFINITY),
      ).length,
    compute: (at) => afterNoExecute(at, deletedOnFailed(at), (pod) => pod.deleting),
  },
  {
    name: "replacementCreatedAfterDeletionTimestamp",
    applies: (at) => lostPods(at).length,
    prefix: DEPLOYMENT,
    rule: L_PLUS,
    compute: replacementAfterDeletion,
  },
  {
    name: "replacementCreatedAfterDeletionTimestamp",
    applies: (at) => lostPods(at).length,
    prefix: JOB,
    rule: (at) => {
      if (failureOf(at) !== undefined) return grid(0.6, 1.3);
      return podReplacementPolicy(at) === "Failed" ? grid(16.8, 18.6) : grid(9, 10.5);
    },
    compute: replacementAfterDeletion,
  },
  {
    name: "replacementCreatedAfterDeletionTimestamp",
    applies: (at) => lostPods(at).length,
    prefix: STATEFUL_SET,
    rule: (at) => (recoverT(at) === undefined ? grid(0, 20.6) : latency(0.5)),
    isPhased: true,
    compute: replacementAfterDeletion,
  },
  {
    name: "replacementBoundAfterCreated",
    isPhased: true,
    applies: (at) => lostPods(at).length,
    prefix: ANY,
    rule: L_PLUS,
    compute: (at) => valuesOf(replacements(at).map((pod) => span(pod.createdT, pod.bound))),
  },
  {
    name: "replacementReadyAfterCreated",
    isPhased: true,
    applies: (at) => lostPods(at).length,
    prefix: ANY,
    rule: L,
    compute: (at) => valuesOf(replacements(at).map((pod) => span(pod.createdT, pod.ready))),
  },
  {
    name: "podObjectGoneAfterReturn",
    prefix: ANY,
    rule: L,
    compute: (at) => {
      const fromT = recoverT(at) ?? 0;
      const pods = podsOnFailed(at, at.view.podsOf(at.prefix));
      return valuesOf(
        pods.map((pod) => (pod.gone && pod.gone.t > fromT ? pod.gone.t - fromT : undefined)),
      );
    },
  },
  { name: "fate", prefix: ANY, rule: exactOr(acceptFate), compute: fate },
];

/** Pods on failed nodes that were deleted after the failure, whenever they had been created. */
function deletedOnFailed(situation: Situation): readonly PodLife[] {
  const { nodes, t: fromT = 0 } = failureOf(situation) ?? {};
  const names = new Set(nodes);
  return situation.view.pods.filter(
    ({ node, deleting }) => names.has(node) && deleting !== undefined && deleting.t > fromT,
  );
}

/** Pods on failed nodes that were ready when those failed. */
function readyOnFailed(situation: Situation): readonly PodLife[] {
  const fromT = failureOf(situation)?.t ?? 0;
  return podsOnFailed(situation, situation.view.pods).filter(
    (pod) => pod.valueAt("cond.Ready", fromT) === "True",
  );
}

function stops(situation: Situation): Computed {
  const failure = failureOf(situation);
  return valuesOf(failedNodes(situation).map((node) => span(failure?.t, unknown(situation, node))));
}

function afterReturn(
  situation: Situation,
  field: string,
  isWanted: (value: string | null) => boolean,
): Computed {
  const fromT = recoverT(situation);
  if (fromT === undefined) return values();
  const names = actionsOf(situation, "recover")[0]?.nodes ?? [];
  return valuesOf(
    names.map((name) =>
      span(fromT, situation.view.find("Node", name)?.first(field, isWanted, fromT)),
    ),
  );
}

/** The pass is fixed by the pause before the return; on a pass, a race decides. */
function returnRule(situation: Situation): Rule {
  if (RETURN_ON_PASS(situation)) return NONE;
  const gap = gapBeforeReturn(situation);
  const passes = Math.floor(gap / 5) + 1;
  const min = passes * 5 - gap;
  return actionsOf(situation, "wait").length === 0 ? grid(0, 5.6) : grid(min - 0.02, min + 0.6);
}
