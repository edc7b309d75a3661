// In-tree disks that CSI drivers serve behind the scenes: which driver, and under which handle.
//
// Needed where volumes are counted per driver. Disks keep their in-tree form in the API; only their
// count moves. The rules are those of Kubernetes' CSI migration.

import type { CsiNodeObject, PersistentVolumeObject, Volume } from "../../cluster/index.ts";
import { BETA_ZONE_LABEL, ZONE_LABEL, splitZones } from "./volume-zones.ts";

/** One in-tree plugin and the driver that took over. */
interface Migration {
  readonly plugin: string;
  readonly driver: string;
  /** Drivers whose volumes have attach limits; the others are never counted. */
  readonly isCounted: boolean;
}

const MIGRATIONS: ReadonlyMap<string, Migration> = new Map(
  (
    [
      ["awsElasticBlockStore", "kubernetes.io/aws-ebs", "ebs.csi.aws.com", true],
      ["gcePersistentDisk", "kubernetes.io/gce-pd", "pd.csi.storage.gke.io", true],
      ["azureDisk", "kubernetes.io/azure-disk", "disk.csi.azure.com", true],
      ["cinder", "kubernetes.io/cinder", "cinder.csi.openstack.org", true],
      ["portworxVolume", "kubernetes.io/portworx-volume", "pxd.portworx.com", true],
      ["azureFile", "kubernetes.io/azure-file", "file.csi.azure.com", false],
      ["vsphereVolume", "kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com", false],
    ] as const
  ).map(([kind, plugin, driver, isCounted]) => [kind, { plugin, driver, isCounted }]),
);

/** The annotation in which a node says which plugins its drivers took over. */
export const MIGRATED_PLUGINS_ANNOTATION = "storage.alpha.kubernetes.io/migrated-plugins";

/** A volume as a CSI driver knows it. */
export interface CsiVolume {
  readonly driver: string;
  readonly handle: string;
}

/** The driver of an inline disk of a migrated kind, or undefined. */
export function migratedDriverOf(volume: Volume): string | undefined {
  return MIGRATIONS.get(volume.kind)?.driver;
}

/** The driver that makes the volumes of an in-tree plugin, or undefined. */
export function driverOfPlugin(plugin: string): string | undefined {
  for (const each of MIGRATIONS.values()) if (each.plugin === plugin) return each.driver;
  return undefined;
}

/**
 * The driver that stands for a storage class's provisioner: itself, or its successor; undefined when
 * its volumes are not counted on such a node.
 */
export function driverOfProvisioner(
  provisioner: string,
  csiNode: CsiNodeObject | undefined,
): string | undefined {
  for (const { plugin, driver, isCounted } of MIGRATIONS.values()) {
    if (plugin === provisioner) return isCounted && csiNode !== undefined ? driver : undefined;
  }
  return provisioner;
}

/**
 * The CSI volume that an inline disk is counted as on a node with CSI drivers; undefined when it is
 * not counted, a problem when it has no CSI form (upstream ends the cycle with an error).
 */
export function countedInlineVolume(
  volume: Volume,
  csiNode: CsiNodeObject | undefined,
): CsiVolume | { readonly problem: string } | undefined {
  const migration = MIGRATIONS.get(volume.kind);
  if (migration === undefined || !migration.isCounted || csiNode === undefined) return undefined;
  const { driver } = migration;
  switch (volume.kind) {
    case "awsElasticBlockStore": {
      const handle = ebsHandle(volume.volumeId);
      return handle === undefined ? { problem: ebsProblem(volume.volumeId) } : { driver, handle };
    }
    case "gcePersistentDisk":
      return { driver, handle: gceHandle(volume.pdName, []) ?? "" };
    case "azureDisk":
      return isManagedDisk(volume.diskKind)
        ? { driver, handle: volume.diskUri }
        : { problem: `kind(${volume.diskKind}) is not supported in csi migration` };
    case "cinder":
      return { driver, handle: volume.volumeId };
    case "portworxVolume":
      return { driver, handle: volume.handle };
    default:
      return undefined;
  }
}

function ebsProblem(volumeId: string): string {
  return `failed to translate Kubernetes ID to EBS Volume ID Invalid format for AWS volume (${volumeId})`;
}

/** Azure disks that are not managed (the default) have no form as CSI volumes. */
function isManagedDisk(kind: string | undefined): boolean {
  return kind?.toLowerCase() === "managed";
}

/** The CSI volume that a PersistentVolume is counted as, in-tree ones only on nodes with drivers. */
export function countedVolume(
  volume: PersistentVolumeObject,
  csiNode: CsiNodeObject | undefined,
): CsiVolume | undefined {
  const { kind, driver, handle, diskKind } = volume.source;
  if (kind === "csi") return { driver, handle };
  if (kind === "azureDisk" && !isManagedDisk(diskKind)) return undefined;
  const migration = MIGRATIONS.get(kind);
  if (migration === undefined || !migration.isCounted || csiNode === undefined) return undefined;
  const translated =
    kind === "awsElasticBlockStore"
      ? ebsHandle(handle)
      : kind === "gcePersistentDisk"
        ? gceHandle(handle, zonesOf(volume))
        : handle;
  return translated === undefined ? undefined : { driver: migration.driver, handle: translated };
}

/** Whether some node's drivers took over the plugin behind this in-tree volume. */
export function isMovedToCsi(
  volume: PersistentVolumeObject,
  csiNodes: readonly CsiNodeObject[],
): boolean {
  const migration = MIGRATIONS.get(volume.source.kind);
  if (migration === undefined) return false;
  return csiNodes.some(({ meta }) =>
    meta.annotations.get(MIGRATED_PLUGINS_ANNOTATION)?.split(",").includes(migration.plugin),
  );
}

/** Bare ids stay; "aws://zone/vol-1" is "vol-1". */
function ebsHandle(volumeId: string): string | undefined {
  if (!volumeId.startsWith("aws://")) return volumeId;
  return /^aws:\/\/[^/]*\/+(vol-[^/]*)\/*$/.exec(volumeId)?.[1];
}

function gceHandle(pdName: string, zones: readonly string[]): string | undefined {
  const [zone = "UNSPECIFIED"] = zones;
  if (zones.length < 2) return `projects/UNSPECIFIED/zones/${zone}/disks/${pdName}`;
  const regions = new Set(zones.map((each) => each.slice(0, each.lastIndexOf("-"))));
  const [region = ""] = regions;
  if (regions.size !== 1 || region === "") return undefined;
  return `projects/UNSPECIFIED/regions/${region}/disks/${pdName}`;
}

function zonesOf({ meta }: PersistentVolumeObject): readonly string[] {
  const label = meta.labels.get(ZONE_LABEL) ?? meta.labels.get(BETA_ZONE_LABEL);
  return label === undefined ? [] : [...(splitZones(label) ?? [])];
}
