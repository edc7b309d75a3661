// ClusterObjects: the cluster-wide objects, other than pods and nodes, that plugins look up.
//
// A scheduler believes what its watch told it; recorded cases fill this directly. Plugins only read.

import type {
  CsiDriverObject,
  CsiNodeObject,
  CsiStorageCapacityObject,
  LabelSelector,
  NamespaceObject,
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
  ReplicaSetObject,
  ReplicationControllerObject,
  ServiceObject,
  StatefulSetObject,
  StorageClassObject,
  VolumeAttachmentObject,
} from "../../cluster/index.ts";

/** A PodDisruptionBudget as preemption reads it. */
export interface DisruptionBudget {
  readonly namespace: string;
  readonly selector: LabelSelector;
  /** status.disruptionsAllowed; 0 while nobody has written a status. */
  readonly disruptionsAllowed: number;
  /** Names of pods whose eviction is under way already. */
  readonly disruptedPods: ReadonlySet<string>;
}

/** Read-only look-ups; every list is in creation order. */
export interface ClusterObjects {
  /**
   * Rises with every change of Services, of the selectors of workloads and of namespaces' labels: what
   * was worked out from those holds as long as it stays the same.
   */
  version(): number;
  services(namespace: string): readonly ServiceObject[];
  replicationController(namespace: string, name: string): ReplicationControllerObject | undefined;
  replicaSet(namespace: string, name: string): ReplicaSetObject | undefined;
  statefulSet(namespace: string, name: string): StatefulSetObject | undefined;
  namespaces(): readonly NamespaceObject[];
  findNamespace(name: string): NamespaceObject | undefined;
  disruptionBudgets(): readonly DisruptionBudget[];
  /** True when a DeviceClass serves this extended resource (then DynamicResources would be asked). */
  hasDeviceClassFor(resourceName: string): boolean;

  // ---- storage
  /** A claim that is being deleted has a deletion time in its metadata. */
  claim(namespace: string, name: string): PersistentVolumeClaimObject | undefined;
  volume(name: string): PersistentVolumeObject | undefined;
  volumes(): readonly PersistentVolumeObject[];
  storageClass(name: string): StorageClassObject | undefined;
  csiNode(nodeName: string): CsiNodeObject | undefined;
  csiNodes(): readonly CsiNodeObject[];
  csiDriver(name: string): CsiDriverObject | undefined;
  csiStorageCapacities(): readonly CsiStorageCapacityObject[];
  volumeAttachments(): readonly VolumeAttachmentObject[];
}

/** No objects at all: for caches without an API behind. */
export const NO_OBJECTS: ClusterObjects = {
  version: () => 0,
  services: () => [],
  replicationController: () => undefined,
  replicaSet: () => undefined,
  statefulSet: () => undefined,
  namespaces: () => [],
  findNamespace: () => undefined,
  disruptionBudgets: () => [],
  hasDeviceClassFor: () => false,
  claim: () => undefined,
  volume: () => undefined,
  volumes: () => [],
  storageClass: () => undefined,
  csiNode: () => undefined,
  csiNodes: () => [],
  csiDriver: () => undefined,
  csiStorageCapacities: () => [],
  volumeAttachments: () => [],
};
