// Claims that nobody will ever bind as the objects stand: told before time begins.
//
// Their pods wait, as in a real cluster without storage. What users add later, or a volume that
// is given back, can still help: so this is a word to the user and never an error.

import type { ApiObject, PersistentVolumeClaimObject } from "../../cluster/index.ts";
import { RecordedObjects } from "../verify/recorded-objects.ts";
import type { NoteBook } from "./notes.ts";
import { claimsToBeMade, type PodSource } from "./pod-prospects.ts";

const NO_PROVISIONER = "kubernetes.io/no-provisioner";

/** Notes the pods whose claims have neither a volume nor anybody who makes one. */
export function noteHopelessClaims(
  notes: NoteBook,
  sources: readonly PodSource[],
  objects: Iterable<ApiObject>,
): void {
  const known = new RecordedObjects();
  for (const object of objects) known.add(object);
  for (const claim of claimsToBeMade(known)) known.add(claim);
  for (const { what, template, namespace, podCount } of sources) {
    for (const volume of template.volumes) {
      if (volume.kind !== "persistentVolumeClaim") continue;
      const claim = known.claim(namespace, volume.claimName);
      const why = claim === undefined ? undefined : whyNeverBound(claim, known);
      if (why === undefined) continue;
      const message = `the pods of ${what} wait for claim ${volume.claimName}: ${why}`;
      notes.add("NO_STORAGE", message, false, podCount);
      break;
    }
  }
}

function whyNeverBound(
  claim: PersistentVolumeClaimObject,
  known: RecordedObjects,
): string | undefined {
  if (claim.volumeName !== "") return undefined;
  const fallback = known.list("StorageClass").find(({ isDefault }) => isDefault);
  const className = claim.storageClassName ?? fallback?.meta.name ?? "";
  if (known.volumes().some((volume) => volume.storageClassName === className)) return undefined;
  if (className === "") {
    return claim.storageClassName === undefined
      ? "it names no storage class, no class is the default, and no volume is without a class"
      : "it wants a volume without a class, and there is none";
  }
  const storageClass = known.storageClass(className);
  if (storageClass === undefined) return `storage class ${className} does not exist`;
  return storageClass.provisioner === NO_PROVISIONER
    ? `nobody makes volumes of storage class ${className}, and there is none`
    : undefined;
}
