// Decoding of namespaces, priorities, budgets, quotas, limits, autoscalers, runtime classes, services.
//
// One function per kind, with the API's defaults and rules. What these objects do to others is the
// admission's and the controllers' business.

import type { QuantityMap } from "../quantity/resource-list.ts";
import type { Quantity } from "../quantity/quantity.ts";
import {
  decodeLabels,
  decodeLabelSelector,
  decodeOptionalLabels,
  decodeTolerations,
} from "./decode-labels.ts";
import { decodeIntOrPercent, decodeMeta } from "./decode-meta.ts";
import { type FieldCursor, isRecord } from "./field-cursor.ts";
import type {
  DynamicResourceObject,
  HorizontalPodAutoscalerObject,
  HpaMetric,
  HpaScalingRules,
  LimitRangeItem,
  LimitRangeObject,
  NamespaceObject,
  PodDisruptionBudgetObject,
  PriorityClassObject,
  QuotaScope,
  ResourceQuotaObject,
  RuntimeClassObject,
  ServiceObject,
} from "./policy-objects.ts";

/** Decodes a Namespace; the API gives it a label with its name. */
export function decodeNamespace(object: FieldCursor): NamespaceObject {
  const meta = decodeMeta(object, false, "label");
  const labels = new Map(meta.labels);
  if (object.sink.options.defaulting) labels.set("kubernetes.io/metadata.name", meta.name);
  object.ignore("spec");
  const phase = object.objectOrEmpty("status").oneOf("phase", ["Active", "Terminating"], "Active");
  return { kind: "Namespace", meta: { ...meta, labels }, phase };
}

/** Largest value of a class that a user may make; the two system classes lie above. */
const USER_PRIORITY_MAX = 1_000_000_000;

/** Decodes a PriorityClass. */
export function decodePriorityClass(object: FieldCursor): PriorityClassObject {
  const meta = decodeMeta(object, false, "subdomain");
  const value = object.integer("value", 0);
  if (!object.has("value")) object.refuse("value", "Required value", "E_REQUIRED");
  const isSystem = meta.name.startsWith("system-");
  if (!isSystem && value > USER_PRIORITY_MAX) {
    object.refuse(
      "value",
      `Forbidden: maximum allowed value of a user defined priority is ${USER_PRIORITY_MAX}`,
    );
  }
  const priorityClass: PriorityClassObject = {
    kind: "PriorityClass",
    meta,
    value,
    globalDefault: object.boolean("globalDefault"),
    preemptionPolicy: object.oneOf(
      "preemptionPolicy",
      ["PreemptLowerPriority", "Never"],
      "PreemptLowerPriority",
    ),
  };
  object.skip("description");
  return priorityClass;
}

/** Decodes a PodDisruptionBudget. */
export function decodeBudget(object: FieldCursor): PodDisruptionBudgetObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = object.objectOrEmpty("spec");
  const minAvailable = decodeIntOrPercent(spec, "minAvailable");
  const maxUnavailable = decodeIntOrPercent(spec, "maxUnavailable");
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    spec.refuse(
      "maxUnavailable",
      "Invalid value: minAvailable and maxUnavailable cannot be both set",
    );
  }
  for (const [key, bound] of [
    ["minAvailable", minAvailable],
    ["maxUnavailable", maxUnavailable],
  ] as const) {
    if (bound?.kind === "percent" && bound.value > 100) {
      spec.refuse(key, `Invalid value: "${bound.value}%": a percentage must be no more than 100%`);
    }
  }
  const status = object.objectOrEmpty("status");
  const budget: PodDisruptionBudgetObject = {
    kind: "PodDisruptionBudget",
    meta,
    selector: decodeLabelSelector(spec, "selector"),
    minAvailable,
    maxUnavailable,
    unhealthyPodEvictionPolicy: spec.oneOf(
      "unhealthyPodEvictionPolicy",
      ["IfHealthyBudget", "AlwaysAllow"],
      "IfHealthyBudget",
    ),
    disruptionsAllowed: status.optionalInteger("disruptionsAllowed"),
    disruptedPods: [...(status.pairs("disruptedPods") ?? new Map<string, string>()).keys()],
  };
  spec.close(true);
  return budget;
}

/** Decodes a LimitRange with the API's defaults among its items' fields. */
export function decodeLimitRange(object: FieldCursor): LimitRangeObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = object.objectOrEmpty("spec");
  const items = spec.objects("limits").map((item): LimitRangeItem => {
    const type = item.text("type");
    const max = item.quantities("max");
    const min = item.quantities("min");
    const given = {
      limits: item.quantities("default"),
      requests: item.quantities("defaultRequest"),
    };
    // default <- max; defaultRequest <- default, then min: for containers only.
    const isContainer = type === "Container" && object.sink.options.defaulting;
    const limits = isContainer ? withMissing(given.limits, max) : given.limits;
    const requests = isContainer
      ? withMissing(withMissing(given.requests, limits), min)
      : given.requests;
    const maxLimitRequestRatio = item.quantities("maxLimitRequestRatio");
    item.close(true);
    return { type, max, min, default: limits, defaultRequest: requests, maxLimitRequestRatio };
  });
  spec.close(true);
  return { kind: "LimitRange", meta, items };
}

function withMissing(amounts: QuantityMap, more: QuantityMap): QuantityMap {
  const merged = new Map<string, Quantity>(amounts);
  for (const [name, amount] of more) {
    if (!merged.has(name)) merged.set(name, amount);
  }
  return merged;
}

/** Decodes a ResourceQuota. */
export function decodeQuota(object: FieldCursor): ResourceQuotaObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = object.objectOrEmpty("spec");
  const scopes = spec
    .texts("scopes")
    .map((scopeName): QuotaScope => ({ scopeName, operator: "Exists", values: [] }));
  for (const item of spec.objectOrEmpty("scopeSelector").objects("matchExpressions")) {
    scopes.push({
      scopeName: item.text("scopeName"),
      operator: item.oneOf("operator", ["In", "NotIn", "Exists", "DoesNotExist"], "Exists"),
      values: item.texts("values"),
    });
  }
  const quota: ResourceQuotaObject = {
    kind: "ResourceQuota",
    meta,
    hard: spec.quantities("hard"),
    scopes,
  };
  spec.close(true);
  return quota;
}

/** Decodes a HorizontalPodAutoscaler of autoscaling/v1 or v2. */
export function decodeAutoscaler(object: FieldCursor): HorizontalPodAutoscalerObject {
  const meta = decodeMeta(object, true, "subdomain");
  const spec = object.objectOrEmpty("spec");
  const target = spec.objectOrEmpty("scaleTargetRef");
  const behavior = spec.objectOrEmpty("behavior");
  const maxReplicas = spec.integer("maxReplicas", 0, 0);
  const minReplicas = spec.integer("minReplicas", 1, 0);
  if (maxReplicas < 1)
    spec.refuse("maxReplicas", `Invalid value: ${maxReplicas}: must be greater than 0`);
  else if (maxReplicas < minReplicas) {
    spec.refuse(
      "maxReplicas",
      `Invalid value: ${maxReplicas}: must be greater than or equal to \`minReplicas\``,
    );
  }
  const cpuPercent = spec.optionalInteger("targetCPUUtilizationPercentage", 1);
  const listed = spec.objects("metrics").map(decodeMetric);
  const metrics = cpuPercent === undefined ? listed : [...listed, cpuUtilization(cpuPercent)];
  const autoscaler: HorizontalPodAutoscalerObject = {
    kind: "HorizontalPodAutoscaler",
    meta,
    target: {
      apiVersion: target.text("apiVersion"),
      kind: target.text("kind"),
      name: target.text("name"),
    },
    minReplicas,
    maxReplicas,
    metrics: metrics.length === 0 ? [cpuUtilization(80)] : metrics,
    scaleUp: decodeScalingRules(behavior.object("scaleUp")),
    scaleDown: decodeScalingRules(behavior.object("scaleDown")),
  };
  target.close(true);
  behavior.close(true);
  spec.close(true);
  return autoscaler;
}

function cpuUtilization(percent: number): HpaMetric {
  return {
    type: "Resource",
    resourceName: "cpu",
    containerName: "",
    targetType: "Utilization",
    averageUtilizationPercent: percent,
    averageValueMilli: undefined,
  };
}

const METRIC_SOURCE: ReadonlyMap<string, string> = new Map([
  ["Resource", "resource"],
  ["ContainerResource", "containerResource"],
  ["Pods", "pods"],
  ["Object", "object"],
  ["External", "external"],
]);

function decodeMetric(item: FieldCursor): HpaMetric {
  const type = item.text("type");
  const source = item.objectOrEmpty(METRIC_SOURCE.get(type) ?? "resource");
  const target = source.objectOrEmpty("target");
  // autoscaling/v2beta1 has the target's fields beside the resource's name.
  const legacyPercent = source.optionalInteger("targetAverageUtilization", 1);
  const averageValue = target.quantity("averageValue") ?? target.quantity("value");
  const metricName = source.object("metric")?.text("name");
  const decoded: HpaMetric = {
    type,
    resourceName: metricName ?? source.text("name"),
    containerName: source.text("container"),
    targetType: target.oneOf("type", ["Utilization", "AverageValue", "Value"], "Utilization"),
    averageUtilizationPercent: target.optionalInteger("averageUtilization", 1) ?? legacyPercent,
    averageValueMilli: averageValue?.milliValue(),
  };
  target.close(true);
  source.ignoreRest();
  // Only usage of cpu and memory exists in a simulation.
  if (type !== "Resource" && type !== "ContainerResource") {
    item.ignoreScheduling(METRIC_SOURCE.get(type) ?? "type");
  }
  item.close(true);
  return decoded;
}

function decodeScalingRules(rules: FieldCursor | undefined): HpaScalingRules | undefined {
  if (rules === undefined) return undefined;
  const tolerance = rules.quantity("tolerance");
  const decoded: HpaScalingRules = {
    stabilizationWindowSeconds: rules.optionalInteger("stabilizationWindowSeconds", 0, 3_600),
    selectPolicy: rules.optionalOneOf("selectPolicy", ["Max", "Min", "Disabled"]),
    policies: rules.objects("policies").map((policy) => ({
      type: policy.oneOf("type", ["Pods", "Percent"], "Pods"),
      value: policy.integer("value", 0, 1),
      periodSeconds: policy.integer("periodSeconds", 0, 1, 1_800),
    })),
    toleranceMilli: tolerance === undefined ? undefined : Number(tolerance.milliValue()),
  };
  rules.close(true);
  return decoded;
}

/** Decodes a RuntimeClass. */
export function decodeRuntimeClass(object: FieldCursor): RuntimeClassObject {
  const meta = decodeMeta(object, false, "subdomain");
  const scheduling = object.objectOrEmpty("scheduling");
  const runtimeClass: RuntimeClassObject = {
    kind: "RuntimeClass",
    meta,
    overhead: object.objectOrEmpty("overhead").quantities("podFixed"),
    nodeSelector: decodeOptionalLabels(scheduling, "nodeSelector"),
    tolerations: decodeTolerations(scheduling, "tolerations"),
  };
  scheduling.close(true);
  object.skip("handler");
  return runtimeClass;
}

/** Decodes a Service. */
export function decodeService(object: FieldCursor): ServiceObject {
  const meta = decodeMeta(object, true, "label1035");
  const spec = object.objectOrEmpty("spec");
  const affinity = spec.objectOrEmpty("sessionAffinityConfig").objectOrEmpty("clientIP");
  const service: ServiceObject = {
    kind: "Service",
    meta,
    selector: spec.has("selector") ? decodeLabels(spec, "selector") : undefined,
    type: spec.oneOf(
      "type",
      ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"],
      "ClusterIP",
    ),
    clusterIp: spec.text("clusterIP"),
    ports: spec.objects("ports").map(decodePort),
    publishNotReadyAddresses: spec.boolean("publishNotReadyAddresses"),
    sessionAffinity: spec.oneOf("sessionAffinity", ["None", "ClientIP"], "None"),
    sessionAffinityTimeoutSeconds: affinity.integer("timeoutSeconds", 10_800, 1),
    internalTrafficPolicy: spec.oneOf("internalTrafficPolicy", ["Cluster", "Local"], "Cluster"),
    externalTrafficPolicy: spec.oneOf("externalTrafficPolicy", ["Cluster", "Local"], "Cluster"),
    trafficDistribution: spec.text("trafficDistribution"),
  };
  spec.skip("selector", "clusterIPs", "ipFamilies", "ipFamilyPolicy");
  spec.ignore("externalIPs", "externalName", "loadBalancerIP", "loadBalancerSourceRanges");
  spec.ignore("loadBalancerClass", "allocateLoadBalancerNodePorts", "healthCheckNodePort");
  spec.close();
  return service;
}

function decodePort(port: FieldCursor): ServiceObject["ports"][number] {
  const number = port.integer("port", 0);
  if (number < 1 || number > 65_535)
    port.refuse("port", `Invalid value: ${number}: must be between 1 and 65535, inclusive`);
  const target = port.raw("targetPort");
  const decoded = {
    name: port.text("name"),
    port: number,
    targetPort:
      typeof target === "string" || typeof target === "number" ? String(target) : String(number),
    nodePort: port.integer("nodePort", 0, 0, 65_535),
    protocol: port.oneOf("protocol", ["TCP", "UDP", "SCTP"], "TCP"),
  };
  port.ignore("appProtocol");
  port.close();
  return decoded;
}

/** Decodes an object of dynamic resource allocation; its spec and status stay plain data. */
export function decodeDynamicResource(
  object: FieldCursor,
  kind: DynamicResourceObject["kind"],
): DynamicResourceObject {
  const isNamespaced = kind === "ResourceClaim" || kind === "ResourceClaimTemplate";
  const meta = decodeMeta(object, isNamespaced, "subdomain");
  const spec = object.raw("spec");
  const status = object.raw("status");
  return { kind, meta, spec: isRecord(spec) ? spec : {}, status: isRecord(status) ? status : {} };
}
