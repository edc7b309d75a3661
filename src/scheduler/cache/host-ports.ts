// HostPortSet: the host ports in use on one node.
//
// A set, as upstream: an entry is (ip, protocol, port), equal entries are one. A wanted port on
// 0.0.0.0 conflicts with that port on any address, and any address conflicts with 0.0.0.0.

import type { HostPort } from "../../cluster/index.ts";

const ANY_IP = "0.0.0.0";

/** Host ports of the pods on one node. */
export class HostPortSet {
  private readonly ipsByPort = new Map<string, Set<string>>();

  add(entry: HostPort): void {
    if (entry.port <= 0) return;
    const key = portKey(entry);
    const ips = this.ipsByPort.get(key);
    if (ips === undefined) this.ipsByPort.set(key, new Set([ipOf(entry)]));
    else ips.add(ipOf(entry));
  }

  remove(entry: HostPort): void {
    const key = portKey(entry);
    const ips = this.ipsByPort.get(key);
    if (ips === undefined) return;
    ips.delete(ipOf(entry));
    if (ips.size === 0) this.ipsByPort.delete(key);
  }

  conflicts(wanted: HostPort): boolean {
    if (wanted.port <= 0) return false;
    const ips = this.ipsByPort.get(portKey(wanted));
    if (ips === undefined) return false;
    const ip = ipOf(wanted);
    return ip === ANY_IP || ips.has(ip) || ips.has(ANY_IP);
  }

  clone(): HostPortSet {
    const copy = new HostPortSet();
    for (const [key, ips] of this.ipsByPort) copy.ipsByPort.set(key, new Set(ips));
    return copy;
  }
}

function portKey(entry: HostPort): string {
  return `${entry.protocol === "" ? "TCP" : entry.protocol}/${entry.port}`;
}

function ipOf(entry: HostPort): string {
  return entry.ip === "" ? ANY_IP : entry.ip;
}
