// All pods placed anew: the world of a dump as if its nodes were empty and every pod waited for one.
//
// For questions that only a decision answers (weights, requests, shapes): pods that run already ask no
// scheduler. Pods keep their names and owners, and wait in the dump's order. Those that nobody would
// place elsewhere stay: DaemonSets' pods, mirrors of static pods, finished pods, pods being deleted.

import type { ApiObject } from "../../cluster/index.ts";
import { goesWithItsNode, unplacedPod } from "../assembly/unplaced-pod.ts";
import type { PreparedRun } from "../prepare-run.ts";

/** The run with its bound pods unbound, and how many those are. */
export function withPodsUnbound(prepared: PreparedRun): {
  readonly prepared: PreparedRun;
  readonly podsCount: number;
} {
  let podsCount = 0;
  const initial = prepared.cluster.initial.map((object): ApiObject => {
    if (object.kind !== "Pod" || object.nodeName === "" || goesWithItsNode(object)) return object;
    podsCount++;
    return unplacedPod(object);
  });
  const cluster = { ...prepared.cluster, initial };
  return { prepared: { ...prepared, cluster }, podsCount };
}
