// Taints that the node controllers put on nodes, and Node objects with taints and conditions changed.
//
// Node objects are immutable; each function gives a new one, or the same one if nothing changes.

import type { Condition, NodeObject, Taint, TaintEffect } from "../cluster/index.ts";

const PREFIX = "node.kubernetes.io/";
/** The kubelet says that the node is not ready. */
export const NOT_READY_KEY: string = `${PREFIX}not-ready`;
/** The kubelet says nothing any more; readiness is unknown. */
export const UNREACHABLE_KEY: string = `${PREFIX}unreachable`;
/** Set by an administrator who vouches that the machine is off: its pods may be deleted by force. */
export const OUT_OF_SERVICE_KEY: string = `${PREFIX}out-of-service`;
const UNSCHEDULABLE_KEY = `${PREFIX}unschedulable`;

/** Conditions whose status True means a NoSchedule taint. */
const PRESSURE_TAINTS: readonly (readonly [condition: string, key: string])[] = [
  ["MemoryPressure", `${PREFIX}memory-pressure`],
  ["DiskPressure", `${PREFIX}disk-pressure`],
  ["PIDPressure", `${PREFIX}pid-pressure`],
  ["NetworkUnavailable", `${PREFIX}network-unavailable`],
];

/** Keys whose NoSchedule taints belong to the node lifecycle controller. */
const CONDITION_KEYS: ReadonlySet<string> = new Set([
  NOT_READY_KEY,
  UNREACHABLE_KEY,
  UNSCHEDULABLE_KEY,
  ...PRESSURE_TAINTS.map(([, key]) => key),
]);

/** Status of a node condition; "" if the node has no such condition. */
export function conditionStatus(node: NodeObject, type: string): Condition["status"] | "" {
  return node.conditions.find((condition) => condition.type === type)?.status ?? "";
}

/** Keys of the NoSchedule taints that a node's conditions and cordon call for. */
export function wantedNoScheduleKeys(node: NodeObject): readonly string[] {
  const keys: string[] = [];
  const ready = conditionStatus(node, "Ready");
  if (ready === "False") keys.push(NOT_READY_KEY);
  if (ready === "Unknown") keys.push(UNREACHABLE_KEY);
  for (const [type, key] of PRESSURE_TAINTS) {
    if (conditionStatus(node, type) === "True") keys.push(key);
  }
  if (node.unschedulable) keys.push(UNSCHEDULABLE_KEY);
  return keys;
}

/** The node with exactly the NoSchedule taints that its conditions call for; foreign taints stay. */
export function withConditionTaints(node: NodeObject): NodeObject {
  const wanted = wantedNoScheduleKeys(node);
  const isOurs = (taint: Taint): boolean =>
    taint.effect === "NoSchedule" && CONDITION_KEYS.has(taint.key);
  const kept = node.taints.filter((taint) => !isOurs(taint) || wanted.includes(taint.key));
  const missing = wanted.filter((key) => !hasTaint(node, key, "NoSchedule"));
  if (missing.length === 0 && kept.length === node.taints.length) return node;
  return { ...node, taints: [...kept, ...missing.map((key) => taintOf(key, "NoSchedule"))] };
}

/** True if the node has a taint of this key and effect, whatever its value. */
export function hasTaint(node: NodeObject, key: string, effect: TaintEffect): boolean {
  return node.taints.some((taint) => taint.key === key && taint.effect === effect);
}

/** The node with one NoExecute taint of the two that speak of readiness, or none ("" for `key`). */
export function withNoExecuteTaint(node: NodeObject, key: string): NodeObject {
  const isReadiness = (taint: Taint): boolean =>
    taint.effect === "NoExecute" && (taint.key === NOT_READY_KEY || taint.key === UNREACHABLE_KEY);
  const isRight =
    (key === "" || hasTaint(node, key, "NoExecute")) &&
    node.taints.filter(isReadiness).length === (key === "" ? 0 : 1);
  if (isRight) return node;
  const kept = node.taints.filter((taint) => !isReadiness(taint));
  return { ...node, taints: key === "" ? kept : [...kept, taintOf(key, "NoExecute")] };
}

/** The NoExecute taints of a node. */
export function noExecuteTaints(node: NodeObject): readonly Taint[] {
  return node.taints.filter((taint) => taint.effect === "NoExecute");
}

/** Conditions that become Unknown when nothing is heard of a node; NetworkUnavailable does not. */
const KUBELET_CONDITIONS = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] as const;

/** The node as the node lifecycle controller leaves it when it has heard nothing for too long. */
export function withUnknownConditions(node: NodeObject, nowUs: number): NodeObject {
  const seconds = Math.floor(nowUs / 1_000_000);
  const others = node.conditions.filter(
    ({ type }) => !KUBELET_CONDITIONS.some((own) => own === type),
  );
  const unknown = KUBELET_CONDITIONS.map((type): Condition => {
    const before = node.conditions.find((condition) => condition.type === type);
    return {
      type,
      status: "Unknown",
      reason: before === undefined ? "NodeStatusNeverUpdated" : "NodeStatusUnknown",
      message:
        before === undefined
          ? "Kubelet never posted node status."
          : "Kubelet stopped posting node status.",
      lastTransitionSeconds: seconds,
      lastHeartbeatSeconds: before?.lastHeartbeatSeconds,
    };
  });
  return { ...node, conditions: [...others, ...unknown] };
}

function taintOf(key: string, effect: TaintEffect): Taint {
  return { key, value: "", effect };
}
