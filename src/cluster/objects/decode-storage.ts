// Decoding of storage objects: claims, volumes, classes, CSI drivers and their reports.
//
// One function per kind, with the API's defaults and rules. Binding and limits are decided elsewhere.

import { ZERO_QUANTITY } from "../quantity/quantity.ts";
import { compileNodeSelector } from "../selectors/node-selector.ts";
import { decodeLabelSelector } from "./decode-labels.ts";
import { decodeMeta } from "./decode-meta.ts";
import type { FieldCursor } from "./field-cursor.ts";
import type { ObjectMeta } from "./object-meta.ts";
import type {
  AccessMode,
  CsiDriverObject,
  CsiNodeObject,
  CsiStorageCapacityObject,
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
  StorageClassObject,
  TopologySelectorTerm,
  VolumeAttachmentObject,
  VolumeSource,
} from "./storage-objects.ts";

const ACCESS_MODES: readonly string[] = [
  "ReadWriteOnce",
  "ReadOnlyMany",
  "ReadWriteMany",
  "ReadWriteOncePod",
];
const VOLUME_MODES = ["Filesystem", "Block"] as const;

/** Decodes a PersistentVolumeClaim. */
export function decodeClaim(object: FieldCursor): PersistentVolumeClaimObject {
  return decodeClaimSpec(object, decodeMeta(object, true, "subdomain"));
}

/** Decodes the spec and status of a claim or claim template with this metadata. */
export function decodeClaimSpec(
  object: FieldCursor,
  meta: ObjectMeta,
): PersistentVolumeClaimObject {
  const spec = object.objectOrEmpty("spec");
  const resources = spec.objectOrEmpty("resources");
  const storage = resources.quantities("requests").get("storage");
  const status = object.object("status");
  const betaClass = meta.annotations.get("volume.beta.kubernetes.io/storage-class");
  const claim: PersistentVolumeClaimObject = {
    kind: "PersistentVolumeClaim",
    meta,
    accessModes: decodeAccessModes(spec),
    storageClassName: betaClass ?? spec.optionalText("storageClassName"),
    volumeAttributesClassName: spec.optionalText("volumeAttributesClassName"),
    volumeMode: spec.oneOf("volumeMode", VOLUME_MODES, "Filesystem"),
    volumeName: spec.text("volumeName"),
    storage: storage ?? ZERO_QUANTITY,
    selector: spec.has("selector") ? decodeLabelSelector(spec, "selector") : undefined,
    hasDataSource: spec.has("dataSource") || spec.has("dataSourceRef"),
    phase: status?.oneOf("phase", ["Pending", "Bound", "Lost"], "Pending") ?? "Pending",
    isBindCompleted: meta.annotations.has("pv.kubernetes.io/bind-completed"),
  };
  if (claim.accessModes.length === 0)
    spec.refuse("accessModes", "Required value: at least 1 access mode is required");
  if (storage === undefined) resources.refuse("requests", "Required value: storage", "E_REQUIRED");
  else if (storage.sign <= 0)
    resources.refuse("requests", `Invalid value: "${storage}": must be greater than zero`);
  resources.ignore("limits");
  spec.skip("storageClassName");
  spec.ignore("dataSource", "dataSourceRef");
  spec.close(true);
  return claim;
}

function decodeAccessModes(spec: FieldCursor): AccessMode[] {
  const modes: AccessMode[] = [];
  for (const [index, mode] of spec.texts("accessModes").entries()) {
    if (ACCESS_MODES.includes(mode)) modes.push(mode as AccessMode);
    else if (spec.sink.options.validate) {
      const list = ACCESS_MODES.map((name) => `"${name}"`).join(", ");
      const message = `Unsupported value: "${mode}": supported values: ${list}`;
      spec.sink.error(spec.at("accessModes", index), message, "E_UNSUPPORTED_VALUE");
    }
  }
  return modes;
}

/** Decodes a PersistentVolume. */
export function decodeVolumeObject(object: FieldCursor): PersistentVolumeObject {
  const meta = decodeMeta(object, false, "subdomain");
  const spec = object.objectOrEmpty("spec");
  const claimRef = spec.object("claimRef");
  const affinity = spec.object("nodeAffinity");
  const status = object.objectOrEmpty("status");
  const storage = spec.quantities("capacity").get("storage");
  if (storage === undefined) spec.refuse("capacity", "Required value: storage", "E_REQUIRED");
  const betaClass = meta.annotations.get("volume.beta.kubernetes.io/storage-class");
  const volume: PersistentVolumeObject = {
    kind: "PersistentVolume",
    meta,
    accessModes: decodeAccessModes(spec),
    storage: storage ?? ZERO_QUANTITY,
    storageClassName: betaClass ?? spec.text("storageClassName"),
    volumeAttributesClassName: spec.optionalText("volumeAttributesClassName"),
    volumeMode: spec.oneOf("volumeMode", VOLUME_MODES, "Filesystem"),
    reclaimPolicy: spec.oneOf(
      "persistentVolumeReclaimPolicy",
      ["Retain", "Delete", "Recycle"],
      "Retain",
    ),
    claimRef:
      claimRef === undefined
        ? undefined
        : {
            namespace: claimRef.text("namespace"),
            name: claimRef.text("name"),
            uid: claimRef.text("uid"),
          },
    nodeAffinity: compileNodeSelector(affinity?.raw("required")),
    source: decodeVolumeSource(spec),
    phase: status.oneOf(
      "phase",
      ["Pending", "Available", "Bound", "Released", "Failed"],
      "Pending",
    ),
  };
  claimRef?.skip("apiVersion", "kind", "resourceVersion", "fieldPath");
  claimRef?.close();
  affinity?.close(true);
  for (const error of volume.nodeAffinity?.errors ?? [])
    affinity?.refuse("required", error, "E_INVALID_SELECTOR");
  spec.skip("storageClassName");
  spec.ignore("mountOptions");
  spec.close(true);
  return volume;
}

/** Per source kind the field that identifies the disk. */
const VOLUME_SOURCES: readonly (readonly [kind: string, handleField: string])[] = [
  ["csi", "volumeHandle"],
  ["gcePersistentDisk", "pdName"],
  ["awsElasticBlockStore", "volumeID"],
  ["azureDisk", "diskURI"],
  ["azureFile", "shareName"],
  ["cinder", "volumeID"],
  ["vsphereVolume", "volumePath"],
  ["portworxVolume", "volumeID"],
  ["iscsi", "iqn"],
  ["rbd", "image"],
  ["local", "path"],
  ["hostPath", "path"],
  ["nfs", "path"],
  ["fc", "fsType"],
  ["cephfs", "path"],
  ["glusterfs", "path"],
  ["flexVolume", "driver"],
  ["photonPersistentDisk", "pdID"],
  ["quobyte", "volume"],
  ["scaleIO", "volumeName"],
  ["storageos", "volumeName"],
  ["flocker", "datasetName"],
];

function decodeVolumeSource(spec: FieldCursor): VolumeSource {
  let found: VolumeSource = { kind: "", driver: "", handle: "", readOnly: false };
  for (const [kind, handleField] of VOLUME_SOURCES) {
    const source = spec.object(kind);
    if (source === undefined) continue;
    found = {
      kind,
      driver: kind === "csi" ? source.text("driver") : "",
      handle: source.text(handleField),
      ...(kind === "azureDisk" && { diskKind: source.text("kind") || "Shared" }),
      readOnly: source.boolean("readOnly"),
    };
    source.ignoreRest();
  }
  return found;
}

/** Decodes a StorageClass. */
export function decodeStorageClass(object: FieldCursor): StorageClassObject {
  const meta = decodeMeta(object, false, "subdomain");
  const mode = object.optionalOneOf("volumeBindingMode", ["Immediate", "WaitForFirstConsumer"]);
  const storageClass: StorageClassObject = {
    kind: "StorageClass",
    meta,
    provisioner: object.text("provisioner"),
    reclaimPolicy: object.oneOf("reclaimPolicy", ["Retain", "Delete"], "Delete"),
    volumeBindingMode: mode ?? (object.sink.options.defaulting ? "Immediate" : undefined),
    allowedTopologies: object.objects("allowedTopologies").map(decodeTopologyTerm),
    allowVolumeExpansion: object.boolean("allowVolumeExpansion"),
    isDefault:
      meta.annotations.get("storageclass.kubernetes.io/is-default-class") === "true" ||
      meta.annotations.get("storageclass.beta.kubernetes.io/is-default-class") === "true",
  };
  if (storageClass.provisioner === "") object.refuse("provisioner", "Required value", "E_REQUIRED");
  object.ignore("parameters", "mountOptions");
  return storageClass;
}

function decodeTopologyTerm(term: FieldCursor): TopologySelectorTerm {
  return term.objects("matchLabelExpressions").map((item) => ({
    key: item.text("key"),
    values: item.texts("values"),
  }));
}

/** Decodes a CSINode. */
export function decodeCsiNode(object: FieldCursor): CsiNodeObject {
  const meta = decodeMeta(object, false, "subdomain");
  const spec = object.objectOrEmpty("spec");
  return {
    kind: "CSINode",
    meta,
    drivers: spec.objects("drivers").map((driver) => ({
      name: driver.text("name"),
      nodeId: driver.text("nodeID"),
      topologyKeys: driver.texts("topologyKeys"),
      allocatableCount: driver.object("allocatable")?.optionalInteger("count", 0),
    })),
  };
}

/** Decodes a CSIDriver. */
export function decodeCsiDriver(object: FieldCursor): CsiDriverObject {
  const meta = decodeMeta(object, false, "subdomain");
  const spec = object.objectOrEmpty("spec");
  return {
    kind: "CSIDriver",
    meta,
    attachRequired: spec.boolean("attachRequired", true),
    storageCapacity: spec.boolean("storageCapacity", false),
  };
}

/** Decodes a CSIStorageCapacity. */
export function decodeCsiStorageCapacity(object: FieldCursor): CsiStorageCapacityObject {
  return {
    kind: "CSIStorageCapacity",
    meta: decodeMeta(object, true, "subdomain"),
    storageClassName: object.text("storageClassName"),
    nodeTopology: decodeLabelSelector(object, "nodeTopology"),
    capacity: object.quantity("capacity"),
    maximumVolumeSize: object.quantity("maximumVolumeSize"),
  };
}

/** Decodes a VolumeAttachment. */
export function decodeVolumeAttachment(object: FieldCursor): VolumeAttachmentObject {
  const meta = decodeMeta(object, false, "subdomain");
  const spec = object.objectOrEmpty("spec");
  const source = spec.objectOrEmpty("source");
  const attachment: VolumeAttachmentObject = {
    kind: "VolumeAttachment",
    meta,
    attacher: spec.text("attacher"),
    nodeName: spec.text("nodeName"),
    persistentVolumeName: source.text("persistentVolumeName"),
    attached: object.objectOrEmpty("status").boolean("attached"),
  };
  source.skip("inlineVolumeSpec");
  source.close();
  spec.close();
  return attachment;
}
