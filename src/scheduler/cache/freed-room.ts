// FreedRoom: what a node would have more of if some of its pods were gone (or others came: below zero).
//
// One mutable record that is used again and again, so that trying a node allocates nothing. Sums are
// integers, so it does not matter in which order pods come and go.

import type { PodTemplate } from "../../cluster/index.ts";

/** Amounts in a node's own units. */
export class FreedRoom {
  pods = 0;
  milliCpu = 0;
  memoryBytes = 0;
  ephemeralStorageBytes = 0;
  /** Extended resources and huge pages by name. */
  readonly scalars: Map<string, number> = new Map<string, number>();

  clear(): void {
    this.pods = 0;
    this.milliCpu = 0;
    this.memoryBytes = 0;
    this.ephemeralStorageBytes = 0;
    if (this.scalars.size > 0) this.scalars.clear();
  }

  /** A pod goes (sign 1) or comes (sign -1). */
  count({ nodeRequests }: PodTemplate, sign: 1 | -1): void {
    this.pods += sign;
    this.milliCpu += sign * nodeRequests.milliCpu;
    this.memoryBytes += sign * nodeRequests.memoryBytes;
    this.ephemeralStorageBytes += sign * nodeRequests.ephemeralStorageBytes;
    for (const [name, amount] of nodeRequests.scalars) {
      this.scalars.set(name, this.scalarOf(name) + sign * amount);
    }
  }

  scalarOf(name: string): number {
    return this.scalars.get(name) ?? 0;
  }
}
