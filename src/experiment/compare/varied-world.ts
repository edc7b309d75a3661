// Which draws of a run belong to which part of the world, and in which order arrivals come.
//
// A comparison draws anew, from replication to replication, only the parts that the study names; the
// rest is as in replication 0. Keys hold no scheduler's name, so alternatives meet the same worlds.

import { compareNumbers, type EntityDraws, entityHash } from "../../base/index.ts";
import type { ApiObject } from "../../cluster/index.ts";
import type { VariedPart } from "../scenario/scenario.ts";

/** Purposes by the part that they belong to; those of no part never vary. */
const PARTS: readonly (readonly [RegExp, VariedPart])[] = [
  [/^(arrivals|kinds)$/, "arrivals"],
  [/^(durations|lifetimes)$/, "lifetimes"],
  [/^faults\//, "faults"],
  [/^order$/, "order"],
  [/^(ties|strategy)$/, "ties"],
];

/** The replication whose draws a purpose takes; `varied` absent: every purpose takes this run's. */
export function replicationOf(
  purpose: string,
  replication: number,
  varied: readonly VariedPart[] | undefined,
): number {
  if (varied === undefined) return replication;
  const part = PARTS.find(([pattern]) => pattern.test(purpose))?.[1];
  return part !== undefined && varied.includes(part) ? replication : 0;
}

/** Whose draws a purpose takes in a run of antithetic pairs, and whether it takes them opposed. */
export function opposedReplicationOf(
  purpose: string,
  replication: number,
  varied: readonly VariedPart[],
): { readonly replication: number; readonly isOpposed: boolean } {
  const own = replicationOf(purpose, replication, varied);
  // 0 of what does not vary; the second of a pair takes the first's numbers, turned round.
  const isOpposed = own === replication && replication % 2 === 1;
  return { replication: isOpposed ? own - 1 : own, isOpposed };
}

/** Positions 0 to count - 1 in an order drawn by position; equal draws stay in their order. */
export function drawnOrder(draws: EntityDraws, owner: string, count: number): number[] {
  const units = Array.from({ length: count }, (_, at) => draws.unit(entityHash(owner, at), 0));
  return units.map((_, at) => at).sort((a, b) => compareNumbers(units[a]!, units[b]!) || a - b);
}

/** Kinds that may be applied in any order; what they refer to is applied where it stands. */
const FREE_KINDS: ReadonlySet<string> = new Set([
  ...["Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"],
  "ReplicationController",
]);

/** The same objects with pods and workloads in a drawn order among their places. */
export function reorderedObjects(
  objects: readonly ApiObject[],
  draws: EntityDraws,
  owner: string,
): readonly ApiObject[] {
  const places = objects.flatMap((object, at) => (FREE_KINDS.has(object.kind) ? [at] : []));
  const order = drawnOrder(draws, owner, places.length);
  const reordered = [...objects];
  for (const [at, place] of places.entries()) reordered[place] = objects[places[order[at]!]!]!;
  return reordered;
}
