// Claims as the volume plugins find them: missing, somebody else's, lost, bound, or still waiting.
//
// The words of the refusals are upstream's. Whether a volume fits a node is volume-matching.ts.

import {
  findControllerOf,
  type PersistentVolumeClaimObject,
  type StorageClassObject,
} from "../../cluster/index.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { type ClaimVolume, claimVolumesOf } from "./volume-use.ts";

/** The API's words for a missing object. */
export function notFoundText(resource: string, name: string): string {
  return `${resource} "${name}" not found`;
}

/** The API's words for a missing claim. */
export function claimNotFoundText(name: string): string {
  return notFoundText("persistentvolumeclaim", name);
}

/** Why this claim is not the one that was made for the pod's ephemeral volume; undefined: it is. */
export function foreignClaimText(
  pod: PodInfo,
  { meta }: PersistentVolumeClaimObject,
): string | undefined {
  const owner = findControllerOf(meta);
  // In a run uids are numbers and those of a loaded claim texts: there the name must do.
  const isOwned =
    typeof pod.uid === "number"
      ? owner?.kind === "Pod" && owner.name === pod.name
      : owner?.uid === pod.uid;
  if (isOwned) return undefined;
  const names = `${meta.namespace}/${meta.name} was not created for pod ${pod.namespace}/${pod.name}`;
  return `PVC ${names} (pod is not owner)`;
}

/** The class a claim asks for; "" when it asks for none. */
export function classNameOf({ storageClassName }: PersistentVolumeClaimObject): string {
  return storageClassName ?? "";
}

/** Bound for good: a volume is named and the binding was completed. */
export function isFullyBound({
  volumeName,
  isBindCompleted,
}: PersistentVolumeClaimObject): boolean {
  return volumeName !== "" && isBindCompleted;
}

/** How a claim that is not bound will get its volume. */
export type Waiting = "delayed" | "immediate" | { readonly error: string };

/** Delayed: the class waits for a pod, and no volume is named yet. */
export function waitingOf(claim: PersistentVolumeClaimObject, objects: ClusterObjects): Waiting {
  const className = classNameOf(claim);
  const storageClass: StorageClassObject | undefined =
    className === "" ? undefined : objects.storageClass(className);
  if (storageClass === undefined) return "immediate";
  const mode = storageClass.volumeBindingMode;
  if (mode === undefined) return { error: modeNotSetText(className) };
  return mode === "WaitForFirstConsumer" && claim.volumeName === "" ? "delayed" : "immediate";
}

/** Upstream's words for a class without a binding mode. */
export function modeNotSetText(className: string): string {
  return `VolumeBindingMode not set for StorageClass ${JSON.stringify(className)}`;
}

/** One claim of a pod with what the scheduler believes about it. */
export interface FoundClaim extends ClaimVolume {
  readonly claim: PersistentVolumeClaimObject | undefined;
}

/** The claims of a pod in volume order. */
export function findClaims(pod: PodInfo, objects: ClusterObjects): FoundClaim[] {
  return claimVolumesOf(pod).map((volume) => ({
    ...volume,
    claim: objects.claim(pod.namespace, volume.claimName),
  }));
}
