// Pods of two runs paired by place and order, and what became of each under the change.
//
// The n-th pod of a place in one run is the n-th in the other. A pod that left under the change and not
// in the baseline is followed to its successor: pods of its place that the baseline does not have take
// the empty places in the order in which those fell empty. Owners make pods, not places, so this is a
// convention; counts do not depend on it.

import { compareNumbers } from "../../base/index.ts";
import type { OutcomeCounts, PodOutcome, WhatifPod } from "../../metrics/index.ts";
import type { ChangeReach } from "./draft.ts";
import type { FollowedPod, PodWatch } from "./pod-watch.ts";

/** From this difference on a later node is worth a row. */
const DELAY_US_MIN = 1_000_000;

const NO_OUTCOMES: OutcomeCounts = {
  ...{ moved: 0, recreated: 0, waits: 0, gone: 0, down: 0, restarted: 0, delayed: 0 },
  ...{ placed: 0, spared: 0, new: 0, "not-made": 0 },
};

/** What is known beside the pods. */
export interface CompareContext {
  readonly reaches: readonly ChangeReach[];
  /** Where both runs ended. */
  readonly endUs: number;
}

/** Rows with a difference, in the order of the places, and their counts. */
export function comparePods(
  baseline: PodWatch,
  change: PodWatch,
  context: CompareContext,
): { readonly pods: WhatifPod[]; readonly counts: OutcomeCounts } {
  const pods: WhatifPod[] = [];
  for (const place of new Set([...baseline.places.keys(), ...change.places.keys()])) {
    const before = baseline.places.get(place) ?? [];
    const after = change.places.get(place) ?? [];
    pods.push(...comparePlace(before, after, context));
  }
  const counts: Record<PodOutcome, number> = { ...NO_OUTCOMES };
  for (const { outcome } of pods) counts[outcome]++;
  return { pods, counts };
}

interface Pair {
  readonly before: FollowedPod | undefined;
  readonly after: FollowedPod | undefined;
}

function comparePlace(
  before: readonly FollowedPod[],
  after: readonly FollowedPod[],
  context: CompareContext,
): WhatifPod[] {
  const pairs = Array.from(
    { length: Math.max(before.length, after.length) },
    (_, at): Pair => ({ before: before[at], after: after[at] }),
  );
  const successors = successorsOf(pairs, "after", "before");
  const spared = successorsOf(pairs, "before", "after");
  const taken = new Set([...successors.values()]);
  const takenBefore = new Set([...spared.values()]);
  return pairs.flatMap((pair) => {
    const { before: old, after: fresh } = pair;
    if (old !== undefined && fresh !== undefined)
      return rowOfPair(old, fresh, { successors, spared, ...context }) ?? [];
    if (fresh !== undefined) return taken.has(fresh) ? [] : [rowOfNew(fresh, context)];
    return old === undefined || takenBefore.has(old) ? [] : [rowOfUnmade(old, context)];
  });
}

/** Who follows whom, among pods that the other side has no counterpart of. */
function successorsOf(
  pairs: readonly Pair[],
  side: keyof Pair,
  other: keyof Pair,
): Map<FollowedPod, FollowedPod> {
  const empty = pairs.flatMap((pair) => {
    const pod = pair[side];
    const counterpart = pair[other];
    const left = pod !== undefined && hasLeft(pod);
    return left && (counterpart === undefined || !hasLeft(counterpart)) ? [pod] : [];
  });
  empty.sort((a, b) => compareNumbers(a.endedUs ?? 0, b.endedUs ?? 0));
  const extra = pairs.flatMap((pair) => {
    const pod = pair[side];
    return pod !== undefined && pair[other] === undefined ? [pod] : [];
  });
  const followers = new Map<FollowedPod, FollowedPod>();
  for (const pod of extra) {
    // Nobody follows himself: the pod of a chain comes after the one whose place it takes.
    const at = empty.findIndex((one) => one !== pod && one.createdUs <= pod.createdUs);
    if (at < 0) continue;
    followers.set(empty[at]!, pod);
    empty.splice(at, 1);
  }
  return followers;
}

/** It was ended from outside; one that finished by itself has done what it was for. */
function hasLeft({ departure }: FollowedPod): boolean {
  return departure !== "";
}

interface PairContext extends CompareContext {
  readonly successors: ReadonlyMap<FollowedPod, FollowedPod>;
  readonly spared: ReadonlyMap<FollowedPod, FollowedPod>;
}

function rowOfPair(
  old: FollowedPod,
  fresh: FollowedPod,
  { successors, spared, reaches, endUs }: PairContext,
): WhatifPod | undefined {
  if (hasLeft(fresh) && !hasLeft(old)) {
    const { last, endedCount } = chainOf(fresh, successors);
    const outcome = outcomeOfLeaving(old, last);
    return rowOf(outcome, old, fresh, { last, endedCount, reaches, endUs });
  }
  if (hasLeft(old) && !hasLeft(fresh)) {
    const { last } = chainOf(old, spared);
    const from = last?.node ?? "";
    return { ...rowOf("spared", old, fresh, { last: fresh, endedCount: 0, reaches, endUs }), from };
  }
  const outcome = outcomeOfStaying(old, fresh);
  if (outcome === undefined) return undefined;
  const endedCount = outcome === "restarted" ? fresh.restartsCount - old.restartsCount : 0;
  return rowOf(outcome, old, fresh, { last: fresh, endedCount, reaches, endUs });
}

function outcomeOfLeaving(old: FollowedPod, last: FollowedPod | undefined): PodOutcome {
  if (last === undefined) return "gone";
  if (last.node === "") return "waits";
  return last.node === old.node ? "recreated" : "moved";
}

function outcomeOfStaying(old: FollowedPod, fresh: FollowedPod): PodOutcome | undefined {
  if (old.node !== fresh.node) {
    if (fresh.node === "") return "waits";
    return old.node === "" ? "placed" : "moved";
  }
  if (old.isReady && !fresh.isReady && !fresh.isFinished) return "down";
  if (fresh.restartsCount > old.restartsCount) return "restarted";
  if (old.boundUs === null || fresh.boundUs === null) return undefined;
  const laterUs = fresh.boundUs - fresh.createdUs - (old.boundUs - old.createdUs);
  return laterUs >= DELAY_US_MIN ? "delayed" : undefined;
}

/** The end of a chain of successors: who is there at last (undefined: nobody), and how often it broke. */
function chainOf(
  first: FollowedPod,
  successors: ReadonlyMap<FollowedPod, FollowedPod>,
): { readonly last: FollowedPod | undefined; readonly endedCount: number } {
  let pod: FollowedPod | undefined = first;
  let endedCount = 0;
  while (pod !== undefined && hasLeft(pod)) {
    endedCount++;
    pod = successors.get(pod);
  }
  return { last: pod, endedCount };
}

function rowOf(
  outcome: PodOutcome,
  old: FollowedPod,
  fresh: FollowedPod,
  {
    last,
    endedCount,
    reaches,
    endUs,
  }: CompareContext & {
    readonly last: FollowedPod | undefined;
    readonly endedCount: number;
  },
): WhatifPod {
  const { namespace, name: pod, workload } = old;
  return {
    ...{ namespace, pod, workload, outcome, from: old.node, to: last?.node ?? "" },
    successor: last === undefined || last === fresh ? "" : last.name,
    cause: fresh.departure,
    because: becauseOf(fresh, reaches),
    leftUs: hasLeft(fresh) ? fresh.endedUs : null,
    endedCount,
    waitedUs: waitOf(last),
    pendingUs: last?.node === "" ? endUs - last.createdUs : null,
    message: messageOf(fresh, last),
  };
}

function rowOfNew(fresh: FollowedPod, { reaches, endUs }: CompareContext): WhatifPod {
  const outcome = fresh.node === "" && !hasLeft(fresh) ? "waits" : "new";
  const row = rowOf(outcome, fresh, fresh, { last: fresh, endedCount: 0, reaches, endUs });
  return { ...row, from: "" };
}

function rowOfUnmade(old: FollowedPod, { reaches, endUs }: CompareContext): WhatifPod {
  const row = rowOf("not-made", old, old, { last: undefined, endedCount: 0, reaches, endUs });
  return { ...row, cause: "", leftUs: null };
}

/** Who preempted it, or what was said of whoever has its place while he had no node. */
function messageOf(fresh: FollowedPod, last: FollowedPod | undefined): string {
  if (fresh.departure === "preempted" && fresh.message !== "")
    return last === undefined || last.node !== ""
      ? fresh.message
      : `${fresh.message}; ${last.message}`;
  return last?.message ?? "";
}

function waitOf(pod: FollowedPod | undefined): number | null {
  return pod === undefined || pod.boundUs === null ? null : pod.boundUs - pod.createdUs;
}

function becauseOf(pod: FollowedPod, reaches: readonly ChangeReach[]): string {
  const reach = reaches.find(
    ({ nodes, objects }) => (pod.node !== "" && nodes.has(pod.node)) || objects.has(pod.workload),
  );
  return reach?.text ?? "";
}
