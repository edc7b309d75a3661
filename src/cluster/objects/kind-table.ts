// The registry of kinds: which apiVersion and kind are decoded by which function.
//
// A new kind is one line here. Versions that Kubernetes has removed are read like their successor
// where the fields are the same, and the reader says so.

import type { PodTemplateRegistry } from "../pod-template-registry.ts";
import type { ApiObject } from "./api-object.ts";
import { decodeNode, decodePod } from "./decode-node-and-pod.ts";
import {
  decodeAutoscaler,
  decodeBudget,
  decodeDynamicResource,
  decodeLimitRange,
  decodeNamespace,
  decodePriorityClass,
  decodeQuota,
  decodeRuntimeClass,
  decodeService,
} from "./decode-policies.ts";
import {
  decodeClaim,
  decodeCsiDriver,
  decodeCsiNode,
  decodeCsiStorageCapacity,
  decodeStorageClass,
  decodeVolumeAttachment,
  decodeVolumeObject,
} from "./decode-storage.ts";
import {
  decodeCronJob,
  decodeDaemonSet,
  decodeDeployment,
  decodeJob,
  decodeReplicaSet,
  decodeReplicationController,
  decodeStatefulSet,
} from "./decode-workloads.ts";
import type { FieldCursor } from "./field-cursor.ts";

/** What a decoder is given: the cursor, the plain object below it, and where templates go. */
interface DecodeInput {
  readonly object: FieldCursor;
  readonly source: Readonly<Record<string, unknown>>;
  readonly registry: PodTemplateRegistry;
}

/** One kind. */
export interface KindEntry {
  readonly group: string;
  /** Served by this release, newest first. */
  readonly versions: readonly string[];
  /** Removed from Kubernetes, read alike. */
  readonly oldApiVersions: readonly string[];
  readonly kind: ApiObject["kind"];
  readonly decode: (input: DecodeInput) => ApiObject;
}

function entry(
  apiVersion: string,
  kind: ApiObject["kind"],
  decode: KindEntry["decode"],
  oldApiVersions: readonly string[] = [],
): KindEntry {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return { group: group ?? "", versions: (version ?? "").split("|"), oldApiVersions, kind, decode };
}

/** All kinds that are decoded. */
export const KINDS: readonly KindEntry[] = [
  entry("v1", "Node", ({ object }) => decodeNode(object)),
  entry("v1", "Pod", ({ object, source, registry }) => decodePod(object, source, registry)),
  entry("apps/v1", "Deployment", ({ object, registry }) => decodeDeployment(object, registry), [
    "extensions/v1beta1",
    "apps/v1beta1",
    "apps/v1beta2",
  ]),
  entry("apps/v1", "ReplicaSet", ({ object, registry }) => decodeReplicaSet(object, registry), [
    "extensions/v1beta1",
    "apps/v1beta2",
  ]),
  entry("v1", "ReplicationController", ({ object, registry }) =>
    decodeReplicationController(object, registry),
  ),
  entry("apps/v1", "StatefulSet", ({ object, registry }) => decodeStatefulSet(object, registry), [
    "apps/v1beta1",
    "apps/v1beta2",
  ]),
  entry("apps/v1", "DaemonSet", ({ object, registry }) => decodeDaemonSet(object, registry), [
    "extensions/v1beta1",
    "apps/v1beta2",
  ]),
  entry("batch/v1", "Job", ({ object, registry }) => decodeJob(object, registry)),
  entry("batch/v1", "CronJob", ({ object, registry }) => decodeCronJob(object, registry), [
    "batch/v1beta1",
  ]),
  entry("v1", "Service", ({ object }) => decodeService(object)),
  entry("v1", "Namespace", ({ object }) => decodeNamespace(object)),
  entry("scheduling.k8s.io/v1", "PriorityClass", ({ object }) => decodePriorityClass(object), [
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1alpha1",
  ]),
  entry("policy/v1", "PodDisruptionBudget", ({ object }) => decodeBudget(object), [
    "policy/v1beta1",
  ]),
  entry("v1", "LimitRange", ({ object }) => decodeLimitRange(object)),
  entry("v1", "ResourceQuota", ({ object }) => decodeQuota(object)),
  entry("autoscaling/v2|v1", "HorizontalPodAutoscaler", ({ object }) => decodeAutoscaler(object), [
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
  ]),
  entry("node.k8s.io/v1", "RuntimeClass", ({ object }) => decodeRuntimeClass(object), [
    "node.k8s.io/v1beta1",
  ]),
  entry("v1", "PersistentVolume", ({ object }) => decodeVolumeObject(object)),
  entry("v1", "PersistentVolumeClaim", ({ object }) => decodeClaim(object)),
  entry("storage.k8s.io/v1", "StorageClass", ({ object }) => decodeStorageClass(object), [
    "storage.k8s.io/v1beta1",
  ]),
  entry("storage.k8s.io/v1", "CSINode", ({ object }) => decodeCsiNode(object)),
  entry("storage.k8s.io/v1", "CSIDriver", ({ object }) => decodeCsiDriver(object)),
  entry("storage.k8s.io/v1", "CSIStorageCapacity", ({ object }) =>
    decodeCsiStorageCapacity(object),
  ),
  entry("storage.k8s.io/v1", "VolumeAttachment", ({ object }) => decodeVolumeAttachment(object)),
  ...(["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"] as const).map(
    (kind) =>
      entry("resource.k8s.io/v1|v1beta2|v1beta1", kind, ({ object }) =>
        decodeDynamicResource(object, kind),
      ),
  ),
];

/** An entry found for an apiVersion and kind, and whether that version is still served. */
export interface FoundKind {
  readonly entry: KindEntry;
  readonly isOld: boolean;
}

const BY_API_VERSION_AND_KIND: ReadonlyMap<string, FoundKind> = new Map(
  KINDS.flatMap((kindEntry) => {
    const served = kindEntry.versions.map((version) =>
      kindEntry.group === "" ? version : `${kindEntry.group}/${version}`,
    );
    return [
      ...served.map((apiVersion) => [apiVersion, false] as const),
      ...kindEntry.oldApiVersions.map((apiVersion) => [apiVersion, true] as const),
    ].map(([apiVersion, isOld]): [string, FoundKind] => [
      `${apiVersion} ${kindEntry.kind}`,
      { entry: kindEntry, isOld },
    ]);
  }),
);

/** The entry of a kind in a version, or undefined when it is not decoded. */
export function findKind(apiVersion: string, kind: string): FoundKind | undefined {
  return BY_API_VERSION_AND_KIND.get(`${apiVersion} ${kind}`);
}

/** Decodes one object of a found kind; the cursor's sink receives what is wrong or ignored. */
export function decodeObject(
  found: FoundKind,
  source: Readonly<Record<string, unknown>>,
  object: FieldCursor,
  registry: PodTemplateRegistry,
): ApiObject {
  object.skip("apiVersion", "kind", "metadata", "spec", "status");
  const decoded = found.entry.decode({ object, source, registry });
  object.close();
  return decoded;
}
