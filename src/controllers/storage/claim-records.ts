// Claims and volumes as the storage controllers look at them: with their uid in the metadata, and
// under the annotations that Kubernetes' own components leave on them.
//
// Reading only; who writes what is in claim-binder.ts and provisioner.ts.

import {
  type ApiServer,
  type ObjectMeta,
  type PersistentVolumeClaimObject,
  type PersistentVolumeObject,
  shownUid,
  type StoredObject,
} from "../../cluster/index.ts";

/** A claim in the store. */
export type ClaimRecord = StoredObject<"PersistentVolumeClaim">;
/** A volume in the store. */
export type VolumeRecord = StoredObject<"PersistentVolume">;

/** A binding that is complete on the claim's side. */
export const BIND_COMPLETED_ANNOTATION = "pv.kubernetes.io/bind-completed";
/** The driver that made a volume. */
export const PROVISIONED_BY_ANNOTATION = "pv.kubernetes.io/provisioned-by";
/** The driver that is asked to make a claim's volume, under its two names. */
export const PROVISIONER_ANNOTATIONS = [
  "volume.beta.kubernetes.io/storage-provisioner",
  "volume.kubernetes.io/storage-provisioner",
] as const;

/** The claim with its uid, by which volumes name it. */
export function claimOf(record: ClaimRecord): PersistentVolumeClaimObject {
  const { object } = record;
  const uid = shownUid(record);
  return object.meta.uid === uid ? object : { ...object, meta: { ...object.meta, uid } };
}

/** The claim that a volume names, if it is still the same one. */
export function findClaimOfVolume(
  api: ApiServer,
  { claimRef }: PersistentVolumeObject,
): ClaimRecord | undefined {
  if (claimRef === undefined) return undefined;
  const found = api.objects.find("PersistentVolumeClaim", claimRef.namespace, claimRef.name);
  if (found === undefined) return undefined;
  return claimRef.uid === "" || claimRef.uid === shownUid(found) ? found : undefined;
}

/** Metadata of an object that a controller makes. */
export function newMeta(fields: Pick<ObjectMeta, "name"> & Partial<ObjectMeta>): ObjectMeta {
  return {
    generateName: "",
    namespace: "",
    labels: new Map(),
    annotations: new Map(),
    uid: undefined,
    generation: undefined,
    ownerReferences: [],
    finalizers: [],
    creationTimestampSeconds: undefined,
    deletionTimestampSeconds: undefined,
    deletionGracePeriodSeconds: undefined,
    ...fields,
  };
}
