// What of a pod's volumes the volume plugins would look at.
//
// The four volume plugins are named and take their places, but only pods without such volumes are
// judged; this file says which pods those are.

import type { PodTemplate, Volume } from "../../cluster/index.ts";

/** True for volumes backed by a claim (named or generic ephemeral). */
function isClaimVolume(volume: Volume): boolean {
  return volume.kind === "persistentVolumeClaim" || volume.kind === "ephemeral";
}

/** Inline disks of which two pods cannot share one. */
const EXCLUSIVE_DISK_KINDS: readonly string[] = [
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "iscsi",
  "rbd",
];
/** Inline disks that are CSI volumes behind the scenes. */
const MIGRATED_KINDS: readonly string[] = [
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "azureDisk",
  "cinder",
  "azureFile",
  "vsphereVolume",
  "portworxVolume",
];

/** Some volume is backed by a claim. */
export function hasClaimVolume(template: PodTemplate): boolean {
  return template.volumes.some(isClaimVolume);
}

/** Some inline disk that two pods cannot share. */
export function hasExclusiveDisk(template: PodTemplate): boolean {
  return template.volumes.some((volume) => EXCLUSIVE_DISK_KINDS.includes(volume.kind));
}

/** Some inline disk that is really a CSI volume. */
export function hasMigratedDisk(template: PodTemplate): boolean {
  return template.volumes.some((volume) => MIGRATED_KINDS.includes(volume.kind));
}
