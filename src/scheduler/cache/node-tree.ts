// NodeTree: the order in which the scheduler lists nodes.
//
// Zones stand in order of first appearance, nodes inside a zone in order of arrival; the list takes
// one node of every zone in turn (scheduler-queue.md B11). A row stands for its node while the node is here.

import type { NodeRow } from "./node-row.ts";

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

/** Nodes by zone; a zone that loses its last node re-enters at the end. */
export class NodeTree {
  private readonly rowsByZone = new Map<string, NodeRow[]>();
  /** Zone key by row; undefined where there is no node. */
  private readonly zoneOf: (string | undefined)[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(row: NodeRow, zoneKey: string): void {
    if (this.zoneOf[row] !== undefined) this.remove(row);
    this.zoneOf[row] = zoneKey;
    this.count++;
    const rows = this.rowsByZone.get(zoneKey);
    if (rows === undefined) this.rowsByZone.set(zoneKey, [row]);
    else rows.push(row);
  }

  remove(row: NodeRow): void {
    const zoneKey = this.zoneOf[row];
    if (zoneKey === undefined) return;
    this.zoneOf[row] = undefined;
    this.count--;
    const rows = this.rowsByZone.get(zoneKey) ?? [];
    rows.splice(rows.indexOf(row), 1);
    if (rows.length === 0) this.rowsByZone.delete(zoneKey);
  }

  /** Moves the node when its zone changed; the caller's old list stays as it was until rebuilt. */
  update(row: NodeRow, zoneKey: string): void {
    if (this.zoneOf[row] === zoneKey) return;
    this.remove(row);
    this.add(row, zoneKey);
  }

  /** All nodes, zones taking turns by index. */
  list(): NodeRow[] {
    const zones = [...this.rowsByZone.values()];
    const list: NodeRow[] = [];
    for (let index = 0; list.length < this.count; index++) {
      for (const zone of zones) {
        const row = zone[index];
        if (row !== undefined) list.push(row);
      }
    }
    return list;
  }
}
