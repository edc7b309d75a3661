// Pending events of the general queue: one slot per event, one typed array per fact.
//
//   slot ->  instant | order | kind | a | b | depth | step | generation | state
//
// Only this file indexes these columns, and they grow together here. Slots are recycled last in, first out. A handle is
// generation * 2^26 + slot: a cancelled or fired event moves its slot to the next generation, so a
// stale handle is recognised by comparison and nothing is ever searched. A slot whose generation
// is used up is retired instead of wrapping round.

import { AssertionError } from "../base/index.ts";
import type { EventKind } from "./event-kind.ts";

const SLOT_BITS = 26;
const SLOT_SPAN = 2 ** SLOT_BITS;
const SLOT_COUNT_MAX = SLOT_SPAN - 1;
const GENERATION_MAX = 2 ** (53 - SLOT_BITS) - 1;

const STATE_FREE = 0;
const STATE_PENDING = 1;
const STATE_CANCELLED = 2; // still in the queue, skipped when it surfaces
const STATE_CAUSED = 3; // pending, and caused without delay: depth and step are set

declare const eventHandleBrand: unique symbol;

/** Names one pending event for `cancel`; stale once the event fired or was cancelled. */
export type EventHandle = number & { readonly [eventHandleBrand]: true };

/** The handle that names no event. */
export const NO_HANDLE: EventHandle = 0 as EventHandle;

/** Columns of pending events of the general queue, one row per slot. */
export class EventTable {
  private atUsColumn = new Float64Array(64);
  private orderColumn = new Float64Array(64); // rank and sequence, event-order.ts
  private kindColumn = new Uint16Array(64);
  private aColumn = new Int32Array(64);
  private bColumn = new Int32Array(64);
  private depthColumn = new Int32Array(64); // causal depth within the instant; if caused
  private stepColumn = new Int32Array(64); // recorded step that caused it, or -1; if caused
  private generationColumn = new Uint32Array(64); // 1 to GENERATION_MAX
  private stateColumn = new Uint8Array(64);
  private freeSlots = new Int32Array(64); // stack
  private freeCount = 0;
  private slotCount = 0; // slots ever used
  private cancelled = 0; // slots in STATE_CANCELLED

  add(atUs: number, order: number, kind: EventKind, a: number, b: number): number {
    const slot = this.freeCount > 0 ? this.freeSlots[--this.freeCount]! : this.newSlot();
    this.atUsColumn[slot] = atUs;
    this.orderColumn[slot] = order;
    this.kindColumn[slot] = kind;
    this.aColumn[slot] = a;
    this.bColumn[slot] = b;
    this.stateColumn[slot] = STATE_PENDING;
    return slot;
  }

  /** Notes that the event was caused without delay, by a chain of this depth and recorded step. */
  setCause(slot: number, depth: number, step: number): void {
    this.depthColumn[slot] = depth;
    this.stepColumn[slot] = step;
    this.stateColumn[slot] = STATE_CAUSED;
  }

  /** Total order of slots by (instant, rank, sequence). */
  isBefore(left: number, right: number): boolean {
    const leftAtUs = this.atUsColumn[left]!;
    const rightAtUs = this.atUsColumn[right]!;
    if (leftAtUs !== rightAtUs) return leftAtUs < rightAtUs;
    return this.orderColumn[left]! < this.orderColumn[right]!;
  }

  atUs(slot: number): number {
    return this.atUsColumn[slot]!;
  }

  order(slot: number): number {
    return this.orderColumn[slot]!;
  }

  kind(slot: number): EventKind {
    return this.kindColumn[slot]! as EventKind;
  }

  a(slot: number): number {
    return this.aColumn[slot]!;
  }

  b(slot: number): number {
    return this.bColumn[slot]!;
  }

  isCaused(slot: number): boolean {
    return this.stateColumn[slot] === STATE_CAUSED;
  }

  depth(slot: number): number {
    return this.depthColumn[slot]!;
  }

  step(slot: number): number {
    return this.stepColumn[slot]!;
  }

  handleOf(slot: number): EventHandle {
    return (this.generationColumn[slot]! * SLOT_SPAN + slot) as EventHandle;
  }

  /** The slot of a pending event, or -1 for a stale handle, `NO_HANDLE` included. */
  findSlot(handle: EventHandle): number {
    const slot = handle % SLOT_SPAN;
    if (slot >= this.slotCount) return -1;
    const generation = (handle - slot) / SLOT_SPAN;
    if (this.generationColumn[slot] !== generation) return -1;
    const state = this.stateColumn[slot];
    return state === STATE_PENDING || state === STATE_CAUSED ? slot : -1;
  }

  /** Makes handles of this slot stale; the slot stays taken until it surfaces in the queue. */
  markCancelled(slot: number): void {
    this.stateColumn[slot] = STATE_CANCELLED;
    this.generationColumn[slot] = this.generationColumn[slot]! + 1;
    this.cancelled++;
  }

  isCancelled(slot: number): boolean {
    return this.stateColumn[slot] === STATE_CANCELLED;
  }

  /** Slots that are cancelled and still taken. */
  get cancelledCount(): number {
    return this.cancelled;
  }

  /** Gives the slot of a fired or a surfaced cancelled event back. */
  release(slot: number): void {
    if (this.stateColumn[slot] === STATE_CANCELLED) this.cancelled--;
    else this.generationColumn[slot] = this.generationColumn[slot]! + 1;
    this.stateColumn[slot] = STATE_FREE;
    if (this.generationColumn[slot]! >= GENERATION_MAX) return; // retired
    this.freeSlots[this.freeCount++] = slot;
  }

  /** Slots that memory is held for; flat in steady state. */
  get capacity(): number {
    return this.atUsColumn.length;
  }

  private newSlot(): number {
    const slot = this.slotCount++;
    if (slot >= SLOT_COUNT_MAX) {
      throw new AssertionError(`More than ${SLOT_COUNT_MAX} events are pending.`);
    }
    if (slot === this.atUsColumn.length) this.grow();
    this.generationColumn[slot] = 1;
    return slot;
  }

  private grow(): void {
    const length = this.atUsColumn.length * 2;
    this.atUsColumn = copyInto(new Float64Array(length), this.atUsColumn);
    this.orderColumn = copyInto(new Float64Array(length), this.orderColumn);
    this.kindColumn = copyInto(new Uint16Array(length), this.kindColumn);
    this.aColumn = copyInto(new Int32Array(length), this.aColumn);
    this.bColumn = copyInto(new Int32Array(length), this.bColumn);
    this.depthColumn = copyInto(new Int32Array(length), this.depthColumn);
    this.stepColumn = copyInto(new Int32Array(length), this.stepColumn);
    this.generationColumn = copyInto(new Uint32Array(length), this.generationColumn);
    this.stateColumn = copyInto(new Uint8Array(length), this.stateColumn);
    this.freeSlots = copyInto(new Int32Array(length), this.freeSlots);
  }
}

function copyInto<T extends { set(source: T): void }>(target: T, source: T): T {
  target.set(source);
  return target;
}
