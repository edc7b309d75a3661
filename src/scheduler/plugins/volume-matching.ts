// Which existing volume an unbound claim gets on a node, and whether a new one could be made there.
//
// The rules of static binding and of dynamic provisioning (P10), for one node at a time. Nothing is
// bound here.

import type {
  CsiStorageCapacityObject,
  LabelSelector,
  NodeObject,
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
  Quantity,
  StorageClassObject,
} from "../../cluster/index.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import { classNameOf } from "./volume-claims.ts";

/** Volumes are never provisioned for classes with this provisioner. */
const NO_PROVISIONER = "kubernetes.io/no-provisioner";

/** A claim and the existing volume it would be bound to. */
export interface VolumeMatch {
  readonly claim: PersistentVolumeClaimObject;
  readonly volume: PersistentVolumeObject;
}

/** What existing volumes do for claims on one node. */
export interface VolumeMatches {
  readonly matches: readonly VolumeMatch[];
  readonly unmatched: readonly PersistentVolumeClaimObject[];
}

/** Whether the volume can be used on the node. Its selector sees labels only, never the name. */
export function isReachable(volume: PersistentVolumeObject, node: NodeObject): boolean {
  const { nodeAffinity } = volume;
  return nodeAffinity === undefined || nodeAffinity.matches({ name: "", labels: node.meta.labels });
}

/**
 * Gives each claim the smallest volume that suits it, the smallest claim first. `volumesOfClass` are
 * the candidates of a class; among equally large ones the first is taken.
 */
export function matchVolumes(
  claims: readonly PersistentVolumeClaimObject[],
  volumesOfClass: (className: string) => readonly PersistentVolumeObject[],
  node: NodeObject,
): VolumeMatches {
  const matches: VolumeMatch[] = [];
  const unmatched: PersistentVolumeClaimObject[] = [];
  const chosen = new Set<string>();
  const bySize = [...claims].sort((a, b) => a.storage.compare(b.storage));
  for (const claim of bySize) {
    const candidates = volumesOfClass(classNameOf(claim));
    const volume = findVolumeFor(claim, candidates, {
      reaches: (each) => isReachable(each, node),
      chosen,
    });
    if (volume === undefined) {
      unmatched.push(claim);
    } else {
      chosen.add(volume.meta.name);
      matches.push({ claim, volume });
    }
  }
  return { matches, unmatched };
}

/** Which volumes come into question besides being suitable. */
export interface VolumeSearch {
  /** Absent: where the volume is does not matter yet. */
  reaches?(volume: PersistentVolumeObject): boolean;
  /** Names of volumes that others have got. */
  readonly chosen?: ReadonlySet<string>;
  /** Only volumes that name this claim. */
  readonly keptOnly?: boolean;
}

/** The volume kept for the claim, else the smallest suitable one; of equal ones the first. */
export function findVolumeFor(
  claim: PersistentVolumeClaimObject,
  candidates: readonly PersistentVolumeObject[],
  { reaches, chosen, keptOnly = false }: VolumeSearch,
): PersistentVolumeObject | undefined {
  const isReached = (volume: PersistentVolumeObject): boolean =>
    reaches === undefined || reaches(volume);
  let smallest: PersistentVolumeObject | undefined;
  for (const volume of candidates) {
    if (chosen?.has(volume.meta.name) || !isLargeEnough(volume, claim)) continue;
    if (isReservedFor(volume, claim)) return isReached(volume) ? volume : undefined;
    if (keptOnly || volume.claimRef !== undefined || volume.phase !== "Available") continue;
    if (!isSuitable(volume, claim) || !isReached(volume)) continue;
    if (smallest === undefined || volume.storage.compare(smallest.storage) < 0) smallest = volume;
  }
  return smallest;
}

/** What holds for volumes kept for this very claim as well. */
function isLargeEnough(
  volume: PersistentVolumeObject,
  claim: PersistentVolumeClaimObject,
): boolean {
  return (
    volume.storage.compare(claim.storage) >= 0 &&
    volume.volumeMode === claim.volumeMode &&
    (volume.volumeAttributesClassName ?? "") === (claim.volumeAttributesClassName ?? "") &&
    volume.meta.deletionTimestampSeconds === undefined
  );
}

/** The volume names this claim: it goes to it whatever its phase, class and modes. */
export function isReservedFor(
  { claimRef }: PersistentVolumeObject,
  { meta }: PersistentVolumeClaimObject,
): boolean {
  if (claimRef === undefined) return false;
  if (claimRef.name !== meta.name || claimRef.namespace !== meta.namespace) return false;
  return claimRef.uid === "" || claimRef.uid === meta.uid;
}

function isSuitable(volume: PersistentVolumeObject, claim: PersistentVolumeClaimObject): boolean {
  const { selector } = claim;
  return (
    (selector === undefined || selector.matches(volume.meta.labels)) &&
    volume.storageClassName === classNameOf(claim) &&
    claim.accessModes.every((mode) => volume.accessModes.includes(mode))
  );
}

/** Whether new volumes for all these claims could be made for the node. */
export type ProvisionVerdict = "possible" | "impossible" | "no-space" | { readonly error: string };

/** Asks claim by claim; the first that cannot be served decides. */
export function judgeProvisioning(
  claims: readonly PersistentVolumeClaimObject[],
  objects: ClusterObjects,
  node: NodeObject,
): ProvisionVerdict {
  for (const claim of claims) {
    const className = classNameOf(claim);
    const storageClass = objects.storageClass(className);
    if (storageClass === undefined) {
      return { error: `failed to find storage class ${JSON.stringify(className)}` };
    }
    const { provisioner } = storageClass;
    if (provisioner === "" || provisioner === NO_PROVISIONER) return "impossible";
    if (!isAllowedOn(storageClass, node)) return "impossible";
    if (!hasSpace(claim, storageClass, objects, node)) return "no-space";
  }
  return "possible";
}

/** Some term of allowedTopologies matches the node; no term at all allows every node. */
function isAllowedOn({ allowedTopologies }: StorageClassObject, { meta }: NodeObject): boolean {
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(
    (term) =>
      term.length > 0 &&
      term.every(({ key, values }) => {
        const value = meta.labels.get(key);
        return value !== undefined && values.includes(value);
      }),
  );
}

/** Only drivers that publish their capacity are asked for it. */
function hasSpace(
  claim: PersistentVolumeClaimObject,
  { meta, provisioner }: StorageClassObject,
  objects: ClusterObjects,
  node: NodeObject,
): boolean {
  // Validation demands a size above zero: zero stands for a claim that names none.
  if (claim.storage.sign === 0) return true;
  if (objects.csiDriver(provisioner)?.storageCapacity !== true) return true;
  const size = claim.storage.value();
  return objects.csiStorageCapacities().some((capacity) => {
    const limit = volumeLimitOf(capacity);
    const selector: LabelSelector = capacity.nodeTopology;
    return (
      capacity.storageClassName === meta.name &&
      limit !== undefined &&
      limit.value() >= size &&
      selector.matches(node.meta.labels)
    );
  });
}

/** The largest volume that can be made from this capacity, as far as it is known. */
export function volumeLimitOf(capacity: CsiStorageCapacityObject): Quantity | undefined {
  return capacity.maximumVolumeSize ?? capacity.capacity;
}
