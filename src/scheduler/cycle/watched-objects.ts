// WatchedObjects: Services, workloads, namespaces and classes as this scheduler last heard of them.
//
// Plugins look up objects here and never in the API, so they know a change no earlier than the
// watch tells it. Changes that a plugin may have registered for become cluster events.

import {
  LabelSelector,
  NEVER_US,
  type ObjectChange,
  shownUid,
  type StoredObject,
  type StoreKind,
} from "../../cluster/index.ts";
import type { DisruptionBudgetStatus, PodDisruptionBudgetObject } from "../../cluster/index.ts";
import type {
  CsiDriverObject,
  CsiNodeObject,
  CsiStorageCapacityObject,
  NamespaceObject,
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
  ReplicaSetObject,
  ReplicationControllerObject,
  ServiceObject,
  StatefulSetObject,
  StorableOfKind,
  StorageClassObject,
  VolumeAttachmentObject,
} from "../../cluster/index.ts";
import {
  Action,
  type ClusterEvent,
  type EventResource,
  type EventSubject,
} from "../framework/cluster-event.ts";
import type { ClusterObjects, DisruptionBudget } from "../framework/cluster-objects.ts";
import { createClusterEvent } from "../queue/cluster-events.ts";

/** Kinds that plugins look up. */
const LOOKED_UP_KINDS = [
  "Service",
  "ReplicationController",
  "ReplicaSet",
  "StatefulSet",
  "Namespace",
  "PodDisruptionBudget",
  "PersistentVolumeClaim",
  "PersistentVolume",
  "StorageClass",
  "CSINode",
  "CSIDriver",
  "CSIStorageCapacity",
  "VolumeAttachment",
] as const satisfies readonly StoreKind[];
type LookedUpKind = (typeof LOOKED_UP_KINDS)[number];
const LOOKED_UP: ReadonlySet<StoreKind> = new Set<StoreKind>(LOOKED_UP_KINDS);
const US_PER_SECOND = 1_000_000;

/** Kinds whose changes may make a rejected pod schedulable. */
const EVENT_RESOURCES: ReadonlySet<string> = new Set<EventResource>([
  "PersistentVolume",
  "PersistentVolumeClaim",
  "StorageClass",
  "CSINode",
  "CSIDriver",
  "CSIStorageCapacity",
  "VolumeAttachment",
]);

/** An object with what plugins are shown of it: one and the same value until the API has a newer one. */
interface WatchedObject {
  readonly stored: StoredObject;
  readonly shown: StoredObject["object"];
}

/** Look-ups for plugins, filled by one watch. */
export class WatchedObjects implements ClusterObjects {
  private readonly byKind = new Map<StoreKind, Map<string, WatchedObject>>();
  private readonly storedBehind = new WeakMap<object, StoredObject>();
  private readonly events = new Map<string, ClusterEvent>();
  private versionNumber = 0;

  version(): number {
    return this.versionNumber;
  }

  /** Takes a change in; `onEvent` hears of it when plugins could care. */
  onObject(
    change: ObjectChange,
    onEvent: (event: ClusterEvent, subject: EventSubject) => void,
  ): void {
    const { before, after, objectKind } = change;
    if (LOOKED_UP.has(objectKind)) this.remember(objectKind, before, after);
    if (changesMatching(before?.object, after?.object)) this.versionNumber++;
    if (!EVENT_RESOURCES.has(objectKind)) return;
    const actions =
      before === undefined ? Action.Add : after === undefined ? Action.Delete : Action.Update;
    const subject: EventSubject = {
      ...(before === undefined ? {} : { oldObject: before.object }),
      ...(after === undefined ? {} : { newObject: after.object }),
    };
    onEvent(this.eventOf(objectKind as EventResource, actions), subject);
  }

  services(namespace: string): readonly ServiceObject[] {
    const services: ServiceObject[] = [];
    for (const { stored } of this.byKind.get("Service")?.values() ?? []) {
      if (stored.namespace === namespace) services.push(stored.object as ServiceObject);
    }
    return services;
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
    return [...(this.byKind.get("PodDisruptionBudget")?.values() ?? [])].map(({ stored }) =>
      budgetOf(stored),
    );
  }

  /** DeviceClasses are not among the kinds that the cluster keeps. */
  hasDeviceClassFor(): boolean {
    return false;
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

  /** The record, with uid and version, behind a claim or volume that was looked up, now or before. */
  storedOf(object: PersistentVolumeClaimObject | PersistentVolumeObject): StoredObject | undefined {
    return this.storedBehind.get(object);
  }

  private find<K extends LookedUpKind>(
    kind: K,
    namespace: string,
    name: string,
  ): StorableOfKind<K> | undefined {
    const found = this.byKind.get(kind)?.get(keyOf(namespace, name));
    return found?.shown as StorableOfKind<K> | undefined;
  }

  private list<K extends LookedUpKind>(kind: K): readonly StorableOfKind<K>[] {
    const found = [...(this.byKind.get(kind)?.values() ?? [])];
    return found.map(({ shown }) => shown as StorableOfKind<K>);
  }

  private remember(
    kind: StoreKind,
    before: StoredObject | undefined,
    after: StoredObject | undefined,
  ): void {
    let objects = this.byKind.get(kind);
    if (objects === undefined) {
      objects = new Map();
      this.byKind.set(kind, objects);
    }
    if (after !== undefined) {
      const shown = shownObject(after);
      if (shown !== after.object) this.storedBehind.set(shown, after);
      objects.set(keyOf(after.namespace, after.name), { stored: after, shown });
    } else if (before !== undefined) objects.delete(keyOf(before.namespace, before.name));
  }

  private eventOf(resource: EventResource, actions: number): ClusterEvent {
    const key = `${resource} ${actions}`;
    let event = this.events.get(key);
    if (event === undefined) {
      event = createClusterEvent(resource, actions);
      this.events.set(key, event);
    }
    return event;
  }
}

/** Whether pods may be matched otherwise after this change of an object. */
function changesMatching(
  before: StoredObject["object"] | undefined,
  after: StoredObject["object"] | undefined,
): boolean {
  if (before === after) return false;
  switch ((before ?? after)?.kind) {
    case "Service":
    case "Namespace":
      return true;
    case "ReplicationController":
    case "ReplicaSet":
    case "StatefulSet":
      return selectorKeyOf(before) !== selectorKeyOf(after);
    default:
      return false;
  }
}

function selectorKeyOf(object: StoredObject["object"] | undefined): string | undefined {
  if (object === undefined || !("selector" in object)) return undefined;
  const { selector } = object;
  return selector instanceof LabelSelector ? selector.key : undefined;
}

/** The controller's status counts; before it has written one, what the object came with. */
function budgetOf({ namespace, object, status }: StoredObject): DisruptionBudget {
  const { selector, disruptionsAllowed, disruptedPods } = object as PodDisruptionBudgetObject;
  const written = status as DisruptionBudgetStatus | undefined;
  return {
    namespace,
    selector,
    disruptionsAllowed: written?.disruptionsAllowed ?? disruptionsAllowed ?? 0,
    disruptedPods: new Set(written?.disruptedPods.keys() ?? disruptedPods),
  };
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/**
 * The object with what the store keeps beside it: the deletion mark, and of claims and volumes the uid.
 * Those are a new value for each version, so that a scheduler can tell an old belief from a new one.
 */
function shownObject(stored: StoredObject): StoredObject["object"] {
  const { kind, object, deletionUs } = stored;
  const isStorage = kind === "PersistentVolumeClaim" || kind === "PersistentVolume";
  const isMarked = deletionUs === NEVER_US || object.meta.deletionTimestampSeconds !== undefined;
  if (isMarked && !isStorage) return object;
  const meta = {
    ...object.meta,
    ...(isMarked ? {} : { deletionTimestampSeconds: Math.floor(deletionUs / US_PER_SECOND) }),
    ...(isStorage ? { uid: shownUid(stored) } : {}),
  };
  return { ...object, meta };
}
