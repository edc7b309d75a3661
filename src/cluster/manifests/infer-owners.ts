// Owners that pods name but the set does not hold, made from the pods themselves.
//
// A dump of nodes and pods alone must still behave: a ReplicaSet's pods come back when their node
// dies. What the owner wanted is not known, so it is taken to want exactly the pods it has.

import type { ApiObject } from "../objects/api-object.ts";
import { isRecord } from "../objects/field-cursor.ts";
import type { PodObject } from "../objects/node-and-pod.ts";
import { findControllerOf, type ObjectMeta, type OwnerReference } from "../objects/object-meta.ts";
import type { JobObject, JobSpec } from "../objects/workload-objects.ts";
import type { PodTemplateRegistry } from "../pod-template-registry.ts";
import type { PodTemplate } from "../pod-template.ts";
import { labelSelectorOfMap } from "../selectors/label-selector.ts";
import { NO_LABELS } from "../selectors/labels.ts";
import type { InferredOwner, SourcedObject } from "./manifest-set.ts";

/** Labels that controllers put on single pods; the owner's template does not have them. */
const POD_OWN_LABELS = [
  "statefulset.kubernetes.io/pod-name",
  "apps.kubernetes.io/pod-index",
  "batch.kubernetes.io/job-completion-index",
  "controller-revision-hash",
  "pod-template-generation",
] as const;

/** What was inferred. */
export interface InferredOwners {
  readonly objects: readonly SourcedObject[];
  readonly owners: readonly InferredOwner[];
}

/** Finds pods whose controller is missing and makes one owner per distinct reference, in order of first pod. */
export function inferOwners(
  objects: readonly SourcedObject[],
  registry: PodTemplateRegistry,
): InferredOwners {
  const known = new Set<string>();
  for (const { object } of objects)
    known.add(ownerKey(object.kind, object.meta.namespace, object.meta.name));
  const groups = new Map<
    string,
    { first: SourcedObject; owner: OwnerReference; pods: PodObject[] }
  >();
  for (const sourced of objects) {
    const { object } = sourced;
    if (object.kind !== "Pod") continue;
    const owner = findControllerOf(object.meta);
    if (owner === undefined) continue;
    const key = ownerKey(owner.kind, object.meta.namespace, owner.name);
    if (known.has(key)) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: sourced, owner, pods: [object] });
    else group.pods.push(object);
  }
  const made: SourcedObject[] = [];
  const owners: InferredOwner[] = [];
  const nodeCount = objects.filter(({ object }) => object.kind === "Node").length;
  for (const { first, owner, pods } of groups.values()) {
    const object = makeOwner(owner, pods, nodeCount, registry);
    if (object === undefined) continue;
    made.push({ ...first, object });
    const { namespace, name } = object.meta;
    owners.push({ kind: object.kind, namespace, name, podCount: pods.length });
  }
  return { objects: made, owners };
}

function ownerKey(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

/** Only kinds whose controller podsim has; a custom owner's pods stay without one. */
function makeOwner(
  owner: OwnerReference,
  pods: readonly PodObject[],
  nodeCount: number,
  registry: PodTemplateRegistry,
): ApiObject | undefined {
  const first = pods[0];
  if (first === undefined) return undefined;
  const live = pods.filter(
    (pod) => !isFinished(pod) && pod.meta.deletionTimestampSeconds === undefined,
  );
  const template = templateOf(first, registry);
  const meta = metaOf(owner, first);
  const selector = labelSelectorOfMap(template.labels);
  const common = { meta, selector, template, minReadySeconds: 0 };
  switch (owner.kind) {
    case "ReplicaSet":
    case "ReplicationController":
      return { kind: owner.kind, ...common, replicas: live.length };
    case "StatefulSet":
      return {
        kind: "StatefulSet",
        ...common,
        replicas: live.length,
        serviceName: first.template.subdomain,
        podManagementPolicy: "OrderedReady",
        updateStrategy: "RollingUpdate",
        partition: 0,
        maxUnavailable: undefined,
        revisionHistoryLimit: 10,
        ordinalsStart: 0,
        volumeClaimTemplates: [],
        whenDeleted: "Retain",
        whenScaled: "Retain",
      };
    case "DaemonSet":
      return {
        kind: "DaemonSet",
        ...common,
        template: daemonTemplateOf(template, live, nodeCount, registry),
        updateStrategy: "RollingUpdate",
        maxUnavailable: { kind: "int", value: 1 },
        maxSurge: { kind: "int", value: 0 },
        revisionHistoryLimit: 10,
      };
    case "Job":
      return jobOf(meta, template, pods, live.length);
    default:
      return undefined;
  }
}

function jobOf(
  meta: ObjectMeta,
  template: PodTemplate,
  pods: readonly PodObject[],
  liveCount: number,
): JobObject {
  const succeeded = pods.filter((pod) => pod.status.phase === "Succeeded").length;
  const spec: JobSpec = {
    parallelism: Math.max(1, liveCount),
    completions: Math.max(1, liveCount + succeeded),
    completionMode: "NonIndexed",
    backoffLimit: 6,
    backoffLimitPerIndex: undefined,
    maxFailedIndexes: undefined,
    activeDeadlineSeconds: undefined,
    ttlSecondsAfterFinished: undefined,
    suspend: false,
    podReplacementPolicy: "TerminatingOrFailed",
    podFailureRules: [],
    hasPodFailurePolicy: false,
    successRules: [],
    managedBy: "",
    manualSelector: false,
    selector: labelSelectorOfMap(template.labels),
    template,
  };
  const status = {
    succeeded: 0,
    failed: 0,
    finished: liveCount === 0 && succeeded > 0 ? ("Complete" as const) : undefined,
    completedIndexes: "",
    startTimeSeconds: undefined,
  };
  return { kind: "Job", meta, spec, status };
}

function isFinished(pod: PodObject): boolean {
  return pod.status.phase === "Succeeded" || pod.status.phase === "Failed";
}

function templateOf(pod: PodObject, registry: PodTemplateRegistry): PodTemplate {
  const removed = Object.fromEntries(POD_OWN_LABELS.map((key) => [key, undefined]));
  return registry.derive(pod.template, { labels: removed });
}

/**
 * A daemon's pod asks for its own node by name, which its owner did not; on which nodes the owner
 * wanted one is lost with that. It is taken to want the nodes that it has: all, or these by name.
 */
function daemonTemplateOf(
  template: PodTemplate,
  pods: readonly PodObject[],
  nodeCount: number,
  registry: PodTemplateRegistry,
): PodTemplate {
  const names = [...new Set(pods.map((pod) => pod.nodeName))].filter((name) => name !== "");
  const terms = names.map((name) => ({
    matchFields: [{ key: "metadata.name", operator: "In", values: [name] }],
  }));
  const affinity = objectOf(template.source.spec["affinity"]);
  const nodeAffinity = { ...objectOf(affinity["nodeAffinity"]) };
  delete nodeAffinity[REQUIRED_TERMS];
  if (names.length < nodeCount) nodeAffinity[REQUIRED_TERMS] = { nodeSelectorTerms: terms };
  return registry.derive(template, { spec: { affinity: { ...affinity, nodeAffinity } } });
}

const REQUIRED_TERMS = "requiredDuringSchedulingIgnoredDuringExecution";

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function metaOf(owner: OwnerReference, pod: PodObject): ObjectMeta {
  return {
    name: owner.name,
    generateName: "",
    namespace: pod.meta.namespace,
    labels: NO_LABELS,
    annotations: NO_LABELS,
    uid: owner.uid === "" ? undefined : owner.uid,
    generation: undefined,
    ownerReferences: [],
    finalizers: [],
    creationTimestampSeconds: pod.meta.creationTimestampSeconds,
    deletionTimestampSeconds: undefined,
    deletionGracePeriodSeconds: undefined,
  };
}
