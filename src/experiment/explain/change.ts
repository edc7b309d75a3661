// A change that may let a pod fit, in a form that can be tried out: the cache is changed, the filters
// are asked again, and everything is put back.
//
// Trying is what makes a suggestion more than a guess. It belongs to an explanation, after which the
// replayed world is thrown away: what is put back is equal for every filter, though a pod that left
// and came back stands at the end of its node's list.

import type { NodeObject } from "../../cluster/index.ts";
import type { ExplainedChange } from "../../metrics/index.ts";
import type { NodeRow, PodInfo } from "../../scheduler/index.ts";
import type { FilterWorld } from "./filter-world.ts";

/** What is done to the world. */
export type ChangeEffect =
  | { readonly on: "pod"; edit(pod: PodInfo): PodInfo }
  | { readonly on: "node"; readonly row: NodeRow; edit(node: NodeObject): NodeObject }
  /** These pods leave, from their nodes or (if only nominated) from their promises. */
  | { readonly on: "cluster"; readonly gone: readonly PodInfo[]; readonly from: string };

/** One change with its words. */
export interface Change {
  readonly shown: ExplainedChange;
  readonly effect: ChangeEffect;
}

/** Looks at the world as it would be after the changes; restores it before returning. */
export function withChanges<T>(
  world: FilterWorld,
  changes: readonly Change[],
  look: (changed: FilterWorld) => T,
): T {
  const undo: (() => void)[] = [];
  try {
    let { pod } = world;
    for (const { effect } of changes) {
      if (effect.on === "pod") pod = effect.edit(pod);
      else if (effect.on === "node") undo.push(editNode(world, effect.row, effect.edit));
      else for (const gone of effect.gone) undo.push(...takeAway(world, gone));
    }
    return look(world.with(pod));
  } finally {
    for (const step of undo.reverse()) step();
  }
}

function editNode(
  { cache }: FilterWorld,
  row: NodeRow,
  edit: (node: NodeObject) => NodeObject,
): () => void {
  const before = cache.node(row);
  cache.updateNode(edit(before));
  return () => cache.updateNode(before);
}

function takeAway({ cache }: FilterWorld, gone: PodInfo): (() => void)[] {
  const undo: (() => void)[] = [];
  const nominatedTo = cache.nominator.nodeOf(gone.uid);
  if (nominatedTo !== undefined) {
    cache.nominator.delete(gone);
    undo.push(() => cache.nominator.add(gone, "override", nominatedTo));
  }
  const counted = cache.findPod(gone.uid);
  if (counted === undefined) return undo;
  const wasAssumed = cache.isAssumed(gone.uid);
  cache.removePod(gone.uid);
  undo.push(() => {
    if (wasAssumed) cache.assume(counted, counted.nodeName);
    else cache.addPod(counted);
  });
  return undo;
}
