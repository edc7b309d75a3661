// A prepared run without some of its nodes: what ran on them waits for another node, as after a drain.
//
// Pods of DaemonSets, mirror pods and pods that have ended go with their node. The others keep their
// owner and become pods that nobody has placed yet.

import { findControllerOf } from "../../cluster/index.ts";
import type { ApiObject, PodObject } from "../../cluster/index.ts";
import type { PreparedRun } from "../prepare-run.ts";

/** The same run on fewer nodes; nothing is decoded again. */
export function withoutNodes(prepared: PreparedRun, names: ReadonlySet<string>): PreparedRun {
  if (names.size === 0) return prepared;
  const { cluster } = prepared;
  const initial = cluster.initial.flatMap((object): ApiObject[] => {
    if (object.kind === "Node") return names.has(object.meta.name) ? [] : [object];
    if (object.kind !== "Pod" || !names.has(object.nodeName)) return [object];
    return goesWithItsNode(object) ? [] : [unplaced(object)];
  });
  return { ...prepared, cluster: { ...cluster, initial } };
}

/** Annotation of the API's picture of a static pod. */
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** Whether a pod ends where its node ends: nobody makes it again elsewhere. */
export function goesWithItsNode({ meta, status }: PodObject): boolean {
  const owner = findControllerOf(meta);
  return (
    status.phase === "Succeeded" ||
    status.phase === "Failed" ||
    meta.deletionTimestampSeconds !== undefined ||
    owner?.kind === "DaemonSet" ||
    owner?.kind === "Node" ||
    meta.annotations.has(MIRROR_ANNOTATION)
  );
}

/** A condition without a verdict: the pod is known to the API and has not been tried. */
const WAITING = Object.freeze({
  ...{ type: "PodScheduled", status: "Unknown", reason: "", message: "" },
  ...{ lastTransitionSeconds: undefined, lastHeartbeatSeconds: undefined },
} as const);

/** The pod as its controller would create it anew. */
function unplaced(pod: PodObject): PodObject {
  return {
    ...pod,
    nodeName: "",
    status: {
      ...pod.status,
      ...{ phase: "Pending", reason: "", startTimeSeconds: undefined, nominatedNodeName: "" },
      ...{ conditions: [WAITING], restartCount: 0, containers: new Map(), podIp: "" },
    },
  };
}
