// Storage objects: claims, volumes, classes and what CSI drivers and nodes say about themselves.
//
// Plain immutable values with the API's defaults applied; decode-storage.ts makes them.

import type { Quantity } from "../quantity/quantity.ts";
import type { LabelSelector } from "../selectors/label-selector.ts";
import type { NodeSelector } from "../selectors/node-selector.ts";
import type { ObjectMeta } from "./object-meta.ts";

/** How a volume may be mounted. */
export type AccessMode = "ReadWriteOnce" | "ReadOnlyMany" | "ReadWriteMany" | "ReadWriteOncePod";

/** A claim on a volume. */
export interface PersistentVolumeClaimObject {
  readonly kind: "PersistentVolumeClaim";
  readonly meta: ObjectMeta;
  readonly accessModes: readonly AccessMode[];
  /** undefined = the default class; "" = no class. */
  readonly storageClassName: string | undefined;
  readonly volumeAttributesClassName: string | undefined;
  readonly volumeMode: "Filesystem" | "Block";
  /** "" while unbound. */
  readonly volumeName: string;
  readonly storage: Quantity;
  readonly selector: LabelSelector | undefined;
  readonly hasDataSource: boolean;
  readonly phase: "Pending" | "Bound" | "Lost";
  /** Annotation pv.kubernetes.io/bind-completed. */
  readonly isBindCompleted: boolean;
}

/** What a PersistentVolume is made of, as far as plugins ask. */
export interface VolumeSource {
  readonly kind: string;
  /** CSI driver, or "" for others. */
  readonly driver: string;
  /** CSI volume handle, disk name, image: the identity of the disk. */
  readonly handle: string;
  readonly readOnly: boolean;
  /** Of an Azure disk: Managed, Dedicated or Shared (the default). */
  readonly diskKind?: string;
}

/** A volume. */
export interface PersistentVolumeObject {
  readonly kind: "PersistentVolume";
  readonly meta: ObjectMeta;
  readonly accessModes: readonly AccessMode[];
  readonly storage: Quantity;
  readonly storageClassName: string;
  readonly volumeAttributesClassName: string | undefined;
  readonly volumeMode: "Filesystem" | "Block";
  readonly reclaimPolicy: "Retain" | "Delete" | "Recycle";
  readonly claimRef:
    | { readonly namespace: string; readonly name: string; readonly uid: string }
    | undefined;
  readonly nodeAffinity: NodeSelector | undefined;
  readonly source: VolumeSource;
  readonly phase: "Pending" | "Available" | "Bound" | "Released" | "Failed";
}

/** One term of allowedTopologies: every key must have one of its values; [] as a whole allows all. */
export type TopologySelectorTerm = readonly {
  readonly key: string;
  readonly values: readonly string[];
}[];

/** A storage class. */
export interface StorageClassObject {
  readonly kind: "StorageClass";
  readonly meta: ObjectMeta;
  readonly provisioner: string;
  readonly reclaimPolicy: "Retain" | "Delete";
  /** undefined only when the object really lacks it (VolumeZone has a message of its own for that). */
  readonly volumeBindingMode: "Immediate" | "WaitForFirstConsumer" | undefined;
  readonly allowedTopologies: readonly TopologySelectorTerm[];
  readonly allowVolumeExpansion: boolean;
  readonly isDefault: boolean;
}

/** CSI drivers of a node. */
export interface CsiNodeObject {
  readonly kind: "CSINode";
  readonly meta: ObjectMeta;
  readonly drivers: readonly {
    readonly name: string;
    readonly nodeId: string;
    readonly topologyKeys: readonly string[];
    /** undefined = no limit. */
    readonly allocatableCount: number | undefined;
  }[];
}

/** A CSI driver. */
export interface CsiDriverObject {
  readonly kind: "CSIDriver";
  readonly meta: ObjectMeta;
  readonly attachRequired: boolean;
  readonly storageCapacity: boolean;
}

/** Room that a CSI driver reports for one class and topology segment. */
export interface CsiStorageCapacityObject {
  readonly kind: "CSIStorageCapacity";
  readonly meta: ObjectMeta;
  readonly storageClassName: string;
  readonly nodeTopology: LabelSelector;
  readonly capacity: Quantity | undefined;
  readonly maximumVolumeSize: Quantity | undefined;
}

/** A volume's attachment to a node. */
export interface VolumeAttachmentObject {
  readonly kind: "VolumeAttachment";
  readonly meta: ObjectMeta;
  readonly attacher: string;
  readonly nodeName: string;
  /** "" for inline volumes. */
  readonly persistentVolumeName: string;
  readonly attached: boolean;
}
