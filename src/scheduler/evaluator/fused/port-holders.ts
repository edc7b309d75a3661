// PortHolders: which nodes have a pod with some host port, by port number.
//
// Few pods ask for host ports, so the nodes where two could clash are found from the number; whether
// they do (address, protocol) is the cache's to say.

import type { CacheObserver } from "../../cache/cache-observer.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { PodCounter } from "./pod-counter.ts";

/** Rows by host port over one cache. */
export class PortHolders implements CacheObserver {
  private readonly byPort = new Map<number, PodCounter>();

  constructor(cache: SchedulerCache) {
    for (const row of cache.usedRows()) {
      for (const pod of cache.podsOn(row)) this.podAdded(row, pod);
    }
    cache.observe(this);
  }

  /** Rows with a pod that has this host port. */
  holdersOf(port: number): readonly NodeRow[] {
    return this.byPort.get(port)?.rows ?? [];
  }

  podAdded(row: NodeRow, pod: PodInfo): void {
    for (const { port } of pod.template.hostPorts) this.counterOf(port).change(row, 1);
  }

  podRemoved(row: NodeRow, pod: PodInfo): void {
    for (const { port } of pod.template.hostPorts) this.counterOf(port).change(row, -1);
  }

  podReplaced(): void {
    // The same ports.
  }

  nodeChanged(): void {
    // Ports are the pods'.
  }

  private counterOf(port: number): PodCounter {
    let counter = this.byPort.get(port);
    if (counter === undefined) {
      counter = new PodCounter();
      this.byPort.set(port, counter);
    }
    return counter;
  }
}
