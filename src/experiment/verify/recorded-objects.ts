// Cluster-wide objects as a file lists them, for the scheduler's plugins to look up.
//
// Filled once, in file order: by recorded cases, and by the preparation of a run. A running simulation
// has its own watched objects instead.

import {
  type ApiObject,
  type ApiKind,
  type CsiDriverObject,
  type CsiNodeObject,
  type CsiStorageCapacityObject,
  type DynamicResourceObject,
  type NamespaceObject,
  type ObjectOfKind,
  objectKey,
  type PersistentVolumeClaimObject,
  type PersistentVolumeObject,
  type ReplicaSetObject,
  type ReplicationControllerObject,
  type ServiceObject,
  type StatefulSetObject,
  type StorageClassObject,
  type VolumeAttachmentObject,
} from "../../cluster/index.ts";
import type { ClusterObjects, DisruptionBudget } from "../../scheduler/index.ts";

/** All objects of a case by kind, in file order. */
export class RecordedObjects implements ClusterObjects {
  private readonly byKind = new Map<ApiKind, ApiObject[]>();
  private readonly byName = new Map<string, ApiObject>();
  private additions = 0;

  version(): number {
    return this.additions;
  }

  add(object: ApiObject): void {
    this.additions++;
    const list = this.byKind.get(object.kind);
    if (list === undefined) this.byKind.set(object.kind, [object]);
    else list.push(object);
    this.byName.set(`${object.kind} ${objectKey(object.meta)}`, object);
  }

  list<K extends ApiKind>(kind: K): readonly ObjectOfKind<K>[] {
    return (this.byKind.get(kind) ?? []) as ObjectOfKind<K>[];
  }

  find<K extends ApiKind>(kind: K, namespace: string, name: string): ObjectOfKind<K> | undefined {
    return this.byName.get(`${kind} ${objectKey({ namespace, name })}`) as
      | ObjectOfKind<K>
      | undefined;
  }

  services(namespace: string): readonly ServiceObject[] {
    return this.list("Service").filter((service) => service.meta.namespace === namespace);
  }

  replicationController(namespace: string, name: string): ReplicationControllerObject | undefined {
    return this.find("ReplicationController", namespace, name);
  }

  replicaSet(namespace: string, name: string): ReplicaSetObject | undefined {
    return this.find("ReplicaSet", namespace, name);
  }

  statefulSet(namespace: string, name: string): StatefulSetObject | undefined {
    return this.find("StatefulSet", namespace, name);
  }

  namespaces(): readonly NamespaceObject[] {
    return this.list("Namespace");
  }

  findNamespace(name: string): NamespaceObject | undefined {
    return this.find("Namespace", "", name);
  }

  disruptionBudgets(): readonly DisruptionBudget[] {
    return this.list("PodDisruptionBudget").map((budget) => ({
      namespace: budget.meta.namespace,
      selector: budget.selector,
      disruptionsAllowed: budget.disruptionsAllowed ?? 0,
      disruptedPods: new Set(budget.disruptedPods),
    }));
  }

  hasDeviceClassFor(resourceName: string): boolean {
    const classes = (this.byKind.get("DeviceClass") ?? []) as DynamicResourceObject[];
    return classes.some((each) => each.spec["extendedResourceName"] === resourceName);
  }

  claim(namespace: string, name: string): PersistentVolumeClaimObject | undefined {
    return this.find("PersistentVolumeClaim", namespace, name);
  }

  volume(name: string): PersistentVolumeObject | undefined {
    return this.find("PersistentVolume", "", name);
  }

  volumes(): readonly PersistentVolumeObject[] {
    return this.list("PersistentVolume");
  }

  storageClass(name: string): StorageClassObject | undefined {
    return this.find("StorageClass", "", name);
  }

  csiNode(nodeName: string): CsiNodeObject | undefined {
    return this.find("CSINode", "", nodeName);
  }

  csiNodes(): readonly CsiNodeObject[] {
    return this.list("CSINode");
  }

  csiDriver(name: string): CsiDriverObject | undefined {
    return this.find("CSIDriver", "", name);
  }

  csiStorageCapacities(): readonly CsiStorageCapacityObject[] {
    return this.list("CSIStorageCapacity");
  }

  volumeAttachments(): readonly VolumeAttachmentObject[] {
    return this.list("VolumeAttachment");
  }
}
