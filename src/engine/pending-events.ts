// The contract of the general event queue: slots in, least slot out.
//
// Behind it stands a package (package-heap.ts) and its plain twin (sorted-array-events.ts); one
// contract test runs against every implementation, so that another heap can be measured.

/** Total order of slots; never true both ways for two different slots. */
export type SlotOrder = (left: number, right: number) => boolean;

/** Answer of `pop` and `peek` when nothing is pending. */
export const NO_SLOT = -1;

/** A priority queue of slots. */
export interface PendingEvents {
  push(slot: number): void;
  /** Takes the least slot out, or gives `NO_SLOT`. */
  pop(): number;
  /** The least slot, or `NO_SLOT`. */
  peek(): number;
  readonly size: number;
  /** Takes out every slot for which the answer is true; asks exactly once per slot, in any order. */
  removeWhere(isUnwanted: (slot: number) => boolean): void;
}

/** Makes an empty queue that obeys the given order. */
export type PendingEventsFactory = (isBefore: SlotOrder) => PendingEvents;
