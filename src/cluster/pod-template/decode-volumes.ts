// Decoding of a pod's volumes: the source each one has, as far as scheduling or starting reads it.
//
// Contents of configMaps and secrets are never looked at; only that a pod needs them.

import type { FieldCursor } from "../objects/field-cursor.ts";
import { isRecord } from "../objects/field-cursor.ts";
import type { Volume } from "../pod-template.ts";
import type { Quantity } from "../quantity/quantity.ts";
import { dnsLabelProblem } from "../selectors/qualified-name.ts";

/** Decodes spec.volumes. A volume without source is an emptyDir, as the API defaults it. */
export function decodeVolumes(spec: FieldCursor): Volume[] {
  const names = new Set<string>();
  return spec.objects("volumes").map((item) => {
    const name = item.text("name");
    const problem = dnsLabelProblem(name);
    if (problem !== undefined)
      item.refuse("name", `Invalid value: "${name}": ${problem}`, "E_INVALID_NAME");
    if (names.has(name)) item.refuse("name", `Duplicate value: "${name}"`);
    names.add(name);
    return decodeVolume(item, name);
  });
}

function decodeVolume(item: FieldCursor, name: string): Volume {
  for (const [kind, decode] of SOURCES) {
    const source = item.object(kind);
    if (source === undefined) continue;
    const volume = decode(source, name);
    source.ignoreRest();
    item.close(true);
    return volume;
  }
  for (const kind of OTHER_SOURCES) {
    if (!item.has(kind)) continue;
    item.skip(kind);
    item.close(true);
    return { kind: "other", name, source: kind };
  }
  item.close(true);
  return { kind: "emptyDir", name, medium: "", sizeLimitBytes: undefined };
}

function bytesOf(quantity: Quantity | undefined): number | undefined {
  return quantity === undefined ? undefined : Number(quantity.value());
}

/** Sources that hold nothing the simulator reads. */
const OTHER_SOURCES = [
  "projected",
  "downwardAPI",
  "nfs",
  "cephfs",
  "glusterfs",
  "fc",
  "flexVolume",
  "flocker",
  "gitRepo",
  "quobyte",
  "scaleIO",
  "storageos",
  "photonPersistentDisk",
] as const;

type DecodeSource = (source: FieldCursor, name: string) => Volume;

const SOURCES: readonly (readonly [string, DecodeSource])[] = [
  [
    "persistentVolumeClaim",
    (source, name) => {
      const claimName = source.text("claimName");
      if (claimName === "") source.refuse("claimName", "Required value", "E_REQUIRED");
      return {
        kind: "persistentVolumeClaim",
        name,
        claimName,
        readOnly: source.boolean("readOnly"),
      };
    },
  ],
  [
    "ephemeral",
    (source, name) => {
      const template = source.raw("volumeClaimTemplate");
      return { kind: "ephemeral", name, claimTemplate: isRecord(template) ? template : {} };
    },
  ],
  [
    "emptyDir",
    (source, name) => ({
      kind: "emptyDir",
      name,
      medium: source.text("medium"),
      sizeLimitBytes: bytesOf(source.quantity("sizeLimit")),
    }),
  ],
  [
    "gcePersistentDisk",
    (source, name) => ({
      kind: "gcePersistentDisk",
      name,
      pdName: source.text("pdName"),
      readOnly: source.boolean("readOnly"),
    }),
  ],
  [
    "awsElasticBlockStore",
    (source, name) => ({
      kind: "awsElasticBlockStore",
      name,
      volumeId: source.text("volumeID"),
      readOnly: source.boolean("readOnly"),
    }),
  ],
  [
    "azureDisk",
    (source, name) => ({
      kind: "azureDisk",
      name,
      diskName: source.text("diskName"),
      diskUri: source.text("diskURI"),
      diskKind: source.text("kind") || "Shared",
    }),
  ],
  ["cinder", (source, name) => ({ kind: "cinder", name, volumeId: source.text("volumeID") })],
  [
    "iscsi",
    (source, name) => ({
      kind: "iscsi",
      name,
      iqn: source.text("iqn"),
      lun: source.integer("lun", 0),
      readOnly: source.boolean("readOnly"),
    }),
  ],
  [
    "rbd",
    (source, name) => ({
      kind: "rbd",
      name,
      monitors: source.texts("monitors"),
      pool: source.text("pool", source.sink.options.defaulting ? "rbd" : ""),
      image: source.text("image"),
      readOnly: source.boolean("readOnly"),
    }),
  ],
  ["portworxVolume", (source, name) => handled("portworxVolume", name, source.text("volumeID"))],
  ["vsphereVolume", (source, name) => handled("vsphereVolume", name, source.text("volumePath"))],
  ["azureFile", (source, name) => handled("azureFile", name, source.text("shareName"))],
  ["csi", (source, name) => ({ kind: "csi", name, driver: source.text("driver") })],
  [
    "image",
    (source, name) => ({
      kind: "image",
      name,
      reference: source.text("reference"),
      pullPolicy: source.text("pullPolicy"),
    }),
  ],
  [
    "configMap",
    (source, name) => ({
      kind: "configMap",
      name,
      objectName: source.text("name"),
      optional: source.boolean("optional"),
    }),
  ],
  [
    "secret",
    (source, name) => ({
      kind: "secret",
      name,
      objectName: source.text("secretName"),
      optional: source.boolean("optional"),
    }),
  ],
  ["hostPath", (source, name) => ({ kind: "hostPath", name, path: source.text("path") })],
];

function handled(
  kind: "portworxVolume" | "vsphereVolume" | "azureFile",
  name: string,
  handle: string,
): Volume {
  return { kind, name, handle };
}
