// A prepared run without some of its nodes: what ran on them waits for another node, as after a drain.
//
// Pods of DaemonSets, mirror pods and pods that have ended go with their node. The others keep their
// owner and become pods that nobody has placed yet.

import type { ApiObject } from "../../cluster/index.ts";
import { goesWithItsNode, unplacedPod } from "../assembly/unplaced-pod.ts";
import type { PreparedRun } from "../prepare-run.ts";

/** The same run on fewer nodes; nothing is decoded again. */
export function withoutNodes(prepared: PreparedRun, names: ReadonlySet<string>): PreparedRun {
  if (names.size === 0) return prepared;
  const { cluster } = prepared;
  const initial = cluster.initial.flatMap((object): ApiObject[] => {
    if (object.kind === "Node") return names.has(object.meta.name) ? [] : [object];
    if (object.kind !== "Pod" || !names.has(object.nodeName)) return [object];
    return goesWithItsNode(object) ? [] : [unplacedPod(object)];
  });
  return { ...prepared, cluster: { ...cluster, initial } };
}
