// Metadata that every API object carries, as decoded from a manifest or dump.
//
// Times are whole seconds since 1970, as the API has them; the simulator's clock is set against
// them by whoever loads a dump. Server-side noise (managedFields, resourceVersion) is not kept.

import type { Labels } from "../selectors/labels.ts";

/** Decoded metadata. */
export interface ObjectMeta {
  readonly name: string;
  /** The prefix of a name still to be made; "" when the name is given. */
  readonly generateName: string;
  /** "default" when a namespaced object names none; "" for cluster-scoped kinds. */
  readonly namespace: string;
  readonly labels: Labels;
  /** Only annotations of the allow-list; the last-applied text of kubectl is never kept. */
  readonly annotations: Labels;
  readonly uid: string | undefined;
  readonly generation: number | undefined;
  readonly ownerReferences: readonly OwnerReference[];
  readonly finalizers: readonly string[];
  readonly creationTimestampSeconds: number | undefined;
  readonly deletionTimestampSeconds: number | undefined;
  readonly deletionGracePeriodSeconds: number | undefined;
}

/** One owner. At most one is the controller. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly isController: boolean;
  readonly blockOwnerDeletion: boolean;
}

/** A status condition. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionSeconds: number | undefined;
  readonly lastHeartbeatSeconds: number | undefined;
}

/** An absolute number or a percentage of something that the reader of the field knows. */
export type IntOrPercent =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "percent"; readonly value: number };

/** The controller's reference, or undefined. */
export function findControllerOf(meta: ObjectMeta): OwnerReference | undefined {
  return meta.ownerReferences.find((owner) => owner.isController);
}

/** namespace/name, or the bare name of a cluster-scoped object. */
export function objectKey(meta: { readonly namespace: string; readonly name: string }): string {
  return meta.namespace === "" ? meta.name : `${meta.namespace}/${meta.name}`;
}

/** The number an IntOrPercent stands for out of `total`; percentages round up or down as the field's rule says. */
export function resolveIntOrPercent(
  value: IntOrPercent,
  total: number,
  rounding: "up" | "down",
): number {
  if (value.kind === "int") return value.value;
  const hundredths = value.value * total;
  return rounding === "up" ? Math.ceil(hundredths / 100) : Math.floor(hundredths / 100);
}
