// Compiles a pod's labels, annotations and spec into the one form everything else reads.
//
// It does what the API server does to a new pod (defaults, rounding, merged label keys, checks) where
// the options ask for it. Admission (priority, tolerations, limit ranges) is not done here.

import { decodeTolerations, decodeOptionalLabels, decodeLabels } from "../objects/decode-labels.ts";
import type { FieldCursor } from "../objects/field-cursor.ts";
import type { Container, ContainerResources, HostPort, PodTemplate } from "../pod-template.ts";
import type { Quantity } from "../quantity/quantity.ts";
import { type QuantityMap, type ResourceList, resourceListOf } from "../quantity/resource-list.ts";
import { isHugePageResource, isPodLevelResource } from "../quantity/resource-names.ts";
import { type Labels, labelsOf } from "../selectors/labels.ts";
import { subdomainProblem, qualifiedNameProblem } from "../selectors/qualified-name.ts";
import { decodeAffinity, decodeTopologySpread } from "./decode-affinity.ts";
import { decodeContainer, type DecodedContainer, decodeResources } from "./decode-containers.ts";
import { decodeReported } from "./decode-reported.ts";
import { decodeVolumes } from "./decode-volumes.ts";
import { normalizeImageName } from "./image-name.ts";
import { isKeptAnnotation } from "./kept-annotations.ts";
import {
  NON_ZERO_DEFAULTS,
  nonZeroPodRequests,
  podLimits,
  podRequests,
  type RequestingPod,
} from "./pod-requests.ts";
import { qosClassOf } from "./qos-class.ts";
import { decodeRunAnnotations } from "./run-annotations.ts";

/** Everything of a template but its place in a registry. */
export type CompiledPodTemplate = Omit<PodTemplate, "index" | "contentHash" | "source">;

/** Compiles `{metadata, spec, status?}`. The cursor's sink receives problems and ignored fields. */
export function compilePodTemplate(pod: FieldCursor): CompiledPodTemplate {
  const metadata = pod.objectOrEmpty("metadata");
  const labels = decodeLabels(metadata, "labels");
  const annotations = labelsOf(
    [...(metadata.pairs("annotations") ?? [])].filter(([key]) => isKeptAnnotation(key)),
  );
  if (!pod.has("spec")) pod.refuse("spec", "Required value", "E_REQUIRED");
  const spec = pod.objectOrEmpty("spec");
  const hostNetwork = spec.boolean("hostNetwork");
  const containers = decodeContainers(spec, "containers", hostNetwork);
  const initContainers = decodeContainers(spec, "initContainers", hostNetwork);
  const parts = [...containers, ...initContainers];
  checkContainerNames(spec, parts);
  const compiled: CompiledPodTemplate = {
    labels,
    annotations,
    ...compilePlacement(spec, labels),
    ...compileContents(spec, parts, containers, initContainers),
    ...compileRequests(pod, spec, containers, initContainers),
    ...compileLife(spec, hostNetwork),
    hostNetwork,
    run: decodeRunAnnotations(annotations, (key, message, knownKeys) => {
      const hint = knownKeys.length === 0 ? undefined : `known ones: ${knownKeys.join(", ")}`;
      pod.sink.error(metadata.at("annotations", key), message, "E_INVALID_ANNOTATION", hint);
    }),
    unsimulated: [],
  };
  noteUnmodelled(spec);
  spec.close(true);
  return { ...compiled, unsimulated: unsimulatedOf(spec) };
}

function decodeContainers(
  spec: FieldCursor,
  key: "containers" | "initContainers",
  hostNetwork: boolean,
): DecodedContainer[] {
  const isInit = key === "initContainers";
  if (!isInit && spec.list(key).length === 0) spec.refuse(key, "Required value", "E_REQUIRED");
  return spec.objects(key).map((item) => decodeContainer(item, isInit, hostNetwork));
}

function checkContainerNames(spec: FieldCursor, parts: readonly DecodedContainer[]): void {
  const names = new Set<string>();
  for (const { container } of parts) {
    if (container.name !== "" && names.has(container.name)) {
      spec.refuse(
        "containers",
        `Duplicate value: "${container.name}": container names must be unique`,
      );
    }
    names.add(container.name);
  }
}

type Placement = Pick<
  PodTemplate,
  | "schedulerName"
  | "priority"
  | "priorityClassName"
  | "preemptionPolicy"
  | "runtimeClassName"
  | "nodeName"
  | "nodeSelector"
  | "requiredNodeAffinity"
  | "preferredNodeAffinity"
  | "nodeNamesAllowed"
  | "podAffinity"
  | "podAntiAffinity"
  | "topologySpreadConstraints"
  | "tolerations"
  | "schedulingGates"
>;

function compilePlacement(spec: FieldCursor, labels: Labels): Placement {
  const nodeSelector = decodeOptionalLabels(spec, "nodeSelector");
  const affinity = decodeAffinity(spec, labels);
  const hasRequired = affinity.requiredNode !== undefined || nodeSelector !== undefined;
  const nodeName = spec.text("nodeName");
  const gates = decodeGates(spec);
  if (nodeName !== "" && gates.length > 0) {
    spec.refuse("nodeName", "Forbidden: cannot be set until all schedulingGates have been cleared");
  }
  if (nodeName !== "") checkName(spec, "nodeName", nodeName);
  return {
    schedulerName: spec.text("schedulerName", "default-scheduler") || "default-scheduler",
    priority: spec.optionalInteger("priority"),
    priorityClassName: spec.text("priorityClassName"),
    preemptionPolicy: spec.oneOf(
      "preemptionPolicy",
      ["PreemptLowerPriority", "Never"],
      "PreemptLowerPriority",
    ),
    runtimeClassName: spec.text("runtimeClassName"),
    nodeName,
    nodeSelector,
    requiredNodeAffinity: hasRequired
      ? { nodeSelector, selector: affinity.requiredNode }
      : undefined,
    preferredNodeAffinity: affinity.preferredNode,
    nodeNamesAllowed: affinity.requiredNode?.nodeNames,
    podAffinity: affinity.podAffinity,
    podAntiAffinity: affinity.podAntiAffinity,
    topologySpreadConstraints: decodeTopologySpread(spec, labels),
    tolerations: decodeTolerations(spec, "tolerations"),
    schedulingGates: gates,
  };
}

function decodeGates(spec: FieldCursor): string[] {
  const gates: string[] = [];
  for (const item of spec.objects("schedulingGates")) {
    const name = item.text("name");
    const problem = qualifiedNameProblem(name);
    if (problem !== undefined) item.refuse("name", `Invalid value: "${name}": ${problem}`);
    if (gates.includes(name)) item.refuse("name", `Duplicate value: "${name}"`);
    item.close(true);
    gates.push(name);
  }
  return gates;
}

function checkName(spec: FieldCursor, key: string, name: string): void {
  const problem = subdomainProblem(name);
  if (problem !== undefined)
    spec.refuse(key, `Invalid value: "${name}": ${problem}`, "E_INVALID_NAME");
}

type Contents = Pick<
  PodTemplate,
  | "containers"
  | "initContainers"
  | "volumes"
  | "hostPorts"
  | "images"
  | "volumeImages"
  | "resourceClaims"
  | "requiredNodeFeatures"
  | "hostUsers"
>;

function compileContents(
  spec: FieldCursor,
  parts: readonly DecodedContainer[],
  containers: readonly DecodedContainer[],
  initContainers: readonly DecodedContainer[],
): Contents {
  const main = containers.map((part) => part.container);
  const init = initContainers.map((part) => part.container);
  const volumes = decodeVolumes(spec);
  const hostUsers = spec.boolean("hostUsers", true);
  const features: string[] = [];
  if (parts.some((part) => part.restartsAllContainers)) {
    features.push("RestartAllContainersOnContainerExits");
  }
  if (spec.boolean("hostNetwork") && !hostUsers) features.push("UserNamespacesHostNetworkSupport");
  return {
    containers: main,
    initContainers: init,
    volumes,
    hostPorts: collectHostPorts([...main, ...init.filter((container) => container.isSidecar)]),
    images: [...init, ...main].map((container) => normalizeImageName(container.image)),
    volumeImages: volumes.flatMap((volume) =>
      volume.kind === "image" ? [normalizeImageName(volume.reference)] : [],
    ),
    resourceClaims: spec.objects("resourceClaims").map((item) => {
      const claim = {
        name: item.text("name"),
        resourceClaimName: item.optionalText("resourceClaimName"),
        resourceClaimTemplateName: item.optionalText("resourceClaimTemplateName"),
      };
      item.close(true);
      return claim;
    }),
    requiredNodeFeatures: features,
    hostUsers,
  };
}

function collectHostPorts(containers: readonly Container[]): HostPort[] {
  return containers.flatMap((container) =>
    container.ports
      .filter((port) => port.hostPort > 0)
      .map((port) => ({
        ip: port.hostIp === "" ? "0.0.0.0" : port.hostIp,
        protocol: port.protocol,
        port: port.hostPort,
      })),
  );
}

type Requests = Pick<
  PodTemplate,
  | "requests"
  | "scoreRequests"
  | "nodeRequests"
  | "nonZeroRequests"
  | "balancedRequests"
  | "requestQuantities"
  | "limitQuantities"
  | "podLevel"
  | "overhead"
  | "qosClass"
>;

function compileRequests(
  pod: FieldCursor,
  spec: FieldCursor,
  containers: readonly DecodedContainer[],
  initContainers: readonly DecodedContainer[],
): Requests {
  const main = containers.map((part) => part.container);
  const init = initContainers.map((part) => part.container);
  const requesting = requestingPodOf(pod, spec, main, init);
  const { podLevel, overhead } = requesting;
  const requestQuantities = podRequests(requesting);
  const nodeRequests = resourceListOf(podRequests(requesting, { useStatus: true }));
  const scoreOptions = { skipPodLevel: true, nonMissing: NON_ZERO_DEFAULTS };
  return {
    requests: shareEqual(resourceListOf(requestQuantities, true), nodeRequests),
    scoreRequests: resourceListOf(podRequests(requesting, scoreOptions)),
    nodeRequests,
    nonZeroRequests: resourceListOf(nonZeroPodRequests(requesting)),
    balancedRequests: nodeRequests,
    requestQuantities,
    limitQuantities: podLimits(requesting),
    podLevel,
    overhead,
    qosClass: qosClassOf([...main, ...init], podLevel),
  };
}

/** The pod as the formula of requests and limits sees it. */
export function decodeRequestingPod(pod: FieldCursor): RequestingPod {
  const spec = pod.objectOrEmpty("spec");
  const read = (key: string, isInit: boolean): Container[] =>
    spec.objects(key).map((item) => decodeContainer(item, isInit, false).container);
  return requestingPodOf(pod, spec, read("containers", false), read("initContainers", true));
}

function requestingPodOf(
  pod: FieldCursor,
  spec: FieldCursor,
  containers: readonly Container[],
  initContainers: readonly Container[],
): RequestingPod {
  const overhead = spec.quantities("overhead");
  const parts = { containers, initContainers, ...decodeReported(pod) };
  const podLevel = decodePodLevel(spec, { ...parts, overhead: new Map(), podLevel: undefined });
  return { ...parts, overhead, podLevel };
}

/**
 * spec.resources with the API's defaults (Q9): huge pages are limited as in the containers; where the
 * pod then has limits, its requests are the containers' sums, else those limits.
 */
function decodePodLevel(spec: FieldCursor, pod: RequestingPod): ContainerResources | undefined {
  if (!spec.has("resources")) return undefined;
  const { requests: given, limits: givenLimits } = decodeResources(spec, "resources", "keep");
  const requests = new Map<string, Quantity>(given);
  const limits = new Map<string, Quantity>(givenLimits);
  const isDefaulted = spec.sink.options.defaulting && requests.size + limits.size > 0;
  if (isDefaulted) fillHugePages(limits, requests, podLimits(pod));
  if (isDefaulted && limits.size > 0) {
    fillFromContainers(requests, podRequests(pod));
    for (const [name, limit] of limits) {
      if (isPodLevelResource(name) && !requests.has(name)) requests.set(name, limit);
    }
  }
  return { requests, limits };
}

function fillHugePages(
  limits: Map<string, Quantity>,
  requests: QuantityMap,
  sums: QuantityMap,
): void {
  for (const [name, sum] of sums) {
    const isSaid = limits.has(name) || requests.has(name);
    if (isHugePageResource(name) && !isSaid) limits.set(name, sum);
  }
}

function fillFromContainers(requests: Map<string, Quantity>, sums: QuantityMap): void {
  for (const [name, sum] of sums) {
    const isFilled = isPodLevelResource(name) && !isHugePageResource(name);
    if (isFilled && !requests.has(name)) requests.set(name, sum);
  }
}

/** The same object for equal amounts, so that tables of distinct lists stay small. */
function shareEqual(list: ResourceList, other: ResourceList): ResourceList {
  const isEqual =
    list.exact === undefined &&
    other.exact === undefined &&
    list.present === other.present &&
    list.milliCpu === other.milliCpu &&
    list.memoryBytes === other.memoryBytes &&
    list.ephemeralStorageBytes === other.ephemeralStorageBytes &&
    list.pods === other.pods &&
    list.scalars.size === other.scalars.size &&
    [...list.scalars].every(([name, amount]) => other.scalars.get(name) === amount);
  return isEqual ? other : list;
}

type Life = Pick<
  PodTemplate,
  | "terminationGracePeriodSeconds"
  | "activeDeadlineSeconds"
  | "restartPolicy"
  | "serviceAccountName"
  | "hostname"
  | "subdomain"
  | "readinessGates"
>;

function compileLife(spec: FieldCursor, hostNetwork: boolean): Life {
  const grace = spec.integer("terminationGracePeriodSeconds", 30, -MAX_SAFE, MAX_SAFE);
  if (hostNetwork) spec.skip("hostNetwork");
  const activeDeadlineSeconds = spec.optionalInteger("activeDeadlineSeconds", -MAX_SAFE, MAX_SAFE);
  if (activeDeadlineSeconds !== undefined && activeDeadlineSeconds < 1) {
    spec.refuse(
      "activeDeadlineSeconds",
      `Invalid value: ${activeDeadlineSeconds}: must be between 1 and 2147483647, inclusive`,
    );
  }
  const legacyAccount = spec.text("serviceAccount");
  const serviceAccountName = spec.text("serviceAccountName") || legacyAccount;
  return {
    // A negative grace period becomes 1 second, as the API server sets it.
    terminationGracePeriodSeconds: grace < 0 ? 1 : grace,
    activeDeadlineSeconds,
    restartPolicy: spec.oneOf("restartPolicy", ["Always", "OnFailure", "Never"], "Always"),
    serviceAccountName,
    hostname: spec.text("hostname"),
    subdomain: spec.text("subdomain"),
    readinessGates: spec.objects("readinessGates").map((item) => item.text("conditionType")),
  };
}

const MAX_SAFE = Number.MAX_SAFE_INTEGER;

function noteUnmodelled(spec: FieldCursor): void {
  spec.ignore("dnsPolicy", "dnsConfig", "hostAliases", "enableServiceLinks", "setHostnameAsFQDN");
  spec.ignore("securityContext", "imagePullSecrets", "automountServiceAccountToken", "hostPID");
  spec.ignore("hostIPC", "shareProcessNamespace", "ephemeralContainers", "os", "hostnameOverride");
  // Gang scheduling is off in this release; the API server drops the field.
  spec.ignore("workloadRef", "schedulingGroup");
  if (spec.list("resourceClaims").length > 0) spec.ignoreScheduling("resourceClaims");
}

function unsimulatedOf(spec: FieldCursor): PodTemplate["unsimulated"] {
  const fields = new Map<string, boolean>();
  for (const { path, changesScheduling } of spec.sink.ignored) {
    const field = path
      .slice(spec.path.length - 1)
      .filter((step) => typeof step === "string")
      .join(".");
    fields.set(field, (fields.get(field) ?? false) || changesScheduling);
  }
  return [...fields].map(([field, changesScheduling]) => ({ field, changesScheduling }));
}
