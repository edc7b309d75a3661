// Arrival queue: events from a presorted source, one of them pending at a time.
//
// A trace or a generator knows its arrivals in order, so the engine holds only the next one: ten
// million pods to come cost no memory. The next arrival is drawn, and gets its sequence, just
// before the handler of the one before runs.

import { AssertionError } from "../base/index.ts";
import type { Instant } from "../base/index.ts";
import type { Admission } from "./admission.ts";
import type { EventKind } from "./event-kind.ts";
import { refusePayload } from "./lane.ts";
import type { SourceHeads } from "./source-heads.ts";

/** A cursor over arrivals in order of time. */
export interface ArrivalSource {
  /** Moves to the next arrival; false when there is none. */
  next(): boolean;
  /** Instant of the current arrival, never before the one before. */
  readonly atUs: Instant;
  /** Payload of the current arrival (signed 32-bit integers). */
  readonly a: number;
  readonly b: number;
}

/** The pending arrival of one source. */
export class ArrivalQueue {
  readonly kind: EventKind;
  readonly source: number;
  a = 0;
  b = 0;
  private lastAtUs: number;
  private readonly arrivals: ArrivalSource;
  private readonly admission: Admission;
  private readonly heads: SourceHeads;
  private isWaiting = false;

  constructor(kind: EventKind, arrivals: ArrivalSource, admission: Admission, heads: SourceHeads) {
    this.kind = kind;
    this.arrivals = arrivals;
    this.admission = admission;
    this.heads = heads;
    this.source = heads.add();
    this.lastAtUs = admission.nowUs;
    this.drop();
  }

  /** Number of pending arrivals: 0 or 1. */
  get size(): number {
    return this.isWaiting ? 1 : 0;
  }

  /** Replaces the head by the next arrival, if any. */
  drop(): void {
    this.isWaiting = this.arrivals.next();
    if (!this.isWaiting) {
      this.heads.setEmpty(this.source);
      return;
    }
    const { atUs, a, b } = this.arrivals;
    if (!(atUs >= this.lastAtUs) || !Number.isSafeInteger(atUs)) this.refuseOrder(atUs);
    if ((a | 0) !== a || (b | 0) !== b) refusePayload(a, b);
    this.lastAtUs = atUs;
    this.a = a;
    this.b = b;
    this.heads.set(this.source, atUs, this.admission.admit(atUs, this.kind));
  }

  private refuseOrder(atUs: number): never {
    const name = this.admission.kinds.names[this.kind] ?? "?";
    throw new AssertionError(
      `Arrivals "${name}" are not in order: ${atUs} us after ${this.lastAtUs} us (integers expected).`,
    );
  }
}
