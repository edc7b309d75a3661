// The plain twin of the event queue: an array kept in order, least slot last.
//
// Obviously right and linear per insertion; the oracle in tests, and quick enough for small runs.

import { NO_SLOT } from "./pending-events.ts";
import type { PendingEvents, SlotOrder } from "./pending-events.ts";

/** Slots in an array in descending order. */
export class SortedArrayEvents implements PendingEvents {
  private slots: number[] = []; // descending, so that the least is popped from the end
  private readonly isBefore: SlotOrder;

  constructor(isBefore: SlotOrder) {
    this.isBefore = isBefore;
  }

  push(slot: number): void {
    let low = 0;
    let high = this.slots.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.isBefore(slot, this.slots[middle]!)) low = middle + 1;
      else high = middle;
    }
    this.slots.splice(low, 0, slot);
  }

  pop(): number {
    return this.slots.pop() ?? NO_SLOT;
  }

  peek(): number {
    return this.slots.at(-1) ?? NO_SLOT;
  }

  get size(): number {
    return this.slots.length;
  }

  removeWhere(isUnwanted: (slot: number) => boolean): void {
    this.slots = this.slots.filter((slot) => !isUnwanted(slot));
  }
}
