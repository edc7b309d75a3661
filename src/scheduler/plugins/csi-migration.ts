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
 * not counted, "unreadable" when its identity makes no sense (upstream ends the cycle with an error).
 */
export function countedInlineVolume(
  volume: Volume,
  csiNode: CsiNodeObject | undefined,
): CsiVolume | "unreadable" | undefined {
  const migration = MIGRATIONS.get(volume.kind);
  if (migration === undefined || !migration.isCounted || csiNode === undefined) return undefined;
  const handle = inlineHandle(volume);
  return handle === undefined ? "unreadable" : { driver: migration.driver, handle };
}

function inlineHandle(volume: Volume): string | undefined {
  switch (volume.kind) {
    case "awsElasticBlockStore":
      return ebsHandle(volume.volumeId);
    case "gcePersistentDisk":
      return gceHandle(volume.pdName, []);
    case "azureDisk":
      return volume.diskUri;
    case "cinder":
      return volume.volumeId;
    case "portworxVolume":
      return volume.handle;
    default:
      return undefined;
  }
}

/** The CSI volume that a PersistentVolume is counted as, in-tree ones only on nodes with drivers. */
export function countedVolume(
  volume: PersistentVolumeObject,
  csiNode: CsiNodeObject | undefined,
): CsiVolume | undefined {
  const { kind, driver, handle } = volume.source;
  if (kind === "csi") return { driver, handle };
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
