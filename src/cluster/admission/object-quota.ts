// What an object other than a pod means to a ResourceQuota: counts, node ports, storage.
//
// Every namespaced kind can be bounded by `count/<plural>.<group>`; a few have older names of their own.

import type { StorableObject, StoreKind } from "../state/object-store.ts";
import { quantityOf, type Quantity } from "../quantity/quantity.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";

const ONE: Quantity = quantityOf(1);

/** Plural with group of each kind that lives in a namespace. */
const COUNTED: ReadonlyMap<StoreKind, string> = new Map<StoreKind, string>([
  ["Deployment", "deployments.apps"],
  ["ReplicaSet", "replicasets.apps"],
  ["StatefulSet", "statefulsets.apps"],
  ["DaemonSet", "daemonsets.apps"],
  ["ControllerRevision", "controllerrevisions.apps"],
  ["Job", "jobs.batch"],
  ["CronJob", "cronjobs.batch"],
  ["ReplicationController", "replicationcontrollers"],
  ["Service", "services"],
  ["EndpointSlice", "endpointslices.discovery.k8s.io"],
  ["PodDisruptionBudget", "poddisruptionbudgets.policy"],
  ["LimitRange", "limitranges"],
  ["ResourceQuota", "resourcequotas"],
  ["HorizontalPodAutoscaler", "horizontalpodautoscalers.autoscaling"],
  ["PersistentVolumeClaim", "persistentvolumeclaims"],
  ["ResourceClaim", "resourceclaims.resource.k8s.io"],
  ["ResourceClaimTemplate", "resourceclaimtemplates.resource.k8s.io"],
  ["CSIStorageCapacity", "csistoragecapacities.storage.k8s.io"],
  ["Lease", "leases.coordination.k8s.io"],
]);

/** Kinds whose plural is a name in quotas by itself, as it was before `count/`. */
const OLD_NAMES: ReadonlySet<StoreKind> = new Set<StoreKind>([
  "ReplicationController",
  "Service",
  "ResourceQuota",
  "PersistentVolumeClaim",
]);

/** Kinds that quotas can count. */
export const COUNTED_KINDS: readonly StoreKind[] = [...COUNTED.keys()];

/** What the object uses, by the quota's names; empty for kinds without a namespace. */
export function objectUsage(object: StorableObject): QuantityMap {
  const plural = COUNTED.get(object.kind);
  const usage = new Map<string, Quantity>();
  if (plural === undefined) return usage;
  usage.set(`count/${plural}`, ONE);
  if (OLD_NAMES.has(object.kind)) usage.set(plural, ONE);
  if (object.kind === "Service") {
    const { type, ports } = object;
    const takesNodePorts = type === "NodePort" || type === "LoadBalancer";
    usage.set("services.nodeports", quantityOf(takesNodePorts ? ports.length : 0));
    usage.set("services.loadbalancers", quantityOf(type === "LoadBalancer" ? 1 : 0));
  }
  if (object.kind === "PersistentVolumeClaim") {
    usage.set("requests.storage", object.storage);
    const storageClass = object.storageClassName ?? "";
    if (storageClass !== "") {
      const prefix = `${storageClass}.storageclass.storage.k8s.io`;
      usage.set(`${prefix}/persistentvolumeclaims`, ONE);
      usage.set(`${prefix}/requests.storage`, object.storage);
    }
  }
  return usage;
}
