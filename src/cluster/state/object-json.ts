// Pods and Nodes as Kubernetes JSON: for `-o json`, snapshots, and to be read in again.
//
// Key order is fixed. Only what podsim knows is written: a condition has a transition time where the
// table keeps one, and nothing is invented (no image ids). What the statuses of containers are and
// how they are read again is in container-json.ts.

import type { NodeObject } from "../objects/node-and-pod.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";
import type { ApiServer } from "./api-server.ts";
import { ConditionStatus, formatConditionStatus, formatPhase, formatUid } from "./identity.ts";
import { NEVER_US, NO_NODE, NO_OWNER, POD_CONDITION_NAMES, PodConditionType } from "./identity.ts";
import type { NodeIndex, PodIndex } from "./identity.ts";
import { resizePendingReason } from "../pod-template/resize.ts";
import { containerStatusesToJson, unreadyMessage, type JsonObject } from "./container-json.ts";
import { formatTimestamp } from "./timestamp-text.ts";

/** API versions of kinds that own pods. */
const API_VERSIONS: Readonly<Record<string, string>> = {
  ReplicaSet: "apps/v1",
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  DaemonSet: "apps/v1",
  Job: "batch/v1",
  CronJob: "batch/v1",
};

/** A live pod as a v1 Pod; time zero is `originSeconds` after 1970-01-01. */
export function podToJson(api: ApiServer, pod: PodIndex, originSeconds = 0): JsonObject {
  const { pods, nodes } = api;
  const template = pods.template(pod);
  const node = pods.node(pod);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: podMetadata(api, pod, originSeconds),
    spec: {
      ...template.source.spec,
      priority: pods.priority(pod),
      preemptionPolicy: pods.preemptionPolicy(pod),
      ...(node === NO_NODE ? {} : { nodeName: nodes.name(node) }),
    },
    status: podStatus(api, pod, originSeconds),
  };
}

/** A node whose object exists as a v1 Node. */
export function nodeToJson(api: ApiServer, node: NodeIndex, originSeconds = 0): JsonObject {
  const { nodes } = api;
  const facts = nodes.facts(node);
  const { labels, annotations } = facts.meta;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: nodes.name(node),
      uid: formatUid(nodes.uid(node)),
      resourceVersion: String(nodes.resourceVersion(node)),
      creationTimestamp: formatTimestamp(nodes.createdUs(node), originSeconds),
      ...withMap("labels", labels),
      ...withMap("annotations", annotations),
    },
    spec: nodeSpec(facts),
    status: nodeStatus(facts, nodes.readyTransitionUs(node), originSeconds),
  };
}

function podMetadata(api: ApiServer, pod: PodIndex, originSeconds: number): JsonObject {
  const { pods, owners } = api;
  const { labels, annotations } = pods.template(pod);
  const owner = pods.owner(pod);
  const finalizers = pods.finalizers(pod);
  const metadata: JsonObject = {
    name: pods.name(pod),
    namespace: pods.namespace(pod),
    uid: formatUid(pods.uid(pod)),
    resourceVersion: String(pods.resourceVersion(pod)),
    generation: pods.generation(pod),
    creationTimestamp: formatTimestamp(pods.createdUs(pod), originSeconds),
    ...withMap("labels", labels),
    ...withMap("annotations", annotations),
  };
  if (owner !== NO_OWNER) {
    const { kind, name, uid } = owners.ref(owner);
    const apiVersion = API_VERSIONS[kind] ?? "v1";
    const reference = { apiVersion, kind, name, uid: formatUid(uid), controller: true };
    metadata["ownerReferences"] = [{ ...reference, blockOwnerDeletion: true }];
  }
  if (finalizers.length > 0) metadata["finalizers"] = [...finalizers];
  if (pods.isDeleting(pod)) {
    metadata["deletionTimestamp"] = formatTimestamp(pods.deletionUs(pod), originSeconds);
    metadata["deletionGracePeriodSeconds"] = pods.deletionGraceSeconds(pod);
  }
  return metadata;
}

function podStatus(api: ApiServer, pod: PodIndex, originSeconds: number): JsonObject {
  const { pods, nodes } = api;
  const nominated = pods.nominatedNode(pod);
  const status: JsonObject = { phase: formatPhase(pods.phase(pod)) };
  const conditions = podConditions(api, pod, originSeconds);
  if (conditions.length > 0) status["conditions"] = conditions;
  if (pods.message(pod) !== "") status["message"] = pods.message(pod);
  if (pods.reason(pod) !== "") status["reason"] = pods.reason(pod);
  if (nominated !== NO_NODE) status["nominatedNodeName"] = nodes.name(nominated);
  if (pods.podIp(pod) !== "") status["podIP"] = pods.podIp(pod);
  if (pods.startUs(pod) !== NEVER_US) {
    status["startTime"] = formatTimestamp(pods.startUs(pod), originSeconds);
    Object.assign(status, containerStatusesToJson(pods, pod, originSeconds));
  }
  status["qosClass"] = pods.template(pod).qosClass;
  return status;
}

function podConditions(api: ApiServer, pod: PodIndex, originSeconds: number): JsonObject[] {
  const { pods } = api;
  const conditions: JsonObject[] = [];
  for (const [position, type] of POD_CONDITION_NAMES.entries()) {
    const condition = position as PodConditionType;
    const status = pods.condition(pod, condition);
    if (status === ConditionStatus.Absent) continue;
    const sinceUs = transitionUs(api, pod, condition);
    const reason = pods.conditionReason(pod, condition);
    const message = pods.conditionMessage(pod, condition) || unreadyMessage(pods, pod, reason);
    conditions.push({
      type,
      status: formatConditionStatus(status),
      ...(sinceUs === NEVER_US
        ? {}
        : { lastTransitionTime: formatTimestamp(sinceUs, originSeconds) }),
      ...(reason === "" ? {} : { reason }),
      ...(message === "" ? {} : { message }),
    });
  }
  const waits = resizePendingReason(pods.template(pod));
  if (waits !== undefined) {
    conditions.push({ type: "PodResizePending", status: "True", reason: waits });
  }
  return conditions;
}

/** When a condition last changed, where the table keeps it: Ready, and PodScheduled once True. */
function transitionUs(api: ApiServer, pod: PodIndex, condition: PodConditionType): number {
  if (condition === PodConditionType.Ready) return api.pods.readyTransitionUs(pod);
  if (condition === PodConditionType.PodScheduled) return api.pods.scheduledUs(pod);
  return NEVER_US;
}

function nodeSpec(facts: NodeObject): JsonObject {
  const spec: JsonObject = {};
  if (facts.podCidr !== "") spec["podCIDR"] = facts.podCidr;
  if (facts.providerId !== "") spec["providerID"] = facts.providerId;
  if (facts.taints.length > 0) {
    spec["taints"] = facts.taints.map(({ key, value, effect }) => ({
      key,
      ...(value === "" ? {} : { value }),
      effect,
    }));
  }
  if (facts.unschedulable) spec["unschedulable"] = true;
  return spec;
}

function nodeStatus(
  facts: NodeObject,
  readyTransitionUs: number,
  originSeconds: number,
): JsonObject {
  const status: JsonObject = {
    capacity: quantitiesToJson(facts.capacityQuantities),
    allocatable: quantitiesToJson(facts.allocatableQuantities),
    conditions: facts.conditions.map(({ type, status: value, reason, message }) => ({
      type,
      status: value,
      ...(type === "Ready" && readyTransitionUs !== NEVER_US
        ? { lastTransitionTime: formatTimestamp(readyTransitionUs, originSeconds) }
        : {}),
      ...(reason === "" ? {} : { reason }),
      ...(message === "" ? {} : { message }),
    })),
  };
  if (facts.images.length > 0) {
    status["images"] = facts.images.map(({ names, sizeBytes }) => ({
      names: [...names],
      sizeBytes,
    }));
  }
  if (facts.declaredFeatures.length > 0) status["declaredFeatures"] = [...facts.declaredFeatures];
  return status;
}

/** Entries of a Map as an object that holds any key as plain data. */
function withMap(name: string, map: ReadonlyMap<string, string>): JsonObject {
  return map.size === 0 ? {} : { [name]: Object.fromEntries(map) };
}

function quantitiesToJson(quantities: QuantityMap): JsonObject {
  return Object.fromEntries([...quantities].map(([name, amount]) => [name, amount.toString()]));
}
