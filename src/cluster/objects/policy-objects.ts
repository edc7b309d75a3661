// Objects that rule over others: namespaces, priorities, budgets, quotas, limits, scaling, services.
//
// Plain immutable values with the API's defaults applied; decode-policies.ts makes them.

import type { QuantityMap } from "../quantity/resource-list.ts";
import type { LabelSelector } from "../selectors/label-selector.ts";
import type { Labels } from "../selectors/labels.ts";
import type { Toleration } from "../selectors/taints.ts";
import type { IntOrPercent, ObjectMeta } from "./object-meta.ts";

/** A namespace; its labels hold kubernetes.io/metadata.name. */
export interface NamespaceObject {
  readonly kind: "Namespace";
  readonly meta: ObjectMeta;
  readonly phase: "Active" | "Terminating";
}

/** A priority class. */
export interface PriorityClassObject {
  readonly kind: "PriorityClass";
  readonly meta: ObjectMeta;
  readonly value: number;
  readonly globalDefault: boolean;
  readonly preemptionPolicy: "PreemptLowerPriority" | "Never";
}

/** A disruption budget; exactly one of the two bounds is set (neither: minAvailable 1 by default rule of no bound). */
export interface PodDisruptionBudgetObject {
  readonly kind: "PodDisruptionBudget";
  readonly meta: ObjectMeta;
  readonly selector: LabelSelector;
  readonly minAvailable: IntOrPercent | undefined;
  readonly maxUnavailable: IntOrPercent | undefined;
  readonly unhealthyPodEvictionPolicy: "IfHealthyBudget" | "AlwaysAllow";
  /** status.disruptionsAllowed of a dump; recorded decisions read it. undefined = not stated. */
  readonly disruptionsAllowed: number | undefined;
  /** Names in status.disruptedPods. */
  readonly disruptedPods: readonly string[];
}

/** One item of a LimitRange, by type Container, Pod or PersistentVolumeClaim. */
export interface LimitRangeItem {
  readonly type: string;
  readonly max: QuantityMap;
  readonly min: QuantityMap;
  readonly default: QuantityMap;
  readonly defaultRequest: QuantityMap;
  readonly maxLimitRequestRatio: QuantityMap;
}

/** Limits and defaults for the containers of a namespace; API defaulting of its items is done. */
export interface LimitRangeObject {
  readonly kind: "LimitRange";
  readonly meta: ObjectMeta;
  readonly items: readonly LimitRangeItem[];
}

/** One entry of a quota's scopeSelector. */
export interface QuotaScope {
  readonly scopeName: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

/** A bound on what a namespace may ask for. */
export interface ResourceQuotaObject {
  readonly kind: "ResourceQuota";
  readonly meta: ObjectMeta;
  readonly hard: QuantityMap;
  /** scopes (as Exists) and scopeSelector together. */
  readonly scopes: readonly QuotaScope[];
}

/** One metric of an autoscaler. Only resource metrics can be simulated; others are kept by type. */
export interface HpaMetric {
  readonly type: string;
  readonly resourceName: string;
  /** For ContainerResource metrics. */
  readonly containerName: string;
  readonly targetType: "Utilization" | "AverageValue" | "Value";
  readonly averageUtilizationPercent: number | undefined;
  readonly averageValueMilli: bigint | undefined;
}

/** Rules for one direction of scaling; undefined members take the controller's defaults. */
export interface HpaScalingRules {
  readonly stabilizationWindowSeconds: number | undefined;
  readonly selectPolicy: "Max" | "Min" | "Disabled" | undefined;
  readonly policies: readonly {
    readonly type: "Pods" | "Percent";
    readonly value: number;
    readonly periodSeconds: number;
  }[];
  readonly toleranceMilli: number | undefined;
}

/** A horizontal pod autoscaler. */
export interface HorizontalPodAutoscalerObject {
  readonly kind: "HorizontalPodAutoscaler";
  readonly meta: ObjectMeta;
  readonly target: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: readonly HpaMetric[];
  readonly scaleUp: HpaScalingRules | undefined;
  readonly scaleDown: HpaScalingRules | undefined;
}

/** Overhead and placement that a runtime class adds to its pods. */
export interface RuntimeClassObject {
  readonly kind: "RuntimeClass";
  readonly meta: ObjectMeta;
  readonly overhead: QuantityMap;
  readonly nodeSelector: Labels | undefined;
  readonly tolerations: readonly Toleration[];
}

/** A service. */
export interface ServiceObject {
  readonly kind: "Service";
  readonly meta: ObjectMeta;
  /** undefined when null; an empty map is kept distinct (P12.1). */
  readonly selector: Labels | undefined;
  readonly type: string;
  readonly clusterIp: string;
  readonly ports: readonly {
    readonly name: string;
    readonly port: number;
    readonly targetPort: string;
    readonly nodePort: number;
    readonly protocol: string;
  }[];
  readonly publishNotReadyAddresses: boolean;
  readonly sessionAffinity: string;
  readonly sessionAffinityTimeoutSeconds: number;
  readonly internalTrafficPolicy: "Cluster" | "Local";
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly trafficDistribution: string;
}

/**
 * Objects of dynamic resource allocation. Their metadata is decoded; what they say of devices is kept
 * as plain data for whoever allocates devices.
 */
export interface DynamicResourceObject {
  readonly kind: "DeviceClass" | "ResourceClaim" | "ResourceClaimTemplate" | "ResourceSlice";
  readonly meta: ObjectMeta;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: Readonly<Record<string, unknown>>;
}
