// What the API shows of what an expectation is about: facts by their names, as numbers and texts.
//
// Reads the tables and the object store and changes nothing. A fact of something that is not there,
// or that nobody has written yet, is null; null never meets an expectation.

import {
  type ApiServer,
  ConditionStatus,
  formatConditionStatus,
  formatPhase,
  formatPodReady,
  formatPodStatus,
  type LabelSelector,
  NO_NODE,
  NO_POD,
  type NodeIndex,
  parseLabelSelector,
  POD_CONDITION_NAMES,
  PodConditionType,
  type PodIndex,
  PodPhase,
  resizePendingReason,
  type StoreKind,
} from "../../cluster/index.ts";
import { endpointSliceOf } from "../../controllers/index.ts";
import type { Expectation, WantedFact } from "../scenario/scenario.ts";
import { readObjectKind, readObjectName } from "../scenario/scenario-fields.ts";
import { isWanted } from "./expectation-fields.ts";

/** Facts about conditions: this and the type. */
const CONDITIONS = "conditions.";
const STATUSES: readonly string[] = ["True", "False", "Unknown"];

/** The value of a fact; null = there is none. */
export type FactValue = number | string | null;

/** Finds the facts of one expectation at this instant; `events` counts those it narrows down. */
export function observeFacts(
  api: ApiServer,
  expectation: Expectation,
  events: number,
): (fact: WantedFact) => FactValue {
  switch (expectation.subject) {
    case "pods":
      return ({ fact }) => factOfPods(api, expectation, fact);
    case "pod":
      return (wanted) => factOfNamedPod(api, expectation, wanted);
    case "node":
      return (wanted) => factOfNode(api, expectation.name, wanted);
    case "object":
      return (wanted) => factOfObject(api, expectation, wanted);
    case "objects":
      return () => countObjects(api, expectation);
    case "service":
      return ({ fact }) => countEndpoints(api, expectation, fact);
    case "events":
      return () => events;
  }
}

// --- Pods ----------------------------------------------------------------------------------------

function factOfPods(api: ApiServer, expectation: Expectation, fact: string): FactValue {
  const chosen = choosePods(api, expectation);
  switch (fact) {
    case "count":
      return chosen.length;
    case "ready":
      return chosen.filter((pod) => isReady(api, pod)).length;
    case "terminating":
      return chosen.filter((pod) => api.pods.isDeleting(pod)).length;
    case "nodes":
      return new Set(boundNodes(api, chosen)).size;
    case "zoneSkew":
      return skewOf(api, chosen, (node) => api.nodes.zone(node));
    case "nodeSkew":
      return skewOf(api, chosen, (node) => node);
    default:
      return null;
  }
}

function choosePods(api: ApiServer, expectation: Expectation): PodIndex[] {
  const { name, only } = expectation;
  const namespace = namespaceOf(expectation);
  const selector = parseLabelSelector(name) as LabelSelector;
  const chosen: PodIndex[] = [];
  api.pods.forEach((pod) => {
    if (api.pods.namespace(pod) !== namespace) return;
    if (!selector.matches(api.pods.template(pod).labels)) return;
    if (only.every(({ fact, wanted }) => isWanted(factOfPod(api, pod, fact), wanted)))
      chosen.push(pod);
  });
  return chosen;
}

function boundNodes(api: ApiServer, pods: readonly PodIndex[]): NodeIndex[] {
  return pods.map((pod) => api.pods.node(pod)).filter((node) => node !== NO_NODE);
}

// Nothing placed is no spread, neither a good one nor a bad one.
function skewOf(
  api: ApiServer,
  pods: readonly PodIndex[],
  domainOf: (node: NodeIndex) => number,
): FactValue {
  const nodes = boundNodes(api, pods);
  if (nodes.length === 0) return null;
  const counts = new Map(api.nodes.collectExisting().map((node) => [domainOf(node), 0]));
  for (const node of nodes) counts.set(domainOf(node), (counts.get(domainOf(node)) ?? 0) + 1);
  return Math.max(...counts.values()) - Math.min(...counts.values());
}

function factOfNamedPod(
  api: ApiServer,
  expectation: Expectation,
  { fact, wanted }: WantedFact,
): FactValue {
  const slash = expectation.name.indexOf("/");
  const namespace = slash < 0 ? namespaceOf(expectation) : expectation.name.slice(0, slash);
  const pod = api.pods.find(namespace, expectation.name.slice(slash + 1));
  if (fact === "exists") return String(pod !== NO_POD);
  if (pod === NO_POD) return null;
  const isCondition = fact.startsWith(CONDITIONS);
  return isCondition
    ? conditionOfPod(api, pod, fact.slice(CONDITIONS.length), wanted.value)
    : factOfPod(api, pod, fact);
}

function conditionOfPod(
  { pods }: ApiServer,
  pod: PodIndex,
  type: string,
  wanted: number | string,
): FactValue {
  if (type === "PodResizePending") {
    const reason = resizePendingReason(pods.template(pod)) ?? null;
    return reason !== null && STATUSES.includes(String(wanted)) ? "True" : reason;
  }
  const position = POD_CONDITION_NAMES.indexOf(type) as PodConditionType;
  if (position < 0 || pods.condition(pod, position) === ConditionStatus.Absent) return null;
  const status = formatConditionStatus(pods.condition(pod, position));
  return STATUSES.includes(String(wanted)) ? status : pods.conditionReason(pod, position);
}

function factOfPod({ pods, nodes }: ApiServer, pod: PodIndex, fact: string): FactValue {
  switch (fact) {
    case "ready":
      return String(pods.ready(pod) === ConditionStatus.True);
    case "phase":
      return formatPhase(pods.phase(pod));
    case "status":
      return formatPodStatus(pods, pod);
    case "image":
      return imagesOf(pods, pod);
    case "onNode":
      return pods.node(pod) === NO_NODE ? null : nodes.name(pods.node(pod));
    case "reason":
      return pods.reason(pod);
    case "readyContainers":
      return formatPodReady(pods, pod);
    case "restarts":
      return pods.restartCount(pod);
    case "pending":
      return pods.node(pod) === NO_NODE && pods.phase(pod) === PodPhase.Pending
        ? pods.conditionMessage(pod, PodConditionType.PodScheduled)
        : null;
    default:
      return null;
  }
}

function imagesOf(pods: ApiServer["pods"], pod: PodIndex): string {
  return pods
    .template(pod)
    .containers.map(({ image }) => image)
    .join(",");
}

function isReady({ pods }: ApiServer, pod: PodIndex): boolean {
  return pods.ready(pod) === ConditionStatus.True;
}

// --- Nodes and other objects -----------------------------------------------------------------------

function factOfNode(
  { nodes, pods }: ApiServer,
  name: string,
  { fact, wanted }: WantedFact,
): FactValue {
  const node = nodes.find(name);
  const exists = node !== NO_NODE && nodes.exists(node);
  if (fact === "exists") return String(exists);
  if (!exists) return null;
  const { taints, conditions } = nodes.facts(node);
  switch (fact) {
    case "ready":
      return formatConditionStatus(nodes.ready(node));
    case "taint":
      return taints.map(({ key, effect }) => `${key}:${effect}`).join(",");
    case "cordoned":
      return String(nodes.unschedulable(node));
    case "holds":
      return pods.countOnNode(node);
    default:
      return conditionOf(conditions, fact.slice(CONDITIONS.length), wanted.value);
  }
}

function factOfObject(
  api: ApiServer,
  expectation: Expectation,
  { fact, wanted }: WantedFact,
): FactValue {
  const { kind, name } = readObjectName(expectation.name).value!;
  const stored = api.objects.find(kind as StoreKind, namespaceOf(expectation), name);
  if (fact === "exists") return String(stored !== undefined);
  const [part, ...rest] = fact.split(".");
  if (part === "status") return valueAt(stored?.status, rest.join("."));
  const conditions = (stored?.status as { conditions?: unknown } | undefined)?.conditions;
  return conditionOf(conditions, rest.join("."), wanted.value);
}

// A wanted status is compared with the status, any other text with the reason.
function conditionOf(conditions: unknown, type: string, wanted: number | string): FactValue {
  if (!Array.isArray(conditions)) return null;
  const found = (conditions as { type: string; status: string; reason: string }[]).find(
    (condition) => condition.type === type,
  );
  if (found === undefined) return null;
  return STATUSES.includes(String(wanted)) ? found.status : found.reason;
}

/** The scalar at a dotted path of a status; lists of scalars are joined, other lists counted. */
function valueAt(value: unknown, path: string): FactValue {
  if (path === "") return scalarOf(value);
  if (typeof value !== "object" || value === null) return null;
  const get = (key: string): unknown =>
    value instanceof Map
      ? (value as ReadonlyMap<string, unknown>).get(key)
      : Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined;
  // Names of resources have dots of their own, so the whole rest is tried first.
  const whole = get(path);
  if (whole !== undefined) return scalarOf(whole);
  const dot = path.indexOf(".");
  return dot < 0 ? null : valueAt(get(path.slice(0, dot)), path.slice(dot + 1));
}

function scalarOf(value: unknown): FactValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "number") return value;
  if (Array.isArray(value)) {
    return value.every((item) => typeof item !== "object") ? value.join(",") : value.length;
  }
  const text = String(value);
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function countObjects(api: ApiServer, expectation: Expectation): FactValue {
  const kind = readObjectKind(expectation.name).value!;
  const namespace = namespaceOf(expectation);
  if (kind === "Node") return api.nodes.collectExisting().length;
  if (kind === "Pod") return choosePods(api, { ...expectation, name: "" }).length;
  return api.objects.list(kind as StoreKind).filter((one) => one.namespace === namespace).length;
}

function countEndpoints(api: ApiServer, expectation: Expectation, fact: string): FactValue {
  const namespace = namespaceOf(expectation);
  const { name, only } = expectation;
  const service = api.objects.find("Service", namespace, name);
  if (service === undefined) return null;
  let count = 0;
  for (const { object } of api.objects.list("EndpointSlice").filter(isOf(service.uid))) {
    for (const endpoint of endpointSliceOf(object).endpoints) {
      const pod = api.pods.find(namespace, endpoint.podName);
      const isMeant = only.every(
        ({ fact: about, wanted }) => pod !== NO_POD && isWanted(factOfPod(api, pod, about), wanted),
      );
      if (isMeant && endpoint[fact as "ready" | "serving" | "terminating"]) count += 1;
    }
  }
  return count;
}

function isOf(uid: number): (slice: { readonly owner: { uid: number } | undefined }) => boolean {
  return ({ owner }) => owner?.uid === uid;
}

function namespaceOf({ namespace }: Expectation): string {
  return namespace ?? "default";
}
