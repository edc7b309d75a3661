// A change that may let a pod fit, in a form that can be tried out: the cache is changed, the filters
// are asked again, and everything is put back.
//
// Trying is what makes a suggestion more than a guess. It belongs to an explanation, after which the
// replayed world is thrown away: what is put back is equal for every filter, though a pod that left
// and came back stands at the end of its node's list.

import type { NodeObject } from "../../cluster/index.ts";
import type { ExplainedChange } from "../../metrics/index.ts";
import type { NodeRow, PodInfo, SchedulerCache } from "../../scheduler/index.ts";
import { FilterWorld } from "./filter-world.ts";
import { recount } from "./recount.ts";

/** What is done to the world. */
export type ChangeEffect =
  | { readonly on: "pod"; edit(pod: PodInfo): PodInfo }
  | { readonly on: "node"; readonly row: NodeRow; edit(node: NodeObject): NodeObject }
  /** These pods leave, from their nodes or (if only nominated) from their promises. */
  | { readonly on: "cluster"; readonly gone: readonly PodInfo[]; readonly from: string };

/** One change with its words. */
export interface Change {
  readonly shown: ExplainedChange;
  /**
   * Plugins whose PreFilter counts otherwise after the change; absent: none. Departures are counted by
   * the plugins themselves.
   */
  readonly recounted?: readonly string[];
  /** The wish of the pod that it gives up, as findings name it; absent: not a change of the pod. */
  readonly answers?: string;
  readonly effect: ChangeEffect;
}

/** Plugins whose PreFilter looks at every pod. */
const COUNTING_PLUGINS = 2;

/** Looks at the world as it would be after the changes; restores it before returning. */
export function withChanges<T>(
  world: FilterWorld,
  changes: readonly Change[],
  look: (changed: FilterWorld) => T,
): T {
  if (changes.length === 0) return look(world);
  const undo: (() => void)[] = [];
  const gone: PodInfo[] = [];
  const edited = new Map<NodeRow, NodeObject>();
  try {
    let { pod } = world;
    for (const { effect } of changes) {
      if (effect.on === "pod") pod = effect.edit(pod);
      else if (effect.on === "node") {
        const { row } = effect;
        if (!edited.has(row)) edited.set(row, world.cache.node(row));
        undo.push(editNode(world, row, effect.edit));
      } else {
        undo.push(takeAway(world, effect.gone, gone));
      }
    }
    const byPod = recountedBy(changes, "pod");
    const byNode = recountedBy(changes, "node");
    const known = recount(world, { pod, gone, edited, byPod, byNode });
    const changed = new FilterWorld(world.cache, world.profile, pod, known);
    changed.inherit(world, edited.size === 0, gone.length === 0);
    const { nodes, cache } = changed;
    const asked = known?.askedCount ?? COUNTING_PLUGINS;
    world.effort.spend(nodes.length + asked * cache.podCount);
    return look(changed);
  } finally {
    for (const step of undo.reverse()) step();
  }
}

function recountedBy(changes: readonly Change[], on: ChangeEffect["on"]): ReadonlySet<string> {
  return new Set(
    changes.flatMap(({ effect, recounted }) => (effect.on === on ? (recounted ?? []) : [])),
  );
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

/** A pod that was taken out of the cache, or out of the promises, with what puts it back. */
interface TakenPod {
  readonly pod: PodInfo;
  readonly counted: PodInfo | undefined;
  readonly wasAssumed: boolean;
  readonly nominatedTo: string | undefined;
}

/** Hundreds may leave at once. Those that were in the cache are added to `left`. */
function takeAway({ cache }: FilterWorld, gone: readonly PodInfo[], left: PodInfo[]): () => void {
  const { nominator } = cache;
  const taken: TakenPod[] = [];
  for (let at = 0; at < gone.length; at++) {
    const pod = gone[at]!;
    const nominatedTo = nominator.size === 0 ? undefined : nominator.nodeOf(pod.uid);
    if (nominatedTo !== undefined) nominator.delete(pod);
    const counted = cache.findPod(pod.uid);
    if (counted === undefined && nominatedTo === undefined) continue;
    const wasAssumed = counted !== undefined && cache.isAssumed(pod.uid);
    taken.push({ pod, counted, wasAssumed, nominatedTo });
    if (counted === undefined) continue;
    left.push(pod);
    cache.removePod(pod.uid);
  }
  return () => {
    for (let at = taken.length - 1; at >= 0; at--) putBack(cache, taken[at]!);
  };
}

function putBack(cache: SchedulerCache, { pod, counted, wasAssumed, nominatedTo }: TakenPod): void {
  if (counted !== undefined) {
    if (wasAssumed) cache.assume(counted, counted.nodeName);
    else cache.addPod(counted);
  }
  if (nominatedTo !== undefined) cache.nominator.add(pod, "override", nominatedTo);
}
