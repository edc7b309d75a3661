// Quantities of Services and their EndpointSlices: when an endpoint appears, is ready, terminates and
// goes, and how a switch of the selector is written.

import type { Change, ObjectLife, PodLife } from "../run-view.ts";
import {
  actionsOf,
  actionT,
  EXACT,
  fact,
  L,
  L_PLUS,
  NONE,
  type Quantity,
  set,
  type Situation,
  span,
  valuesOf,
} from "../quantity.ts";

function slices({ view }: Situation): readonly ObjectLife[] {
  return view.objects("EndpointSlice");
}

/** Writes of a pod's endpoint, in order. */
function endpointOf(
  situation: Situation,
  pod: PodLife,
): readonly { readonly change: Change; readonly value: string | null }[] {
  return slices(situation).flatMap((slice) => slice.history(`ep.${pod.alias}`));
}

function firstFlags(
  situation: Situation,
  pod: PodLife,
  isWanted: (flags: string | null) => boolean,
): Change | undefined {
  return endpointOf(situation, pod).find(({ value }) => isWanted(value))?.change;
}

/** The pod that an action deletes. */
function deletedPods(situation: Situation): readonly PodLife[] {
  const named = new Set(
    actionsOf(situation, "delete").flatMap(({ names = [] }) =>
      names.map((name) => situation.aliasOfName.get(`Pod/${name}`) ?? name),
    ),
  );
  return situation.view.pods.filter(({ alias, name }) => named.has(alias || name));
}

function switchT(situation: Situation): number | undefined {
  return actionT(situation, "patch", "Service");
}

function switchWrite(situation: Situation): Change | undefined {
  const fromT = switchT(situation) ?? Number.POSITIVE_INFINITY;
  return slices(situation)
    .flatMap(({ changes }) => changes)
    .find(({ t }) => t >= fromT);
}

function endpointCount(change: Change): number {
  return Object.keys(change.set).filter((field) => field.startsWith("ep.")).length;
}

/** Pods with an endpoint that were there before anything was deleted. */
function served(situation: Situation): readonly PodLife[] {
  const untilT = actionT(situation, "delete") ?? Number.POSITIVE_INFINITY;
  return situation.view.pods.filter(
    (pod) => pod.createdT < untilT && endpointOf(situation, pod).length > 0,
  );
}

/** All old endpoints go and all new ones come in one write. */
function isInOneWrite(situation: Situation): boolean {
  const change = switchWrite(situation);
  if (change === undefined) return false;
  const fields = Object.entries(change.set).filter(([field]) => field.startsWith("ep."));
  const removed = fields.filter(([, value]) => value === null).length;
  const before = slices(situation)
    .flatMap(({ changes }) => changes)
    .filter(({ rv }) => rv < change.rv);
  const present = new Set<string>();
  for (const { set: changed } of before) {
    for (const [field, value] of Object.entries(changed)) {
      if (value === null) present.delete(field);
      else if (field.startsWith("ep.")) present.add(field);
    }
  }
  return removed === present.size && fields.length > removed;
}

/** Rows about Services. */
export const SERVICES: readonly Quantity[] = [
  {
    name: "sliceUpdatedAfterSelectorPatch",
    rule: L_PLUS,
    compute: (at) => valuesOf([span(switchT(at), switchWrite(at))]),
  },
  { name: "greenReadyToSwitch", rule: NONE },
  { name: "switchInOneWrite", rule: EXACT, compute: (at) => fact(isInOneWrite(at)) },
  { name: "sliceCount", rule: EXACT, compute: (at) => fact(slices(at).length) },
  {
    name: "sliceWritesBeforeSwitch",
    rule: set((given, { recorded, run }) => {
      const sum = (list: unknown): number =>
        (list as readonly (readonly [number, number])[]).reduce((total, [, n]) => total + n, 0);
      const wanted = sum(recorded.perRun?.[run] ?? recorded.everyRun);
      return sum(given) === wanted ? undefined : `${sum(given)} endpoints, not ${wanted}`;
    }),
    compute: (at) => {
      const untilT = switchT(at) ?? Number.POSITIVE_INFINITY;
      return fact(
        slices(at).flatMap(({ changes }) =>
          changes.filter(({ t }) => t < untilT).map((change) => [change.t, endpointCount(change)]),
        ),
      );
    },
  },
  {
    name: "endpointReadyAfterPodReady",
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(
        served(at).map((pod) =>
          span(
            pod.ready,
            firstFlags(at, pod, (flags) => flags?.startsWith("r") === true),
          ),
        ),
      ),
  },
  {
    name: "endpointAppears(notReady)AfterBound",
    rule: L,
    compute: (at) =>
      valuesOf(
        served(at).map((pod) =>
          span(
            pod.bound,
            firstFlags(at, pod, (flags) => flags !== null),
          ),
        ),
      ),
  },
  {
    name: "terminatingFlagAfterDeletionTimestamp",
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(
        deletedPods(at).map((pod) =>
          span(
            pod.deleting,
            firstFlags(at, pod, (flags) => flags?.endsWith("t") === true),
          ),
        ),
      ),
  },
  {
    name: "endpointRemovedAfterTerminalPhase",
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(
        deletedPods(at).map((pod) =>
          span(
            pod.terminal,
            firstFlags(at, pod, (flags) => flags === null),
          ),
        ),
      ),
  },
  { name: "endpointRemovedAfterObjectGone", rule: NONE },
  {
    name: "endpointFlags(ready,serving,terminating)",
    prefix: /^deletedPod$/,
    rule: EXACT,
    compute: (at) => {
      const [pod] = deletedPods(at);
      return fact(pod === undefined ? [] : endpointOf(at, pod).map(({ value }) => value));
    },
  },
];
