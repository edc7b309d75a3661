// What the API server's admission adds to new claims and volumes: the default class, and the
// finalizers that keep them while they are needed.
//
// Nothing is refused here. Taking the finalizers off again is the protection controllers' business.

import type { StorageClassObject } from "../objects/storage-objects.ts";
import type { ObjectStore, StorableObject } from "../state/object-store.ts";

const NO_FINALIZERS: readonly string[] = [];
const CLAIM_FINALIZERS: readonly string[] = ["kubernetes.io/pvc-protection"];
const VOLUME_FINALIZERS: readonly string[] = ["kubernetes.io/pv-protection"];

/** The class of claims that name none: the newest default one; of equally old ones the first by name. */
export function defaultStorageClass(objects: ObjectStore): StorageClassObject | undefined {
  let chosen: ReturnType<typeof objects.list<"StorageClass">>[number] | undefined;
  for (const each of objects.list("StorageClass")) {
    if (!each.object.isDefault) continue;
    const isNewer = chosen === undefined || each.createdUs > chosen.createdUs;
    const isEarlier = each.createdUs === chosen?.createdUs && each.name < chosen.name;
    if (isNewer || isEarlier) chosen = each;
  }
  return chosen?.object;
}

/** The object as it is stored: a claim that names no class gets the default one, if there is one. */
export function withDefaultClass(objects: ObjectStore, object: StorableObject): StorableObject {
  if (object.kind !== "PersistentVolumeClaim" || object.storageClassName !== undefined) {
    return object;
  }
  const storageClass = defaultStorageClass(objects);
  return storageClass === undefined
    ? object
    : { ...object, storageClassName: storageClass.meta.name };
}

/** The finalizers of a new object, those that it came with first. */
export function withProtection(
  kind: StorableObject["kind"],
  finalizers: readonly string[],
): readonly string[] {
  const added =
    kind === "PersistentVolumeClaim"
      ? CLAIM_FINALIZERS
      : kind === "PersistentVolume"
        ? VOLUME_FINALIZERS
        : NO_FINALIZERS;
  return added.length === 0 || added.every((each) => finalizers.includes(each))
    ? finalizers
    : [...finalizers, ...added];
}
