// HostPortSet: the host ports in use on one node.
//
// A set, as upstream: an entry is (ip, protocol, port), equal entries are one. A wanted port on
// 0.0.0.0 conflicts with that port on any address, and any address conflicts with 0.0.0.0.

import type { HostPort } from "../../cluster/index.ts";

const ANY_IP = "0.0.0.0";
/** More than any port, so that protocols do not mix whatever a manifest says. */
const PORTS = 4_294_967_296;

/** Host ports of the pods on one node. */
export class HostPortSet {
  /** By protocol and port as one number. */
  private readonly ipsByPort = new Map<number, Set<string>>();

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

  /** Whether that very entry is in the set. */
  has(entry: HostPort): boolean {
    return this.ipsByPort.get(portKey(entry))?.has(ipOf(entry)) === true;
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

/** Numbers of protocols, in the order in which they were first seen; they never leave this file. */
const PROTOCOLS = new Map<string, number>([
  ["", 0],
  ["TCP", 0],
  ["UDP", 1],
  ["SCTP", 2],
]);

function portKey({ protocol, port }: HostPort): number {
  let number = PROTOCOLS.get(protocol);
  if (number === undefined) {
    number = PROTOCOLS.size;
    PROTOCOLS.set(protocol, number);
  }
  return number * PORTS + port;
}

function ipOf(entry: HostPort): string {
  return entry.ip === "" ? ANY_IP : entry.ip;
}
