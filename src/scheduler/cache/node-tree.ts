// NodeTree: the order in which the scheduler lists nodes.
//
// Zones stand in order of first appearance, nodes inside a zone in order of arrival; the list takes
// one node of every zone in turn (scheduler-queue.md B11). It is a list of names and knows no rows.

/** Zone key of a node: region and zone label values, upstream's separator between them. */
export function zoneKeyOf(labels: ReadonlyMap<string, string>): string {
  const zone =
    labels.get("failure-domain.beta.kubernetes.io/zone") ??
    labels.get("topology.kubernetes.io/zone") ??
    "";
  const region =
    labels.get("failure-domain.beta.kubernetes.io/region") ??
    labels.get("topology.kubernetes.io/region") ??
    "";
  if (region === "" && zone === "") return "";
  return `${region}:\u0000:${zone}`;
}

/** Node names by zone; a zone that loses its last node re-enters at the end. */
export class NodeTree {
  private readonly namesByZone = new Map<string, string[]>();
  private readonly zoneOfName = new Map<string, string>();

  add(name: string, zoneKey: string): void {
    if (this.zoneOfName.has(name)) this.remove(name);
    this.zoneOfName.set(name, zoneKey);
    const names = this.namesByZone.get(zoneKey);
    if (names === undefined) this.namesByZone.set(zoneKey, [name]);
    else names.push(name);
  }

  remove(name: string): void {
    const zoneKey = this.zoneOfName.get(name);
    if (zoneKey === undefined) return;
    this.zoneOfName.delete(name);
    const names = this.namesByZone.get(zoneKey) ?? [];
    names.splice(names.indexOf(name), 1);
    if (names.length === 0) this.namesByZone.delete(zoneKey);
  }

  /** Moves the node when its zone changed; the caller's old list stays as it was until rebuilt. */
  update(name: string, zoneKey: string): void {
    if (this.zoneOfName.get(name) === zoneKey) return;
    this.remove(name);
    this.add(name, zoneKey);
  }

  /** All names, zones taking turns by index. */
  list(): string[] {
    const zones = [...this.namesByZone.values()];
    const names: string[] = [];
    for (let index = 0; names.length < this.zoneOfName.size; index++) {
      for (const zone of zones) {
        const name = zone[index];
        if (name !== undefined) names.push(name);
      }
    }
    return names;
  }
}
