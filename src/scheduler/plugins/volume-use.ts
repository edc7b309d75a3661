// What a pod's volumes ask of a cluster: claims by name, disks of its own, disks behind CSI drivers.
//
// Shared by the volume plugins; nothing here looks at a node. What the claims turn out to be is
// volume-claims.ts.

import type { PodTemplate, Volume } from "../../cluster/index.ts";
import type { PodInfo } from "../framework/pod-info.ts";

/** A volume that is backed by a claim. */
export interface ClaimVolume {
  readonly claimName: string;
  /** Made for this pod and owned by it (generic ephemeral volume). */
  readonly isEphemeral: boolean;
}

/** What decides about a pod's claims. */
type ClaimingPod = Pick<PodInfo, "name" | "template">;

/** The claim behind one volume; the claim of an ephemeral one is called after pod and volume. */
export function claimVolumeOf(pod: Pick<PodInfo, "name">, volume: Volume): ClaimVolume | undefined {
  switch (volume.kind) {
    case "persistentVolumeClaim":
      return { claimName: volume.claimName, isEphemeral: false };
    case "ephemeral":
      return { claimName: `${pod.name}-${volume.name}`, isEphemeral: true };
    default:
      return undefined;
  }
}

/** The claims behind a pod's volumes, in volume order; one that is used twice is listed twice. */
export function claimVolumesOf(pod: ClaimingPod): ClaimVolume[] {
  return pod.template.volumes.flatMap((volume) => claimVolumeOf(pod, volume) ?? []);
}

/** The names of claims that the pod spec names itself (not those made for ephemeral volumes). */
export function namedClaimsOf(template: PodTemplate): string[] {
  return template.volumes.flatMap((volume) =>
    volume.kind === "persistentVolumeClaim" ? [volume.claimName] : [],
  );
}

/** Whether the pod uses the claim of that namespace and name, by whatever sort of volume. */
export function usesClaim(
  pod: ClaimingPod & Pick<PodInfo, "namespace">,
  claim: { readonly namespace: string; readonly name: string },
): boolean {
  if (pod.namespace !== claim.namespace) return false;
  return claimVolumesOf(pod).some(({ claimName }) => claimName === claim.name);
}

/** Inline disks of which two pods cannot share one. */
type ExclusiveDisk = Extract<
  Volume,
  { readonly kind: "gcePersistentDisk" | "awsElasticBlockStore" | "iscsi" | "rbd" }
>;

/** The inline disks of a pod that other pods may be in the way of. */
export function exclusiveDisksOf(template: PodTemplate): ExclusiveDisk[] {
  return template.volumes.filter(
    (volume): volume is ExclusiveDisk =>
      volume.kind === "gcePersistentDisk" ||
      volume.kind === "awsElasticBlockStore" ||
      volume.kind === "iscsi" ||
      volume.kind === "rbd",
  );
}

/** Whether a pod with `disk` keeps a pod with `other` off its node. */
function isDiskConflict(disk: ExclusiveDisk, other: ExclusiveDisk): boolean {
  // An EBS disk is never shared; the others are when both only read.
  if (disk.kind === "awsElasticBlockStore") {
    return other.kind === disk.kind && other.volumeId === disk.volumeId;
  }
  if (other.kind !== disk.kind || (disk.readOnly && other.readOnly)) return false;
  if (disk.kind === "gcePersistentDisk" && other.kind === disk.kind) {
    return disk.pdName === other.pdName;
  }
  if (disk.kind === "iscsi" && other.kind === disk.kind) return disk.iqn === other.iqn;
  if (disk.kind === "rbd" && other.kind === disk.kind) {
    const isSameImage = disk.pool === other.pool && disk.image === other.image;
    return isSameImage && disk.monitors.some((monitor) => other.monitors.includes(monitor));
  }
  return false;
}

/** Whether some inline disk of `pod` conflicts with one of `other`. */
export function haveDiskConflict(pod: PodTemplate, other: PodTemplate): boolean {
  const disks = exclusiveDisksOf(pod);
  if (disks.length === 0) return false;
  const others = exclusiveDisksOf(other);
  return disks.some((disk) => others.some((each) => isDiskConflict(disk, each)));
}
