// A decision's state as a recorded case: what a scheduler believed when two evaluators disagreed.
//
// One JSON line in the form that `podsim verify decisions` reads, without `expect`. It holds what the
// scheduler's cache holds, and the Services, namespaces and workloads that plugins look up. Objects of
// storage and budgets are not written; where the cluster has any, `omitted` names their kinds.

import type { Labels, LabelSelector, NodeObject } from "../cluster/index.ts";
import type {
  ClusterObjects,
  EvaluatorDifference,
  PodInfo,
  SchedulerCache,
} from "../scheduler/index.ts";
import type { ActiveRun } from "./run.ts";

type Json = Readonly<Record<string, unknown>>;

/** The state behind the difference, with the pod that was decided about, as one line of text. */
export function decisionCaseText(run: ActiveRun, found: EvaluatorDifference): string {
  const { pod, difference, decision, start } = found;
  const { cache, objects, source } = run.schedulerOf(pod.template.schedulerName);
  const omitted = omittedKinds(objects);
  const written = {
    name: `decision ${decision} about ${pod.namespace}/${pod.name}`,
    atUs: run.nowUs,
    config: source ?? null,
    start,
    difference,
    ...(omitted.length === 0 ? {} : { omitted }),
    objects: objectsOf(cache, objects, pod),
    pod: podJson(pod),
  };
  return `${JSON.stringify(written)}\n`;
}

function objectsOf(cache: SchedulerCache, objects: ClusterObjects, pending: PodInfo): Json[] {
  const namespaces = objects.namespaces();
  const named = new Set([...namespaces.map(({ meta }) => meta.name), pending.namespace]);
  const pods: PodInfo[] = [];
  for (const row of cache.usedRows()) pods.push(...cache.podsOn(row));
  for (const name of cache.nominator.nodeNames()) {
    for (const pod of cache.nominator.podsForNode(name)) {
      if (pod.uid !== pending.uid) pods.push({ ...pod, nodeName: "", nominatedNodeName: name });
    }
  }
  return [
    ...namespaces.map(({ meta }) => objectJson("v1", "Namespace", meta, {})),
    ...[...named].flatMap((name) =>
      objects.services(name).map(({ meta, selector }) => {
        const spec = selector === undefined ? {} : { selector: labelsJson(selector) };
        return objectJson("v1", "Service", meta, { spec });
      }),
    ),
    ...ownersOf([pending], objects),
    // In the list's order, which the order of arrival gives again.
    ...cache.nodeList.map((row) => nodeJson(cache.node(row))),
    ...pods.map(podJson),
  ];
}

/** Workloads behind these pods, as far as default spreading looks at them. */
function ownersOf(pods: readonly PodInfo[], objects: ClusterObjects): Json[] {
  return pods.flatMap(({ owner, namespace }) => {
    if (owner === undefined) return [];
    const { apiVersion, kind, name } = owner;
    const found =
      kind === "ReplicaSet"
        ? objects.replicaSet(namespace, name)
        : kind === "StatefulSet"
          ? objects.statefulSet(namespace, name)
          : kind === "ReplicationController"
            ? objects.replicationController(namespace, name)
            : undefined;
    if (found === undefined) return [];
    const template = { metadata: found.template.source.metadata, spec: found.template.source.spec };
    const selector =
      kind === "ReplicationController"
        ? labelsJson(found.template.labels)
        : selectorJson(found.selector);
    return [objectJson(apiVersion, kind, found.meta, { spec: { selector, template } })];
  });
}

function omittedKinds(objects: ClusterObjects): string[] {
  const omitted: string[] = [];
  if (objects.disruptionBudgets().length > 0) omitted.push("PodDisruptionBudget");
  if (objects.volumes().length > 0) omitted.push("PersistentVolume and its claims");
  if (objects.csiNodes().length > 0) omitted.push("CSINode");
  return omitted;
}

function nodeJson(node: NodeObject): Json {
  const { meta, taints, unschedulable, allocatableQuantities, images, declaredFeatures } = node;
  return objectJson("v1", "Node", meta, {
    spec: {
      ...(taints.length === 0 ? {} : { taints: taints.map((taint) => ({ ...taint })) }),
      ...(unschedulable ? { unschedulable } : {}),
    },
    status: {
      allocatable: Object.fromEntries(
        [...allocatableQuantities].map(([name, amount]) => [name, amount.toString()]),
      ),
      ...(images.length === 0 ? {} : { images }),
      ...(declaredFeatures.length === 0 ? {} : { declaredFeatures }),
    },
  });
}

function podJson(pod: PodInfo): Json {
  const { namespace, name, template, priority, deleting, nodeName, nominatedNodeName, owner } = pod;
  const { metadata, spec, status } = template.source;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      ...{ name, namespace, uid: String(pod.uid) },
      ...(deleting ? { deletionTimestamp: "1970-01-01T00:00:00Z" } : {}),
      ...(owner === undefined
        ? {}
        : { ownerReferences: [{ ...owner, uid: owner.name, controller: true }] }),
    },
    spec: { ...spec, priority, ...(nodeName === "" ? {} : { nodeName }) },
    status: { ...status, ...(nominatedNodeName === "" ? {} : { nominatedNodeName }) },
  };
}

function objectJson(
  apiVersion: string,
  kind: string,
  meta: { readonly name: string; readonly namespace: string; readonly labels: Labels },
  more: Json,
): Json {
  const { name, namespace, labels } = meta;
  const place = namespace === "" ? { name } : { name, namespace };
  return { apiVersion, kind, metadata: { ...place, labels: labelsJson(labels) }, ...more };
}

function labelsJson(labels: Labels): Json {
  return Object.fromEntries(labels);
}

/** Operators as objects spell them. */
const API_OPERATORS: ReadonlyMap<string, string> = new Map([
  ...(["=", "==", "in"] as const).map((text) => [text, "In"] as const),
  ...(["!=", "notin"] as const).map((text) => [text, "NotIn"] as const),
  ["exists", "Exists"],
  ["!", "DoesNotExist"],
]);

function selectorJson({ requirements }: LabelSelector): Json {
  return {
    matchExpressions: requirements.map(({ key, operator, values }) => ({
      ...{ key, operator: API_OPERATORS.get(operator) },
      ...(values.length === 0 ? {} : { values }),
    })),
  };
}
