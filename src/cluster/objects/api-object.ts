// The union of all kinds that podsim decodes, told apart by `kind`.
//
// Kinds whose behavior is not simulated are decoded too when others refer to them. How each is
// decoded stands in kind-table.ts.

import type { NodeObject, PodObject } from "./node-and-pod.ts";
import type {
  DynamicResourceObject,
  HorizontalPodAutoscalerObject,
  LimitRangeObject,
  NamespaceObject,
  PodDisruptionBudgetObject,
  PriorityClassObject,
  ResourceQuotaObject,
  RuntimeClassObject,
  ServiceObject,
} from "./policy-objects.ts";
import type {
  CsiDriverObject,
  CsiNodeObject,
  CsiStorageCapacityObject,
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
  StorageClassObject,
  VolumeAttachmentObject,
} from "./storage-objects.ts";
import type {
  CronJobObject,
  DaemonSetObject,
  DeploymentObject,
  JobObject,
  ReplicaSetObject,
  ReplicationControllerObject,
  StatefulSetObject,
} from "./workload-objects.ts";

/** Any decoded object. */
export type ApiObject =
  | NodeObject
  | PodObject
  | DeploymentObject
  | ReplicaSetObject
  | ReplicationControllerObject
  | StatefulSetObject
  | DaemonSetObject
  | JobObject
  | CronJobObject
  | ServiceObject
  | NamespaceObject
  | PriorityClassObject
  | PodDisruptionBudgetObject
  | LimitRangeObject
  | ResourceQuotaObject
  | HorizontalPodAutoscalerObject
  | RuntimeClassObject
  | PersistentVolumeObject
  | PersistentVolumeClaimObject
  | StorageClassObject
  | CsiNodeObject
  | CsiDriverObject
  | CsiStorageCapacityObject
  | VolumeAttachmentObject
  | DynamicResourceObject;

/** The kinds podsim decodes. */
export type ApiKind = ApiObject["kind"];

/** The object type of a kind. */
export type ObjectOfKind<K extends ApiKind> = Extract<ApiObject, { readonly kind: K }>;
