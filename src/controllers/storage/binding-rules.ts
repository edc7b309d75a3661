// Which existing volume a claim gets, which class it belongs to, and who could make it a new one.
//
// Pure functions of claims, volumes and classes. What is done with the answers is claim-binder.ts.

import { compareText } from "../../base/index.ts";
import type {
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
  StorageClassObject,
} from "../../cluster/index.ts";
import { classNameOf, driverOfPlugin, findVolumeFor } from "../../scheduler/index.ts";

/** Provisioners of Kubernetes itself begin so; all others are drivers outside of it. */
const IN_TREE_PREFIX = "kubernetes.io/";

/**
 * The volume for a claim: those with the fewest access modes first, of these the smallest. A claim that
 * waits for a pod gets only a volume that names it, for the scheduler chooses among the others.
 */
export function bestVolumeFor(
  claim: PersistentVolumeClaimObject,
  volumes: readonly PersistentVolumeObject[],
  isDelayed: boolean,
): PersistentVolumeObject | undefined {
  const groups = new Map<string, PersistentVolumeObject[]>();
  for (const volume of volumes) {
    const modes = [...volume.accessModes].sort(compareText).join(",");
    const group = groups.get(modes);
    if (group === undefined) groups.set(modes, [volume]);
    else group.push(volume);
  }
  const ordered = [...groups.values()].sort((a, b) => modeCountOf(a) - modeCountOf(b));
  for (const group of ordered) {
    const [first] = group;
    const hasModes = claim.accessModes.every((mode) => first?.accessModes.includes(mode));
    const found = hasModes ? findVolumeFor(claim, group, { keptOnly: isDelayed }) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function modeCountOf([first]: readonly PersistentVolumeObject[]): number {
  return first?.accessModes.length ?? 0;
}

/** Why a volume that a claim asks for by name cannot be its volume, in upstream's words. */
export function whyUnfit(
  volume: PersistentVolumeObject,
  claim: PersistentVolumeClaimObject,
): string | undefined {
  if (volume.storage.compare(claim.storage) < 0) return "requested PV is too small";
  if (volume.storageClassName !== classNameOf(claim)) return "storageClassName does not match";
  if ((volume.volumeAttributesClassName ?? "") !== (claim.volumeAttributesClassName ?? "")) {
    return "volumeAttributesClassName does not match";
  }
  if (volume.volumeMode !== claim.volumeMode) return "incompatible volumeMode";
  const hasModes = claim.accessModes.every((mode) => volume.accessModes.includes(mode));
  return hasModes ? undefined : "incompatible accessMode";
}

/** The driver that makes volumes of a class; undefined when nobody does. */
export function driverOfClass({ provisioner }: StorageClassObject): string | undefined {
  if (!provisioner.startsWith(IN_TREE_PREFIX)) return provisioner;
  return driverOfPlugin(provisioner);
}
