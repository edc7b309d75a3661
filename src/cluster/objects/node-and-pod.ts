// Node and Pod objects as decoded: what stands in the API before the simulation touches anything.
//
// Plain immutable values. The running state of nodes and pods is in the tables of the state half.

import type { PodTemplate } from "../pod-template.ts";
import type { QuantityMap, ResourceList } from "../quantity/resource-list.ts";
import type { Taint } from "../selectors/taints.ts";
import type { Condition, ObjectMeta } from "./object-meta.ts";

/** An image that a node reports as present. */
export interface NodeImage {
  readonly names: readonly string[];
  readonly sizeBytes: number;
}

/** A node. */
export interface NodeObject {
  readonly kind: "Node";
  readonly meta: ObjectMeta;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  readonly podCidr: string;
  readonly providerId: string;
  readonly capacity: ResourceList;
  /** Capacity where the source gives none. */
  readonly allocatable: ResourceList;
  readonly capacityQuantities: QuantityMap;
  readonly allocatableQuantities: QuantityMap;
  readonly images: readonly NodeImage[];
  readonly conditions: readonly Condition[];
  readonly declaredFeatures: readonly string[];
  /** Volumes in status.volumesAttached and volumesInUse, as reported. */
  readonly volumesAttached: readonly string[];
}

/** Phase of a pod. */
export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";

/** Status of a pod in a dump; a fresh manifest has phase Pending and nothing else. */
export interface PodStatus {
  readonly phase: PodPhase;
  readonly reason: string;
  readonly startTimeSeconds: number | undefined;
  readonly nominatedNodeName: string;
  readonly conditions: readonly Condition[];
  /** The sum of restarts over its containers. */
  readonly restartCount: number;
  /** initContainerStatuses and containerStatuses by container name. */
  readonly containers: ReadonlyMap<string, ShownContainer>;
  readonly podIp: string;
  /** Claims made for spec.resourceClaims by name. */
  readonly resourceClaimStatuses: readonly {
    readonly name: string;
    readonly resourceClaimName: string | undefined;
  }[];
}

/** How a container ended, as a status says it; times in seconds since 1970. */
export interface ShownEnd {
  readonly reason: string;
  readonly exitCode: number;
  readonly startedSeconds: number | undefined;
  readonly finishedSeconds: number | undefined;
}

/** One container of a pod's status; without any state it waits. */
export interface ShownContainer {
  readonly isReady: boolean;
  readonly isStarted: boolean;
  readonly restartCount: number;
  readonly waitingReason: string;
  readonly running: { readonly startedSeconds: number | undefined } | undefined;
  readonly terminated: ShownEnd | undefined;
  readonly last: ShownEnd | undefined;
}

/** A pod. Everything its siblings share is in `template`. */
export interface PodObject {
  readonly kind: "Pod";
  readonly meta: ObjectMeta;
  readonly template: PodTemplate;
  /** The node it is bound to; "" = not bound. */
  readonly nodeName: string;
  readonly status: PodStatus;
}
