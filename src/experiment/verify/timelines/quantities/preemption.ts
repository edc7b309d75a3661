// Quantities of preemption: who is nominated, who is evicted in what order, and when the preemptor gets
// its place.

import { compareText } from "../../../../base/index.ts";
import { canonicalJson } from "../../case-format.ts";
import type { Change, PodLife } from "../run-view.ts";
import {
  actionsOf,
  ascending,
  countTexts,
  distinct,
  EXACT,
  exactOr,
  fact,
  L,
  L_PLUS,
  latency,
  NAME,
  NONE,
  type Quantity,
  set,
  type Situation,
  span,
  valuesOf,
} from "../quantity.ts";

/** Victims of one decision are asked for within this time. */
const ONE_DECISION_S = 5;

/** The pods of the highest priority. */
function preemptors({ view }: Situation): readonly PodLife[] {
  const highest = Math.max(...view.pods.map(({ priority }) => priority));
  return view.pods.filter((pod) => pod.priority === highest);
}

/** Pods evicted by the scheduler, in order of their deletion. */
function victims({ view }: Situation): readonly PodLife[] {
  return view.pods
    .filter(
      (pod) =>
        pod.disrupted?.set["cond.DisruptionTarget"] === "True/PreemptionByScheduler" &&
        pod.deleting !== undefined,
    )
    .sort((a, b) => a.deleting!.rv - b.deleting!.rv);
}

function podNamed({ view }: Situation, name: string): PodLife | undefined {
  return view.pods.find((pod) => pod.name === name);
}

function nominated(pod: PodLife | undefined): Change | undefined {
  return pod?.first("nominated", (value) => value !== null);
}

/** When the preemptors were asked for: the last creation. */
function creationT(situation: Situation): number {
  return actionsOf(situation, "create").at(-1)?.t ?? 0;
}

/** Terminal phase of the latest victim on the preemptor's node, before it was bound. */
function lastVictimTerminal(situation: Situation, pod: PodLife): Change | undefined {
  const ends = victims(situation).filter(
    ({ node, terminal }) =>
      node === pod.node && terminal !== undefined && terminal.rv < (pod.bound?.rv ?? 0),
  );
  return ends.map(({ terminal }) => terminal!).sort((a, b) => b.rv - a.rv)[0];
}

function failedScheduling({ view }: Situation, pod: PodLife): number {
  const about = `Pod/${pod.alias === "" ? pod.name : pod.alias}`;
  return view.kubernetesEvents.filter(
    ({ set: event }) => event["about"] === about && event["reason"] === "FailedScheduling",
  ).length;
}

function groupOf(pod: PodLife): string {
  return pod.group;
}

/** Counts by one text of a list of pairs, in order of the texts; names of nodes are left out. */
function acceptVictims(given: unknown, { recorded, run }: Situation): string | undefined {
  type Pairs = readonly (readonly [string, string])[];
  const shape = (pairs: Pairs): string => {
    const owners = countTexts(pairs.map(([alias]) => alias.slice(0, alias.lastIndexOf("#"))));
    const perNode = new Map<string, number>();
    for (const [, node] of pairs) perNode.set(node, (perNode.get(node) ?? 0) + 1);
    return canonicalJson([pairs.length, owners, ascending([...perNode.values()])]);
  };
  const runs = (recorded.perRun ?? [recorded.everyRun]) as readonly Pairs[];
  const own = shape(given as Pairs);
  const isPossible = runs.some((pairs) => shape(pairs) === own);
  return isPossible ? undefined : `${own}, not ${shape(runs[run] ?? runs[0]!)}`;
}

function between(given: unknown, { recorded }: Situation): string | undefined {
  const { min = 0, max = 0 } = recorded;
  const value = Number(given);
  return value >= min && value <= max ? undefined : `${value} is not within ${min} to ${max}`;
}

/** Zero to one more than were recorded; Events are merged and may be dropped. */
function fewEvents(low: number): (given: unknown, at: Situation) => string | undefined {
  return (given, { recorded }) => {
    const list = (Array.isArray(given) ? given : [given]) as readonly number[];
    const max = (recorded.max ?? 0) + 1;
    const wrong = list.find((count) => count < low || count > max);
    return wrong === undefined ? undefined : `${wrong} Events`;
  };
}

/** The same number of nominations, cleared at the same places; which nodes is free. */
function acceptNominations(given: unknown, { recorded, run }: Situation): string | undefined {
  const places = (list: unknown): string =>
    canonicalJson((list as readonly (readonly unknown[])[]).map(([node]) => node !== null));
  const runs = recorded.perRun ?? [recorded.everyRun];
  return runs.some((one) => places(one) === places(given))
    ? undefined
    : `${canonicalJson(given)}, not like ${canonicalJson(runs[run])}`;
}

/** Victims of the first decision for a pod, and of those that it drove to preempt others at once. */
function firstVictims(situation: Situation, name: string): readonly PodLife[] {
  const pod = podNamed(situation, name);
  const fromT = pod?.createdT ?? 0;
  return victims(situation).filter(
    ({ deleting }) => deleting!.t >= fromT && deleting!.t <= fromT + ONE_DECISION_S,
  );
}

/** True if a scenario's pods are bound after others have been evicted. */
export function hasVictims(situation: Situation): boolean {
  return victims(situation).length > 0;
}

/** Rows about preemption. */
export const PREEMPTION: readonly Quantity[] = [
  {
    name: "nominatedAfterPreemptorCreated",
    rule: L_PLUS,
    compute: (at) => valuesOf(preemptors(at).map((pod) => span(pod.createdT, nominated(pod)))),
  },
  {
    name: "victimConditionBeforeDeletionTimestamp",
    rule: { kind: "latency", sides: "one", notBefore: 0 },
    compute: (at) => valuesOf(victims(at).map((pod) => span(pod.disrupted, pod.deleting))),
  },
  {
    name: "victimDeletionAfterPreemptorsCreated",
    rule: L_PLUS,
    compute: (at) => valuesOf(victims(at).map((pod) => span(creationT(at), pod.deleting))),
  },
  {
    name: "victims",
    rule: exactOr(between),
    compute: (at) => valuesOf([victims(at).length]),
  },
  {
    name: "preemptorsBound",
    rule: exactOr(between),
    compute: (at) => fact(preemptors(at).filter(({ bound }) => bound !== undefined).length),
  },
  {
    name: "victimsPerOwner",
    rule: exactOr((given, { recorded, run }) => {
      const isKnown = (recorded.perRun ?? []).some(
        (one) => canonicalJson(one) === canonicalJson(given),
      );
      return isKnown ? undefined : `not as in run ${run + 1}`;
    }),
    compute: (at) => fact(countTexts(victims(at).map(groupOf))),
  },
  {
    name: "victimGrace",
    rule: EXACT,
    compute: (at) => fact(distinct(victims(at).map(({ grace }) => grace))),
  },
  {
    name: "victimTerminalAfterDeletionTimestamp",
    rule: L,
    compute: (at) => valuesOf(victims(at).map((pod) => span(pod.deleting, pod.terminal))),
  },
  {
    name: "victimObjectGoneAfterTerminalPhase",
    rule: L_PLUS,
    compute: (at) => valuesOf(victims(at).map((pod) => span(pod.terminal, pod.gone))),
  },
  {
    name: "preemptorBoundOnNominatedNode",
    rule: exactOr(between),
    compute: (at) =>
      valuesOf(
        preemptors(at).map((pod) => {
          const first = nominated(pod)?.set["nominated"];
          if (first === undefined || pod.bound === undefined) return undefined;
          return first === pod.node ? 1 : 0;
        }),
      ),
  },
  {
    name: "preemptorBoundAfterVictimTerminalPhase",
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(preemptors(at).map((pod) => span(lastVictimTerminal(at, pod), pod.bound))),
  },
  { name: "preemptorBoundAfterVictimObjectGone", rule: NONE },
  {
    name: "failedSchedulingEventsPerPreemptor",
    rule: set(fewEvents(0)),
    compute: (at) => valuesOf(preemptors(at).map((pod) => failedScheduling(at, pod))),
  },
  {
    name: "victimReplacementCreatedAfterDeletionTimestamp",
    rule: L_PLUS,
    compute: (at) => {
      const gone = victims(at);
      const owners = new Set(gone.map(groupOf));
      const fromT = gone[0]?.deleting?.t ?? 0;
      const made = ascending(
        at.view.pods
          .filter((pod) => owners.has(pod.group) && pod.createdT >= fromT - 0.01)
          .map(({ createdT }) => createdT),
      );
      return valuesOf(
        gone.map(({ deleting }, k) => (made[k] === undefined ? undefined : made[k] - deleting!.t)),
      );
    },
  },
  {
    name: "victimsInOrder",
    rule: set(acceptVictims),
    compute: (at) => fact(victims(at).map(({ alias, node }) => [alias, node])),
  },
  {
    name: "nominations",
    prefix: NAME,
    rule: exactOr(acceptNominations),
    compute: (at) => {
      const pod = podNamed(at, at.prefix);
      return fact((pod?.history("nominated") ?? []).map(({ value }) => [value]));
    },
  },
  {
    name: "bound",
    prefix: NAME,
    rule: set((given) => (typeof given === "string" && given !== "" ? undefined : "not bound")),
    compute: (at) => fact(podNamed(at, at.prefix)?.node),
  },
  {
    name: "boundAfterCreated",
    prefix: NAME,
    holds: (at) => hasVictims(at) && podNamed(at, at.prefix) !== undefined,
    rule: latency(0.5),
    compute: (at) => {
      const pod = podNamed(at, at.prefix);
      return valuesOf([span(pod?.createdT, pod?.bound)]);
    },
  },
  {
    name: "victims",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => fact(firstVictims(at, at.prefix).map(groupOf).sort(compareText)),
  },
  {
    name: "boundOnNominated",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => {
      const pod = podNamed(at, at.prefix);
      return fact(pod !== undefined && nominated(pod)?.set["nominated"] === pod.node);
    },
  },
  {
    name: "nominatedNodes",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => {
      const history = podNamed(at, at.prefix)?.history("nominated") ?? [];
      return fact(new Set(history.flatMap(({ value }) => value ?? [])).size);
    },
  },
  {
    name: "victimDeletionSpan",
    prefix: NAME,
    rule: L_PLUS,
    compute: (at) => {
      const gone = firstVictims(at, at.prefix);
      return valuesOf([span(gone[0]?.deleting, gone.at(-1)?.deleting)]);
    },
  },
  {
    name: "boundAfterLastVictimTerminal",
    prefix: NAME,
    rule: L,
    compute: (at) => {
      const ends = firstVictims(at, at.prefix).flatMap(({ terminal }) => terminal ?? []);
      const last = [...ends].sort((a, b) => a.rv - b.rv).at(-1);
      return valuesOf([span(last, podNamed(at, at.prefix)?.bound)]);
    },
  },
  {
    name: "attemptsEvents",
    prefix: NAME,
    rule: set(fewEvents(1)),
    compute: (at) => {
      const pod = podNamed(at, at.prefix);
      return valuesOf([pod === undefined ? undefined : failedScheduling(at, pod)]);
    },
  },
];
