// Quantities of pods with claims: how long they wait for their volumes, and in which order claims and
// volumes find each other.

import type { Change, ObjectLife, PodLife } from "../run-view.ts";
import {
  actionsOf,
  type Computed,
  EXACT,
  fact,
  grid,
  inputOf,
  L_PLUS,
  NAME,
  type Quantity,
  type Rule,
  set,
  type Situation,
  span,
  valuesOf,
} from "../quantity.ts";

function claims({ view }: Situation): readonly ObjectLife[] {
  return view.objects("PersistentVolumeClaim");
}

function firstPods(situation: Situation): readonly PodLife[] {
  return situation.view
    .podsNamed(situation.prefix)
    .filter(({ alias, name }) => alias.endsWith("#1") || name === situation.prefix);
}

/** The claim of a StatefulSet's pod: `data-db-0` for `db-0`. */
function claimOf(situation: Situation, pod: PodLife): ObjectLife | undefined {
  return claims(situation).find(({ name }) => name.endsWith(`-${pod.name}`));
}

function claimBound(claim: ObjectLife | undefined): Change | undefined {
  return claim?.first("phase", (value) => value === "Bound");
}

/** True where the pods' storage class binds at once. */
function isImmediate(situation: Situation): boolean {
  const template = inputOf(situation, "StatefulSet", situation.prefix);
  const text = JSON.stringify(template ?? {});
  const name = /"storageClassName":"([^"]*)"/.exec(text)?.[1] ?? "";
  return inputOf(situation, "StorageClass", name)?.["volumeBindingMode"] !== "WaitForFirstConsumer";
}

/** The volume that came late, if one did: the last creation of a volume. */
function lateVolumeT(situation: Situation): number | undefined {
  const volumes = situation.file.input.flatMap(({ object, t }) =>
    object["kind"] === "PersistentVolume" ? [{ object, t }] : [],
  );
  const last = volumes.at(-1);
  const name = (last?.object["metadata"] as { readonly name?: string } | undefined)?.name ?? "";
  const life = situation.view.find("PersistentVolume", name);
  const created = actionsOf(situation, "create").findLast(({ t }) => t <= (life?.createdT ?? 0));
  return created?.t;
}

function waitRule(situation: Situation): Rule {
  if (isImmediate(situation)) return L_PLUS;
  const late = lateVolumeT(situation) ?? 0;
  const pods = firstPods(situation);
  const waits = pods.map(({ createdT }) => Math.max(0, late - createdT));
  return {
    kind: "grid",
    intervals: [{ min: 1, max: 1.6 }, ...waits.map((wait) => ({ min: wait + 1, max: wait + 1.5 }))],
  };
}

/** Claims and volumes with the fields that changed, in order. */
function order(situation: Situation): Computed {
  const found: { rv: number; entry: unknown }[] = [];
  for (const kind of ["PersistentVolumeClaim", "PersistentVolume"]) {
    for (const { name, changes } of situation.view.objects(kind)) {
      for (const { t, rv, set: changed } of changes)
        found.push({ rv, entry: [Math.round(t * 100) / 100, kind, name, changed] });
    }
  }
  return fact(found.sort((a, b) => a.rv - b.rv).map(({ entry }) => entry));
}

/** Per claim: the volume names it, the volume is bound, the claim names the volume, the claim is bound. */
function acceptOrder(_given: unknown, situation: Situation): string | undefined {
  for (const claim of claims(situation)) {
    const named = claim.first("volume", (value) => value !== null);
    const bound = claimBound(claim);
    if (named === undefined || bound === undefined) return `${claim.name} was not bound`;
    const volume = situation.view.find("PersistentVolume", named.set["volume"] ?? "");
    const taken = volume?.first("claim", (value) => value === claim.name);
    const filled = volume?.first("phase", (value) => value === "Bound");
    if (taken === undefined || filled === undefined) return `the volume of ${claim.name} was not`;
    const isInOrder = taken.rv <= filled.rv && filled.rv <= named.rv && named.rv <= bound.rv;
    if (!isInOrder) return `${claim.name} and its volume are written in another order`;
  }
  return undefined;
}

/** Rows about volumes. */
export const VOLUMES: readonly Quantity[] = [
  {
    name: "boundAfterCreated",
    prefix: NAME,
    rule: waitRule,
    compute: (at) => valuesOf(firstPods(at).map((pod) => span(pod.createdT, pod.bound))),
  },
  {
    name: "podBoundAfterClaimBound",
    prefix: /^wait$/,
    rule: grid(0, 1.1),
    compute: (at) => {
      const lateT = lateVolumeT(at) ?? Number.POSITIVE_INFINITY;
      const pods = at.view.pods.filter((pod) => {
        const isFirst = pod.alias.startsWith("statefulset/") && pod.alias.endsWith("#1");
        const set = pod.owner.slice(pod.owner.lastIndexOf("/") + 1);
        return isFirst && !isImmediate({ ...at, prefix: set }) && (pod.bound?.t ?? lateT) < lateT;
      });
      return valuesOf(pods.map((pod) => span(claimBound(claimOf(at, pod)), pod.bound)));
    },
  },
  {
    name: "boundAfterMissingVolumeAdded",
    prefix: NAME,
    rule: grid(1, 1.4),
    compute: (at) => valuesOf(firstPods(at).map((pod) => span(lateVolumeT(at), pod.bound))),
  },
  {
    name: "node",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => fact(firstPods(at)[0]?.node),
  },
  {
    name: "sameNodeAfterRecreate",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => {
      const nodes = at.view.pods.filter(({ name }) => name === at.prefix).map(({ node }) => node);
      return fact(nodes.length > 1 && new Set(nodes).size === 1);
    },
  },
  { name: "order", rule: set(acceptOrder), compute: order },
];
