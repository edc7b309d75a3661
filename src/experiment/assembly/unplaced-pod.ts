// A bound pod as its controller would create it anew, and which pods nobody creates anew.
//
// For questions about another world than a dump's: fewer nodes, or every pod placed once more.

import { findControllerOf, type PodObject } from "../../cluster/index.ts";

/** Annotation of the API's picture of a static pod. */
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** Whether a pod ends where its node ends: it has ended, is about to, or belongs to that node alone. */
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

/** The pod as one that nobody has placed yet; name and owner stay. */
export function unplacedPod(pod: PodObject): PodObject {
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
