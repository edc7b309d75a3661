// Zones and regions of volumes: the labels that say where a volume lives.
//
// One label may name several zones ("a__b"); the old beta keys count as well.

import type { PersistentVolumeObject } from "../../cluster/index.ts";

/** The key of a zone before v1.17; volumes and nodes of old clusters still carry it. */
export const BETA_ZONE_LABEL = "failure-domain.beta.kubernetes.io/zone";
const BETA_REGION_LABEL = "failure-domain.beta.kubernetes.io/region";
/** The key of a zone since v1.17. */
export const ZONE_LABEL = "topology.kubernetes.io/zone";
const REGION_LABEL = "topology.kubernetes.io/region";

/** The four keys in the order in which they are looked at. */
export const TOPOLOGY_LABELS: readonly string[] = [
  BETA_ZONE_LABEL,
  BETA_REGION_LABEL,
  ZONE_LABEL,
  REGION_LABEL,
];

/** The keys that took the place of the old ones. */
const SUCCESSORS: ReadonlyMap<string, string> = new Map([
  [BETA_ZONE_LABEL, ZONE_LABEL],
  [BETA_REGION_LABEL, REGION_LABEL],
]);

/** What one label of a volume demands of a node. */
export interface ZoneConstraint {
  readonly key: string;
  /** The key that nodes of today have instead. */
  readonly successor: string;
  readonly values: ReadonlySet<string>;
}

/** The zones in a label's text; undefined when one of them is empty (the label is then ignored). */
export function splitZones(text: string): ReadonlySet<string> | undefined {
  const zones = text.split("__").map((zone) => zone.trim());
  return zones.includes("") ? undefined : new Set(zones);
}

/** The constraints of a volume's labels, in the order of the keys. */
export function zoneConstraintsOf({ meta }: PersistentVolumeObject): ZoneConstraint[] {
  const constraints: ZoneConstraint[] = [];
  for (const key of TOPOLOGY_LABELS) {
    const text = meta.labels.get(key);
    const values = text === undefined ? undefined : splitZones(text);
    if (values === undefined) continue;
    constraints.push({ key, successor: SUCCESSORS.get(key) ?? key, values });
  }
  return constraints;
}

/** Whether two volumes demand the same, whatever the order of zones in a label. */
export function haveSameZones(a: PersistentVolumeObject, b: PersistentVolumeObject): boolean {
  const ofA = zoneConstraintsOf(a);
  const ofB = zoneConstraintsOf(b);
  if (ofA.length !== ofB.length) return false;
  return ofA.every(({ key, values }, index) => {
    const other = ofB[index]!;
    return (
      other.key === key &&
      other.values.size === values.size &&
      [...values].every((value) => other.values.has(value))
    );
  });
}
