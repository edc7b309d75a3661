// All pods placed anew: the world of a dump as if its nodes were empty and every pod waited for one.
//
// For questions that only a decision answers (weights, requests, shapes): pods that run already ask no
// scheduler. Pods keep their names and owners, and wait in the dump's order. Those that nobody would
// place elsewhere stay: DaemonSets' pods, mirrors of static pods, finished pods, pods being deleted.

import {
  type ApiObject,
  findControllerOf,
  type ObjectMeta,
  type PodObject,
} from "../../cluster/index.ts";
import type { PreparedRun } from "../prepare-run.ts";

const MIRROR = "kubernetes.io/config.mirror";

/** The run with its bound pods unbound, and how many those are. */
export function withPodsUnbound(prepared: PreparedRun): {
  readonly prepared: PreparedRun;
  readonly podsCount: number;
} {
  let podsCount = 0;
  const initial = prepared.cluster.initial.map((object): ApiObject => {
    if (object.kind !== "Pod" || !isPlacedAnew(object)) return object;
    podsCount++;
    return unbound(object);
  });
  const cluster = { ...prepared.cluster, initial };
  return { prepared: { ...prepared, cluster }, podsCount };
}

function isPlacedAnew({ nodeName, meta, status }: PodObject): boolean {
  if (nodeName === "" || status.phase === "Succeeded" || status.phase === "Failed") return false;
  if (meta.deletionTimestampSeconds !== undefined || meta.annotations.has(MIRROR)) return false;
  return !isDaemonPod(meta);
}

function isDaemonPod(meta: ObjectMeta): boolean {
  const kind = findControllerOf(meta)?.kind;
  return kind === "DaemonSet" || kind === "Node";
}

/** A condition without a verdict: the pod is known to the API and has not been tried. */
const WAITING = Object.freeze({
  ...{ type: "PodScheduled", status: "Unknown", reason: "", message: "" },
  ...{ lastTransitionSeconds: undefined, lastHeartbeatSeconds: undefined },
} as const);

function unbound(pod: PodObject): PodObject {
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
