// PortHolders: which nodes have which host ports in use, by port.
//
// The same sets as the cache's HostPortSet of each node, the other way round: few pods ask for host
// ports, so the nodes where two clash are found from the port. As there, equal entries of one node are
// one, and go with the first pod that goes.

import type { HostPort } from "../../../cluster/index.ts";
import type { CacheObserver } from "../../cache/cache-observer.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { PodCounter } from "./pod-counter.ts";

const ANY_IP = "0.0.0.0";

/** Rows by address, for one port of one protocol. */
type RowsByAddress = Map<string, PodCounter>;

/** Rows by host port over one cache. */
export class PortHolders implements CacheObserver {
  /** By protocol, then by port. */
  private readonly byProtocol = new Map<string, Map<number, RowsByAddress>>();

  constructor(cache: SchedulerCache) {
    for (const row of cache.usedRows()) {
      for (const { template } of cache.podsOn(row)) {
        const inUse = template.hostPorts.filter((entry) => cache.hasPort(row, entry));
        this.add(row, inUse);
      }
    }
    cache.observe(this);
  }

  /** Visits the rows where one of these ports is taken; some of them more than once. */
  forEachConflict(wanted: readonly HostPort[], visit: (row: NodeRow) => void): void {
    for (const { protocol, port, ip } of wanted) {
      const byAddress = this.byProtocol.get(protocolOf(protocol))?.get(port);
      if (byAddress === undefined) continue;
      const own = addressOf(ip);
      for (const [address, { rows }] of byAddress) {
        if (own !== ANY_IP && address !== ANY_IP && address !== own) continue;
        for (let at = 0; at < rows.length; at++) visit(rows[at]!);
      }
    }
  }

  podAdded(row: NodeRow, { template }: PodInfo): void {
    if (template.hostPorts.length > 0) this.add(row, template.hostPorts);
  }

  private add(row: NodeRow, entries: readonly HostPort[]): void {
    for (const entry of entries) {
      if (entry.port <= 0) continue;
      const rows = this.rowsOf(entry);
      if (rows.on(row) === 0) rows.change(row, 1);
    }
  }

  podRemoved(row: NodeRow, { template }: PodInfo): void {
    for (const entry of template.hostPorts) {
      if (entry.port <= 0) continue;
      const rows = this.rowsOf(entry);
      if (rows.on(row) !== 0) rows.change(row, -1);
    }
  }

  podReplaced(): void {
    // The same ports.
  }

  nodeChanged(): void {
    // Ports are the pods'.
  }

  private rowsOf({ protocol, port, ip }: HostPort): PodCounter {
    const byPort = madeIn(this.byProtocol, protocolOf(protocol), () => new Map());
    const byAddress: RowsByAddress = madeIn(byPort, port, () => new Map());
    return madeIn(byAddress, addressOf(ip), () => new PodCounter());
  }
}

function madeIn<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = create();
  map.set(key, made);
  return made;
}

function protocolOf(protocol: string): string {
  return protocol === "" ? "TCP" : protocol;
}

function addressOf(ip: string): string {
  return ip === "" ? ANY_IP : ip;
}
