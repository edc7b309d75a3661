// What VolumeBinding decided about the claims of one pod on one node, and how that is written.
//
// Pure: from claims and volumes to the objects that Reserve assumes and PreBind writes. When to
// write them, and when a claim counts as bound, is volume-binding-work.ts.

import type { PersistentVolumeClaimObject, PersistentVolumeObject } from "../../cluster/index.ts";
import { isReservedFor, type VolumeMatch } from "./volume-matching.ts";

/** The node for which a volume is to be made, as the scheduler tells the provisioner. */
export const SELECTED_NODE_ANNOTATION = "volume.kubernetes.io/selected-node";
/** A binding that Kubernetes made itself and may undo. */
export const BOUND_BY_CONTROLLER_ANNOTATION = "pv.kubernetes.io/bound-by-controller";

/** How the unbound claims of a pod would get their volumes on one node. */
export interface VolumePlan {
  readonly matches: readonly VolumeMatch[];
  readonly toProvision: readonly PersistentVolumeClaimObject[];
}

/** A plan that was reserved; both lists in the order in which they are written. */
export interface ReservedVolumes {
  readonly bindings: readonly ReservedBinding[];
  readonly provisions: readonly ReservedProvision[];
}

/** An existing volume for a claim. */
export interface ReservedBinding {
  /** As the watch showed it when it was reserved. */
  readonly base: PersistentVolumeObject;
  readonly claim: PersistentVolumeClaimObject;
}

/** A claim that is to get a new volume. */
export interface ReservedProvision {
  readonly base: PersistentVolumeClaimObject;
}

/**
 * The volume with its claim written into it; the same object when that is there already. One that a
 * user had kept for the claim is not marked as bound by Kubernetes.
 */
export function volumeBoundTo(
  volume: PersistentVolumeObject,
  claim: PersistentVolumeClaimObject,
): PersistentVolumeObject {
  const { namespace, name, uid = "" } = claim.meta;
  const isKept = isReservedFor(volume, claim);
  if (isKept && volume.claimRef?.uid === uid) return volume;
  const bound = { ...volume, claimRef: { namespace, name, uid } };
  return isKept ? bound : withAnnotation(bound, BOUND_BY_CONTROLLER_ANNOTATION, "yes");
}

/** The claim with the node for which its volume is to be made. */
export function claimForNode(
  claim: PersistentVolumeClaimObject,
  nodeName: string,
): PersistentVolumeClaimObject {
  return withAnnotation(claim, SELECTED_NODE_ANNOTATION, nodeName);
}

/** The object with one annotation more; the same object when it has it already. */
export function withAnnotation<T extends PersistentVolumeObject | PersistentVolumeClaimObject>(
  object: T,
  key: string,
  value: string,
): T {
  if (object.meta.annotations.get(key) === value) return object;
  const annotations = new Map([...object.meta.annotations, [key, value]]);
  return { ...object, meta: { ...object.meta, annotations } };
}
