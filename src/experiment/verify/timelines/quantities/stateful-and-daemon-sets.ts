// Quantities of StatefulSets and DaemonSets: in which order their pods come, go and are replaced.
//
// Sizes and templates are changed by patches of the set that the key names.

import { canonicalJson } from "../../case-format.ts";
import type { Change, ObjectLife, PodLife } from "../run-view.ts";
import type { TimelineAction } from "../timeline-file.ts";
import {
  actionT,
  ascending,
  type Computed,
  deep,
  distinct,
  DURATION,
  EXACT,
  exactOr,
  fact,
  inputOf,
  L_PLUS,
  NAME,
  NONE,
  type Quantity,
  set,
  type Situation,
  span,
  valuesOf,
  successorOf,
} from "../quantity.ts";

/** How long after a change of size deletions are taken as its own. */
const SCALE_DOWN_S = 8;
/** Ready to the next deletion, if the update went on at once. */
const UPDATE_STEP_S = 3;

function podsOf(situation: Situation): readonly PodLife[] {
  return situation.view.podsNamed(situation.prefix);
}

/** Pods of the first incarnation, in order of creation. */
function firstPods(situation: Situation): readonly PodLife[] {
  return podsOf(situation).filter(({ alias }) => alias.endsWith("#1"));
}

function isStatefulSet(situation: Situation): boolean {
  return inputOf(situation, "StatefulSet", situation.prefix) !== undefined;
}

function isDaemonSet(situation: Situation): boolean {
  return inputOf(situation, "DaemonSet", situation.prefix) !== undefined;
}

function isParallel(situation: Situation): boolean {
  const policy = deep(
    inputOf(situation, "StatefulSet", situation.prefix),
    "spec",
    "podManagementPolicy",
  );
  return policy === "Parallel";
}

function patches(situation: Situation): readonly TimelineAction[] {
  return situation.actions.filter(
    ({ op, names }) => op === "patch" && names?.includes(situation.prefix) === true,
  );
}

/** When the set was made smaller. */
function scaleDownT(situation: Situation): number {
  const set = inputOf(situation, "StatefulSet", situation.prefix);
  let size = Number(deep(set, "spec", "replicas") ?? 1);
  for (const { patch, t } of patches(situation)) {
    const wanted = deep(patch, "spec", "replicas");
    if (typeof wanted !== "number") continue;
    if (wanted < size) return t;
    size = wanted;
  }
  return Number.POSITIVE_INFINITY;
}

/** When the template was changed. */
function updateT(situation: Situation): number {
  const update = patches(situation).find(
    ({ patch }) => deep(patch, "spec", "template") !== undefined,
  );
  return update?.t ?? Number.POSITIVE_INFINITY;
}

function byDeletion(pods: readonly PodLife[], fromT: number, untilT: number): readonly PodLife[] {
  return pods
    .filter(({ deleting }) => deleting && deleting.t >= fromT && deleting.t <= untilT)
    .sort((a, b) => a.deleting!.rv - b.deleting!.rv);
}

function scaledDown(situation: Situation): readonly PodLife[] {
  const fromT = scaleDownT(situation);
  return byDeletion(podsOf(situation), fromT, fromT + SCALE_DOWN_S);
}

function updated(situation: Situation): readonly PodLife[] {
  return byDeletion(podsOf(situation), updateT(situation), Number.POSITIVE_INFINITY);
}

/** Replacements that became ready, to the next deletion of the update. */
function readyToNextDeletion(situation: Situation): Computed {
  const pods = podsOf(situation);
  const gone = updated(situation);
  return valuesOf(
    gone.map((pod, k) => {
      const next = gone[k + 1];
      const value = span(successorOf(pod, pods)?.ready, next?.deleting);
      return value !== undefined && value < UPDATE_STEP_S ? value : undefined;
    }),
  );
}

const ORDERED = (situation: Situation): boolean => !isParallel(situation);

/** Rows about StatefulSets. */
export const STATEFUL_SETS: readonly Quantity[] = [
  {
    name: "firstCreationOrder",
    prefix: NAME,
    rule: exactOr((given, { recorded }) => {
      const [wanted] = recorded.perRun as readonly (readonly string[])[];
      const isSame =
        canonicalJson(distinct(given as readonly string[])) === canonicalJson(distinct(wanted!));
      return isSame ? undefined : `${canonicalJson(given)} is no permutation`;
    }),
    compute: (at) => fact(firstPods(at).map(({ name }) => name)),
  },
  {
    name: "nextCreatedAfterPreviousReady",
    prefix: NAME,
    rule: (at) => (ORDERED(at) ? L_PLUS : NONE),
    compute: (at) => {
      const pods = firstPods(at);
      return valuesOf(pods.slice(1).map((pod, k) => span(pods[k]!.ready, { t: pod.createdT })));
    },
  },
  {
    name: "nextDeletedAfterPreviousGone",
    prefix: NAME,
    rule: (at) => (ORDERED(at) ? L_PLUS : NONE),
    compute: (at) => {
      const pods = scaledDown(at);
      return valuesOf(pods.slice(1).map((pod, k) => span(pods[k]!.gone, pod.deleting)));
    },
  },
  {
    name: "scaleDownOrder",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => fact(scaledDown(at).map(({ name }) => name)),
  },
  {
    name: "updateOrder",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => fact(updated(at).map(({ name }) => name)),
  },
  {
    name: "updateRecreatedAfterGone",
    prefix: NAME,
    rule: L_PLUS,
    compute: (at) => {
      const pods = podsOf(at);
      return valuesOf(
        updated(at).map((pod) => {
          const next = successorOf(pod, pods);
          return next === undefined ? undefined : span(pod.gone, { t: next.createdT });
        }),
      );
    },
  },
  {
    name: "updateNextDeletedAfterPreviousReady",
    prefix: NAME,
    rule: L_PLUS,
    compute: readyToNextDeletion,
  },
  {
    name: "recreatedAfterGone",
    prefix: NAME,
    holds: (at) => !isDaemonSet(at),
    rule: L_PLUS,
    compute: (at) => {
      const pods = isStatefulSet(at)
        ? podsOf(at)
        : at.view.pods.filter(({ name }) => name === at.prefix);
      return valuesOf(
        pods.map((pod) => {
          const next = successorOf(pod, pods);
          return next === undefined ? undefined : span(pod.gone, { t: next.createdT });
        }),
      );
    },
  },
];

// ---- DaemonSets ---------------------------------------------------------------------------------

/** Names of nodes that an action added. */
function addedNodes({ actions }: Situation): ReadonlySet<string> {
  return new Set(
    actions.flatMap(({ nodeSpecs = [] }) =>
      nodeSpecs.flatMap(({ prefix, start, count }) =>
        Array.from({ length: count }, (_, k) => `${prefix}${start + k}`),
      ),
    ),
  );
}

function podOnAddedNode(situation: Situation): readonly PodLife[] {
  const names = addedNodes(situation);
  const fromT = actionT(situation, "addNodes") ?? 0;
  const seen = new Set<string>();
  return podsOf(situation).filter((pod) => {
    if (!names.has(pod.node) || pod.createdT < fromT || seen.has(pod.node)) return false;
    seen.add(pod.node);
    return true;
  });
}

interface TaintSpell {
  readonly node: ObjectLife;
  readonly from: Change;
  readonly until: Change | undefined;
}

/** Spells in which a node had a taint of a user's, by its effect. */
function taintSpells(situation: Situation, effect: string): readonly TaintSpell[] {
  const spells: TaintSpell[] = [];
  for (const node of situation.view.objects("Node")) {
    const isTainted = (value: string | null): boolean =>
      (value ?? "")
        .split(",")
        .some(
          (taint) => taint.startsWith("k") && taint.endsWith(`:${effect}`) && !taint.includes("/"),
        );
    const from = node.first("taints", isTainted);
    if (from === undefined) continue;
    const until = node.changes.find(
      ({ rv, set: changed }) =>
        rv > from.rv && changed["taints"] !== undefined && !isTainted(changed["taints"]),
    );
    spells.push({ node, from, until });
  }
  return spells;
}

function duringSpell(
  situation: Situation,
  effect: string,
  instant: (pod: PodLife) => number | undefined,
): number {
  let count = 0;
  for (const { node, from, until } of taintSpells(situation, effect)) {
    for (const pod of podsOf(situation)) {
      const t = instant(pod);
      const isThen = t !== undefined && t > from.t && t < (until?.t ?? situation.horizon);
      if (pod.node === node.name && isThen) count++;
    }
  }
  return count;
}

function newDaemons(situation: Situation): readonly PodLife[] {
  const fromT = updateT(situation);
  return podsOf(situation).filter(({ createdT }) => createdT >= fromT);
}

function nodeOrder(situation: Situation): readonly string[] {
  return [...new Set(updated(situation).map(({ node }) => node))];
}

/** Rows about DaemonSets. */
export const DAEMON_SETS: readonly Quantity[] = [
  {
    name: "podCreatedAfterNodeAdded",
    prefix: NAME,
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(podOnAddedNode(at).map((pod) => span(actionT(at, "addNodes"), { t: pod.createdT }))),
  },
  {
    name: "boundAfterNodeAdded",
    prefix: NAME,
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(podOnAddedNode(at).map((pod) => span(actionT(at, "addNodes"), pod.bound))),
  },
  {
    name: "deletedAfterNoExecuteTaint",
    prefix: NAME,
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(
        taintSpells(at, "NoExecute").flatMap(({ node, from, until }) =>
          podsOf(at)
            .filter(
              (pod) =>
                pod.node === node.name &&
                pod.createdT < from.t &&
                (pod.deleting?.t ?? Number.POSITIVE_INFINITY) < (until?.t ?? at.horizon),
            )
            .map((pod) => span(from, pod.deleting)),
        ),
      ),
  },
  {
    name: "recreatedAfterTaintRemoved",
    prefix: NAME,
    rule: L_PLUS,
    compute: (at) =>
      valuesOf(
        taintSpells(at, "NoExecute").map(({ node, until }) => {
          const next = podsOf(at).find(
            (pod) => pod.node === node.name && pod.createdT > (until?.t ?? at.horizon) - 0.02,
          );
          return next === undefined ? undefined : span(until, { t: next.createdT });
        }),
      ),
  },
  {
    name: "updateDuration",
    prefix: NAME,
    rule: DURATION,
    compute: (at) => {
      const fromT = updateT(at);
      const ready = ascending(newDaemons(at).flatMap((pod) => pod.ready?.t ?? []));
      const t = ready.at(-1);
      return valuesOf([t === undefined ? undefined : t - fromT]);
    },
  },
  {
    name: "recreatedAfterGone",
    prefix: NAME,
    holds: isDaemonSet,
    rule: NONE,
  },
  {
    name: "nextDeletedAfterPreviousReady",
    prefix: NAME,
    rule: L_PLUS,
    compute: (at) => {
      const gone = updated(at);
      const fresh = newDaemons(at);
      return valuesOf(
        gone.slice(1).map((pod, k) => {
          const replaced = fresh.find(({ node }) => node === gone[k]!.node);
          return span(replaced?.ready, pod.deleting);
        }),
      );
    },
  },
  {
    name: "oldDeletedAfterNewReady",
    prefix: NAME,
    rule: L_PLUS,
    compute: (at) => {
      const fresh = newDaemons(at);
      return valuesOf(
        updated(at).map((pod) =>
          span(fresh.find(({ node }) => node === pod.node)?.ready, pod.deleting),
        ),
      );
    },
  },
  { name: "podNodeAffinityFromController", prefix: NAME, rule: NONE },
  {
    name: "evictedByNoScheduleTaint",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => fact(duringSpell(at, "NoSchedule", ({ deleting }) => deleting?.t)),
  },
  {
    name: "createdWhileNoExecuteTainted",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => fact(duringSpell(at, "NoExecute", ({ createdT }) => createdT)),
  },
  {
    name: "nodesUpdated",
    prefix: NAME,
    rule: EXACT,
    compute: (at) => fact(new Set(newDaemons(at).map(({ node }) => node)).size),
  },
  {
    name: "updateNodeOrder",
    prefix: NAME,
    rule: set((given, { recorded, run }) => {
      const wanted = (recorded.perRun?.[run] ?? recorded.everyRun) as readonly string[];
      const isSame =
        canonicalJson(distinct(given as readonly string[])) === canonicalJson(distinct(wanted));
      return isSame ? undefined : `${canonicalJson(given)} is no permutation of the nodes`;
    }),
    compute: (at) => fact(nodeOrder(at)),
  },
];
