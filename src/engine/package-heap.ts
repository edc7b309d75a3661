// The event queue used in runs: the fast-priority-queue package holding integer slots.
//
// The only importer of that package. What is stored decides more than the library: small integers
// keep its array packed, where event objects would cost a cache miss per comparison.

import FastPriorityQueue from "fast-priority-queue";
import { NO_SLOT } from "./pending-events.ts";
import type { PendingEvents, SlotOrder } from "./pending-events.ts";

/** The package's binary heap over slots. */
export class PackageHeap implements PendingEvents {
  private readonly heap: FastPriorityQueue<number>;

  constructor(isBefore: SlotOrder) {
    this.heap = new FastPriorityQueue<number>(isBefore);
  }

  push(slot: number): void {
    this.heap.add(slot);
  }

  pop(): number {
    return this.heap.poll() ?? NO_SLOT;
  }

  peek(): number {
    return this.heap.peek() ?? NO_SLOT;
  }

  get size(): number {
    return this.heap.size;
  }

  removeWhere(isUnwanted: (slot: number) => boolean): void {
    this.heap.removeMany(isUnwanted);
  }
}
