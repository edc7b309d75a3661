// Quality-of-service class of a pod, from cpu and memory of all containers, or of the pod level where set.
//
// It decides how a node under pressure treats the pod; scheduling does not read it.

import type { ContainerResources, QosClass } from "../pod-template.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";

const COUNTED = ["cpu", "memory"] as const;

/** The class the API server computes at creation (kubelet rules, section 8). */
export function qosClassOf(
  containers: readonly ContainerResources[],
  podLevel: ContainerResources | undefined,
): QosClass {
  const parts = podLevel === undefined ? containers : [podLevel];
  const named = parts.some((part) => hasPositive(part.requests) || hasPositive(part.limits));
  if (!named) return "BestEffort";
  return parts.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}

function hasPositive(amounts: QuantityMap): boolean {
  return COUNTED.some((name) => (amounts.get(name)?.sign ?? 0) > 0);
}

function isGuaranteed(part: ContainerResources): boolean {
  return COUNTED.every((name) => {
    const limit = part.limits.get(name);
    const request = part.requests.get(name) ?? limit;
    if (limit === undefined || request === undefined || limit.sign <= 0) return false;
    return request.compare(limit) === 0;
  });
}
