// Quantities of many pods at once, of admission, of graceful ends, and of autoscaling.
//
// Small groups that have nothing in common but their size.

import { compareText } from "../../../../base/index.ts";
import { canonicalJson } from "../../case-format.ts";
import type { ObjectLife, PodLife } from "../run-view.ts";
import type { Json } from "../timeline-file.ts";
import {
  actionsOf,
  actionT,
  ANY,
  ascending,
  type Computed,
  deep,
  EXACT,
  exactOr,
  fact,
  inputOf,
  L,
  L_PLUS,
  latency,
  NAME,
  NONE,
  type Quantity,
  type Rule,
  set,
  type Situation,
  span,
  STATEFUL_SET,
  valuesOf,
  successorOf,
} from "../quantity.ts";

/** Throughput may be this far off the recorded range. */
const RATE: Rule = { kind: "rate", share: 0.04 };

function haveOwner({ file }: Situation): boolean {
  return file.input.some(({ object }) => object["kind"] !== "Pod");
}

const OWNED = (situation: Situation): boolean => haveOwner(situation);

function creationT(situation: Situation): number {
  return actionT(situation, "create") ?? 0;
}

function created({ view }: Situation): readonly number[] {
  return ascending(view.pods.map(({ createdT }) => createdT));
}

function bound({ view }: Situation): readonly number[] {
  return ascending(view.pods.flatMap((pod) => pod.bound?.t ?? []));
}

function rateOf(times: readonly number[]): Computed {
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  return valuesOf([times.length < 2 ? undefined : (times.length - 1) / (last - first)]);
}

function lastOf(situation: Situation, times: readonly number[]): Computed {
  const t = times.at(-1);
  return valuesOf([t === undefined ? undefined : t - creationT(situation)]);
}

/** The n-th creation: not much later than recorded, and from 64 on not much earlier. */
function acceptCreatedAt(given: unknown, { recorded }: Situation): string | undefined {
  type Curve = readonly (readonly [number, number])[];
  const runs = (recorded.perRun ?? [recorded.everyRun]) as readonly Curve[];
  for (const [n, t] of given as Curve) {
    const known = runs.flatMap((run) => run.find(([count]) => count === n)?.[1] ?? []);
    if (known.length === 0) continue;
    const high = Math.max(...known) + (n >= 64 ? 0.6 : 0.3);
    const low = n >= 64 ? Math.min(...known) - 0.6 : Number.NEGATIVE_INFINITY;
    if (t > high || t < low) return `pod ${n} came at ${t} s`;
  }
  return undefined;
}

function createdAtTimes(situation: Situation): Computed {
  const times = created(situation);
  const fromT = creationT(situation);
  const counts: number[] = [];
  for (let n = 1; n < times.length; n *= 2) counts.push(n);
  counts.push(times.length);
  return fact(counts.map((n) => [n, Math.round((times[n - 1]! - fromT) * 1000) / 1000]));
}

/** The same extremes within one, and all pods placed. */
function acceptHistogram(given: unknown, { recorded, view }: Situation): string | undefined {
  type Histogram = Readonly<Record<string, number>>;
  const own = given as Histogram;
  const runs = (recorded.perRun ?? [recorded.everyRun]) as readonly Histogram[];
  const sizes = (histogram: Histogram): readonly number[] =>
    ascending(Object.keys(histogram).map(Number));
  const isNear = runs.some(
    (run) =>
      Math.abs(sizes(run)[0]! - sizes(own)[0]!) <= 1 &&
      Math.abs(sizes(run).at(-1)! - sizes(own).at(-1)!) <= 1,
  );
  const placed = Object.entries(own).reduce((sum, [size, nodes]) => sum + Number(size) * nodes, 0);
  if (placed !== view.pods.length) return `${placed} pods placed`;
  return isNear ? undefined : canonicalJson(own);
}

function histogram({ view }: Situation): Computed {
  const perNode = new Map<string, number>();
  for (const { node } of view.pods) if (node) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  const counts = new Map<number, number>();
  for (const size of perNode.values()) counts.set(size, (counts.get(size) ?? 0) + 1);
  return fact(Object.fromEntries([...counts].map(([size, nodes]) => [String(size), nodes])));
}

/** Rows about many pods at once. */
export const BULK: readonly Quantity[] = [
  {
    name: "pods",
    rule: EXACT,
    compute: (at) => valuesOf([at.view.pods.length]),
  },
  {
    name: "firstPodCreated",
    rule: (at) => (OWNED(at) ? L_PLUS : NONE),
    compute: (at) =>
      valuesOf([created(at).length === 0 ? undefined : created(at)[0]! - creationT(at)]),
  },
  {
    name: "lastPodCreated",
    rule: (at) => (OWNED(at) ? RATE : NONE),
    compute: (at) => lastOf(at, created(at)),
  },
  {
    name: "createRate(pods/s)",
    rule: (at) => (OWNED(at) ? RATE : NONE),
    compute: (at) => rateOf(created(at)),
  },
  {
    name: "createdAtTimes",
    rule: (at) => (OWNED(at) ? set(acceptCreatedAt) : NONE),
    compute: createdAtTimes,
  },
  { name: "lastPodBound", rule: RATE, compute: (at) => lastOf(at, bound(at)) },
  {
    name: "lastPodReady",
    rule: RATE,
    compute: (at) => lastOf(at, ascending(at.view.pods.flatMap((pod) => pod.ready?.t ?? []))),
  },
  { name: "bindRate(pods/s)", rule: RATE, compute: (at) => rateOf(bound(at)) },
  {
    name: "boundAfterCreated",
    rule: (at) =>
      OWNED(at)
        ? L_PLUS
        : { kind: "grid", intervals: [{ min: 0, max: (at.recorded.max ?? 0) + 1.1 }] },
    compute: (at) => valuesOf(at.view.pods.map((pod) => span(pod.createdT, pod.bound))),
  },
  { name: "podsPerNodeHistogram", rule: exactOr(acceptHistogram), compute: histogram },
  { name: "adjacentInversionsBindVsCreateOrder", rule: NONE },
];

// ---- admission ------------------------------------------------------------------------------------

function textOf(value: unknown): unknown {
  return value === undefined ? null : value;
}

/** A pod after admission, in the fields that the recording lists. */
function shownPod(pod: Json): Json {
  const spec = (pod["spec"] ?? {}) as Json;
  const [container] = (spec["containers"] ?? []) as readonly Json[];
  const volumes = ((spec["volumes"] ?? []) as readonly Json[]).flatMap((volume) =>
    Object.keys(volume).filter((field) => field !== "name"),
  );
  return {
    priority: textOf(spec["priority"]),
    priorityClassName: textOf(spec["priorityClassName"]),
    preemptionPolicy: textOf(spec["preemptionPolicy"]),
    tolerations: textOf(spec["tolerations"]),
    schedulerName: spec["schedulerName"] ?? "default-scheduler",
    restartPolicy: spec["restartPolicy"] ?? "Always",
    terminationGracePeriodSeconds: spec["terminationGracePeriodSeconds"] ?? 30,
    serviceAccountName: spec["serviceAccountName"] ?? "default",
    dnsPolicy: spec["dnsPolicy"] ?? "ClusterFirst",
    enableServiceLinks: spec["enableServiceLinks"] ?? true,
    resources: container?.["resources"] ?? {},
    // podsim makes no token volumes; every pod with a service account has one.
    volumes: [...volumes, "projected"],
    qosClass: deep(pod, "status", "qosClass"),
  };
}

function createdPods({ recorded, snapshots }: Situation): Computed {
  const names = Object.keys((recorded.everyRun ?? {}) as Json);
  if (snapshots === undefined) return fact(recorded.everyRun);
  return fact(
    Object.fromEntries(
      names.map((name) => {
        const pod = snapshots.get(name);
        return [name, pod === undefined ? null : shownPod(pod)];
      }),
    ),
  );
}

function rejections({ recorded, refusals }: Situation): Computed {
  return fact(
    refusals === undefined ? recorded.everyRun : refusals.map(({ name, text }) => [name, text]),
  );
}

/** Names in order; the texts are for reading. */
function acceptRejections(given: unknown, { recorded }: Situation): string | undefined {
  const names = (list: unknown): string =>
    canonicalJson((list as readonly (readonly [string, string])[]).map(([name]) => name));
  const wanted = recorded.everyRun ?? recorded.perRun?.[0];
  return names(given) === names(wanted) ? undefined : `${names(given)} were refused`;
}

function lastConditions({ view, prefix, horizon }: Situation): Computed {
  const deployment = view.find("Deployment", prefix);
  const fields = new Set(
    (deployment?.changes ?? []).flatMap(({ set: changed }) =>
      Object.keys(changed).filter((field) => field.startsWith("cond.")),
    ),
  );
  return fact(
    Object.fromEntries([...fields].map((field) => [field, deployment?.valueAt(field, horizon)])),
  );
}

/** Rows about admission. */
export const ADMISSION: readonly Quantity[] = [
  { name: "createdPods", rule: EXACT, compute: createdPods },
  { name: "rejections", rule: set(acceptRejections), compute: rejections },
  { name: "deploymentConditions", prefix: NAME, rule: EXACT, compute: lastConditions },
  {
    name: "podsCreatedUnderQuota",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => valuesOf([at.view.podsOf(`deployment/${at.prefix}`).length]),
  },
  {
    name: "rsFailedCreateEvents",
    prefix: NAME,
    rule: set((given) => ((given as readonly unknown[]).length > 0 ? undefined : "no such Event")),
    compute: (at) =>
      fact(
        at.view.kubernetesEvents
          .filter(({ set: event }) => event["reason"] === "FailedCreate")
          .map(({ t, set: event }) => [Math.round(t * 100) / 100, event["count"] ?? "1"]),
      ),
  },
];

// ---- graceful ends ----------------------------------------------------------------------------------

function subjects(situation: Situation): readonly PodLife[] {
  const prefix = situation.prefix.replace(/^force /, "");
  const byAlias = situation.view.pods.filter(
    ({ alias, name }) => alias === prefix || name === prefix,
  );
  const pods = byAlias.length > 0 ? byAlias : situation.view.podsOf(prefix);
  return pods.filter(({ deleting, gone }) => deleting !== undefined || gone !== undefined);
}

/** Numbers and texts of the same figure are the same. */
function sameFigure(given: unknown, { recorded, run }: Situation): string | undefined {
  const wanted = recorded.everyRun ?? recorded.perRun?.[run] ?? recorded.min;
  const plain = (value: unknown): string =>
    canonicalJson(Array.isArray(value) ? value.map(String) : [String(value)]);
  return plain(given) === plain(wanted) ? undefined : `${plain(given)}, not ${plain(wanted)}`;
}

function deletionT(situation: Situation, pod: PodLife): number | undefined {
  const named = actionsOf(situation, "delete").find(({ names = [] }) =>
    names.some(
      (name) => (situation.aliasOfName.get(`Pod/${name}`) ?? name) === (pod.alias || pod.name),
    ),
  );
  return named?.t;
}

/** Rows about pods that end gracefully or are forced to. */
export const GRACEFUL_ENDS: readonly Quantity[] = [
  {
    name: "grace",
    prefix: ANY,
    rule: set(sameFigure),
    compute: (at) => fact(subjects(at)[0]?.grace),
  },
  {
    name: "graceOverride",
    prefix: ANY,
    rule: set(sameFigure),
    compute: (at) => fact(subjects(at)[0]?.grace),
  },
  {
    name: "terminalAfterDeletionTimestamp",
    prefix: ANY,
    rule: L,
    compute: (at) => valuesOf(subjects(at).map((pod) => span(pod.deleting, pod.terminal))),
  },
  {
    name: "goneAfterDeletionTimestamp",
    prefix: ANY,
    rule: latency(0.6),
    compute: (at) => valuesOf(subjects(at).map((pod) => span(pod.deleting, pod.gone))),
  },
  {
    name: "recreatedAfterObjectGone",
    prefix: STATEFUL_SET,
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(
        subjects(at).map((pod) => {
          const next = successorOf(pod, at.view.pods);
          return next === undefined ? undefined : span(pod.gone, { t: next.createdT });
        }),
      ),
  },
  {
    name: "recreatedAfterTerminal",
    prefix: STATEFUL_SET,
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(
        subjects(at).map((pod) => {
          const next = successorOf(pod, at.view.pods);
          return next === undefined ? undefined : span(pod.terminal, { t: next.createdT });
        }),
      ),
  },
  {
    name: "goneAfterDelete",
    prefix: /^force /,
    rule: L_PLUS,
    compute: (at) => valuesOf(subjects(at).map((pod) => span(deletionT(at, pod), pod.gone))),
  },
  {
    name: "recreatedAfterGone",
    prefix: /^force /,
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(
        subjects(at).map((pod) => {
          const next = successorOf(pod, at.view.pods);
          return next === undefined ? undefined : span(pod.gone, { t: next.createdT });
        }),
      ),
  },
  {
    name: "goneAfterDelete",
    prefix: NAME,
    rule: L,
    compute: (at) => valuesOf(subjects(at).map((pod) => span(pod.deleting, pod.gone))),
  },
  {
    name: "rsDeletedAfter",
    prefix: /^deploymentDelete$/,
    rule: L_PLUS,
    compute: (at) => {
      const fromT = actionT(at, "delete", "Deployment");
      const gone = at.view.objects("ReplicaSet").filter((one) => one.gone !== undefined);
      return valuesOf(gone.map((one) => span(fromT, one.gone)));
    },
  },
  {
    name: "podDeletionTimestampAfter",
    prefix: /^deploymentDelete$/,
    rule: L_PLUS,
    compute: (at) => {
      const fromT = actionT(at, "delete", "Deployment") ?? at.horizon;
      const name = actionsOf(at, "delete").find(({ kind }) => kind === "Deployment")?.names?.[0];
      const pods = at.view
        .podsOf(`deployment/${name}`)
        .filter(({ deleting }) => deleting !== undefined && deleting.t >= fromT);
      return valuesOf(pods.map((pod) => span(fromT, pod.deleting)));
    },
  },
];

// ---- autoscaling --------------------------------------------------------------------------------------

function autoscaler({ view }: Situation): ObjectLife | undefined {
  return view.objects("HorizontalPodAutoscaler")[0];
}

/** The object whose size the autoscaler changes. */
function scaled(situation: Situation): ObjectLife | undefined {
  const target = deep(inputOf(situation, "HorizontalPodAutoscaler"), "spec", "scaleTargetRef");
  return situation.view.find(
    String(deep(target, "kind") ?? "Deployment"),
    String(deep(target, "name") ?? ""),
  );
}

function sizeChanges(
  situation: Situation,
): readonly { readonly t: number; readonly size: number }[] {
  return (scaled(situation)?.history("spec.replicas") ?? []).map(({ change, value }) => ({
    t: change.t,
    size: Number(value),
  }));
}

/** The first change of size after a change of load in that direction. */
function afterLoad(situation: Situation, direction: 1 | -1): Computed {
  const loads = actionsOf(situation, "load");
  const place = loads.findIndex(({ totalMillicores = 0 }, k) => {
    const before = loads[k - 1]?.totalMillicores;
    return before !== undefined && Math.sign(totalMillicores - before) === direction;
  });
  const load = loads[place];
  if (load === undefined) return valuesOf([]);
  const changes = sizeChanges(situation);
  const next = changes.find(
    ({ t, size }, k) =>
      t > load.t && Math.sign(size - (changes[k - 1]?.size ?? size)) === direction,
  );
  return valuesOf([span(load.t, next)]);
}

function acceptSizeChanges(given: unknown, { recorded, run }: Situation): string | undefined {
  type Changes = readonly (readonly [number, number])[];
  const own = given as Changes;
  const runs = (recorded.perRun ?? [recorded.everyRun]) as readonly Changes[];
  const isNear = runs.some(
    (one) =>
      one.length === own.length &&
      one.every(([t, size], k) => size === own[k]![1] && Math.abs(t - own[k]![0]) <= 0.5),
  );
  return isNear ? undefined : `${canonicalJson(own)}, not near ${canonicalJson(runs[run])}`;
}

function conditionsSeen(situation: Situation): Computed {
  const seen = new Set(
    (autoscaler(situation)?.changes ?? []).flatMap(({ set: changed }) =>
      Object.entries(changed).flatMap(([field, value]) =>
        field.startsWith("cond.") && value !== null ? `${field.slice(5)} ${value}` : [],
      ),
    ),
  );
  return fact([...seen].sort(compareText));
}

/** Rows about autoscaling. */
export const AUTOSCALING: readonly Quantity[] = [
  { name: "sizes", rule: EXACT, compute: (at) => fact(sizeChanges(at).map(({ size }) => size)) },
  { name: "conditionsSeen", rule: EXACT, compute: conditionsSeen },
  {
    name: "sizeChangeTimes",
    rule: set(acceptSizeChanges),
    compute: (at) => fact(sizeChanges(at).map(({ t, size }) => [Math.round(t * 10) / 10, size])),
  },
  { name: "firstScaleUpAfterLoadRise", rule: L, compute: (at) => afterLoad(at, 1) },
  { name: "firstScaleDownAfterLoadDrop", rule: L, compute: (at) => afterLoad(at, -1) },
  {
    name: "gapBetweenScaleUps",
    rule: L,
    compute: (at) => {
      const changes = sizeChanges(at);
      const ups = changes.filter(({ size }, k) => k > 0 && size > changes[k - 1]!.size);
      return valuesOf(ups.slice(1).map(({ t }, k) => t - ups[k]!.t));
    },
  },
  {
    name: "firstSyncAfterCreation",
    rule: L,
    compute: (at) => {
      const hpa = autoscaler(at);
      return valuesOf([span(hpa?.createdT, hpa?.changes[1])]);
    },
  },
  {
    name: "metricValidAfterCreation",
    rule: L,
    compute: (at) => {
      const hpa = autoscaler(at);
      return valuesOf([span(hpa?.createdT, hpa?.firstStart("cond.ScalingActive", "True"))]);
    },
  },
];
