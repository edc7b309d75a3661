// Pod requests and limits: what a pod asks for as a whole, from what its containers ask for.
//
// One formula with switches serves every caller (Q7, Q8): the filter, the scorers, the sums kept per
// node. It works on exact quantities and is computed once per template, never in a loop over pods.

import { type Quantity, quantityOf, quantityOfMilli, ZERO_QUANTITY } from "../quantity/quantity.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";
import { isPodLevelResource } from "../quantity/resource-names.ts";

/** A container as the formula sees it. */
export interface RequestingContainer {
  readonly name: string;
  readonly requests: QuantityMap;
  readonly limits: QuantityMap;
  /** Matters for init containers: a sidecar keeps its resources while the pod runs. */
  readonly isSidecar: boolean;
}

/** What status reports of one container's resources (in-place resize). */
export interface ReportedResources {
  readonly requests: QuantityMap;
  readonly limits: QuantityMap;
  readonly allocated: QuantityMap;
}

/** A pod as the formula sees it. */
export interface RequestingPod {
  readonly containers: readonly RequestingContainer[];
  readonly initContainers: readonly RequestingContainer[];
  readonly overhead: QuantityMap;
  /** spec.resources, undefined when absent. */
  readonly podLevel: { readonly requests: QuantityMap; readonly limits: QuantityMap } | undefined;
  /** By container name; only those with non-null resources in status. */
  readonly reported: ReadonlyMap<string, ReportedResources>;
  /** The pod's own status.resources with status.allocatedResources. */
  readonly reportedPodLevel: ReportedResources | undefined;
  /** The first PodResizePending condition says Infeasible. */
  readonly isResizeInfeasible: boolean;
}

/** Switches of the formula; everything off by default. */
export interface RequestOptions {
  readonly useStatus?: boolean;
  readonly skipPodLevel?: boolean;
  readonly excludeOverhead?: boolean;
  /** Counted for a container whose requests lack the name. */
  readonly nonMissing?: QuantityMap;
}

/** What a container without cpu or memory requests counts as when nodes are scored (Q8). */
export const NON_ZERO_DEFAULTS: QuantityMap = new Map([
  ["cpu", quantityOfMilli(100)],
  ["memory", quantityOf(209_715_200, "BinarySI")],
]);

/** The requests of a pod (Go's PodRequests). */
export function podRequests(pod: RequestingPod, options: RequestOptions = {}): QuantityMap {
  const total = aggregate(pod, (container, isReported) => {
    const own =
      options.useStatus && isReported ? reportedRequests(pod, container) : container.requests;
    return withNonMissing(own, options.nonMissing);
  });
  if (!options.skipPodLevel && pod.podLevel !== undefined) {
    const { requests } = pod.podLevel;
    replacePodLevel(
      total,
      requests,
      options.useStatus ? effectivePodRequests(pod, requests) : requests,
    );
  }
  if (!options.excludeOverhead) addAll(total, pod.overhead);
  return total;
}

/** The limits of a pod (Go's PodLimits): overhead only raises limits that exist. */
export function podLimits(pod: RequestingPod, options: RequestOptions = {}): QuantityMap {
  const total = aggregate(pod, (container, isReported) =>
    options.useStatus && isReported ? reportedLimits(pod, container) : container.limits,
  );
  if (!options.skipPodLevel && pod.podLevel !== undefined) {
    const { limits } = pod.podLevel;
    replacePodLevel(total, limits, options.useStatus ? effectivePodLimits(pod, limits) : limits);
  }
  if (options.excludeOverhead) return total;
  for (const [name, amount] of pod.overhead) {
    const limit = total.get(name);
    if (limit !== undefined && limit.sign !== 0) total.set(name, limit.add(amount));
  }
  return total;
}

/** NodeInfo's non-zero form: with pod-level requests only what the final sum lacks gets a default (Q8). */
export function nonZeroPodRequests(pod: RequestingPod): QuantityMap {
  const hasPodLevel = [...(pod.podLevel?.requests.keys() ?? [])].some(isPodLevelResource);
  if (!hasPodLevel) return podRequests(pod, { useStatus: true, nonMissing: NON_ZERO_DEFAULTS });
  const plain = podRequests(pod, { useStatus: true });
  const missing = [...NON_ZERO_DEFAULTS].filter(([name]) => !plain.has(name));
  return podRequests(pod, { useStatus: true, nonMissing: new Map(missing) });
}

/** max(running containers with sidecars, the init phase), per resource. */
function aggregate(
  pod: RequestingPod,
  read: (container: RequestingContainer, isReported: boolean) => QuantityMap,
): Map<string, Quantity> {
  const running = new Map<string, Quantity>();
  const sidecars = new Map<string, Quantity>();
  const init = new Map<string, Quantity>();
  for (const container of pod.containers) {
    addAll(running, read(container, pod.reported.has(container.name)));
  }
  for (const container of pod.initContainers) {
    const own = read(container, container.isSidecar && pod.reported.has(container.name));
    if (container.isSidecar) {
      addAll(running, own);
      addAll(sidecars, own);
      raiseTo(init, sidecars);
    } else {
      const phase = new Map(own);
      addAll(phase, sidecars);
      raiseTo(init, phase);
    }
  }
  raiseTo(running, init);
  return running;
}

function reportedRequests(pod: RequestingPod, container: RequestingContainer): QuantityMap {
  const reported = pod.reported.get(container.name);
  if (reported === undefined) return container.requests;
  const result = new Map(pod.isResizeInfeasible ? [] : container.requests);
  raiseTo(result, reported.requests);
  raiseTo(result, reported.allocated);
  return result;
}

function reportedLimits(pod: RequestingPod, container: RequestingContainer): QuantityMap {
  const reported = pod.reported.get(container.name);
  if (reported === undefined) return container.limits;
  if (pod.isResizeInfeasible) return reported.limits;
  const result = new Map(container.limits);
  raiseTo(result, reported.limits);
  return result;
}

function effectivePodRequests(pod: RequestingPod, requests: QuantityMap): QuantityMap {
  if (pod.reportedPodLevel === undefined) return requests;
  const result = new Map(pod.isResizeInfeasible ? [] : requests);
  raiseTo(result, pod.reportedPodLevel.requests);
  raiseTo(result, pod.reportedPodLevel.allocated);
  return result;
}

function effectivePodLimits(pod: RequestingPod, limits: QuantityMap): QuantityMap {
  if (pod.reportedPodLevel === undefined) return limits;
  const result = new Map(pod.isResizeInfeasible ? [] : limits);
  raiseTo(result, pod.reportedPodLevel.limits);
  return result;
}

/** Only what the spec names is replaced: reported alone it counts for nothing, unreported it is 0. */
function replacePodLevel(
  total: Map<string, Quantity>,
  spec: QuantityMap,
  effective: QuantityMap,
): void {
  for (const name of spec.keys()) {
    if (isPodLevelResource(name)) total.set(name, effective.get(name) ?? ZERO_QUANTITY);
  }
}

function withNonMissing(own: QuantityMap, nonMissing: QuantityMap | undefined): QuantityMap {
  if (nonMissing === undefined || nonMissing.size === 0) return own;
  const result = new Map(own);
  for (const [name, amount] of nonMissing) {
    if (!result.has(name)) result.set(name, amount);
  }
  return result;
}

function addAll(total: Map<string, Quantity>, more: QuantityMap): void {
  for (const [name, amount] of more) {
    const sum = total.get(name);
    total.set(name, sum === undefined ? amount : sum.add(amount));
  }
}

function raiseTo(total: Map<string, Quantity>, other: QuantityMap): void {
  for (const [name, amount] of other) {
    const present = total.get(name);
    if (present === undefined || amount.compare(present) > 0) total.set(name, amount);
  }
}
