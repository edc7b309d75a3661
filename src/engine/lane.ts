// Lane: pending events of one kind and one constant delay, in a ring.
//
// Because time never goes back and the delay is constant, what is pushed later is due later: the
// ring is in order by construction, and neither push nor pop costs a comparison. Lane events
// cannot be cancelled; a handler that may find its work void checks that itself.

import { AssertionError } from "../base/index.ts";
import type { Admission } from "./admission.ts";
import type { EventKind } from "./event-kind.ts";
import type { SourceHeads } from "./source-heads.ts";

/** A queue of events with one constant delay, one kind and so one rank. */
export interface Lane {
  /** The event fires one lane delay from now, with this payload (32-bit integers). */
  push(a?: number, b?: number): void;
  /** Events waiting in the lane. */
  readonly size: number;
}

/** The lane as the simulation sees it: it also takes events out. */
export class LaneRing implements Lane {
  readonly kind: EventKind;
  readonly source: number;
  private readonly delayUs: number;
  private readonly admission: Admission;
  private readonly heads: SourceHeads;
  private atUsRing = new Float64Array(16);
  private orderRing = new Float64Array(16);
  private aRing = new Int32Array(16);
  private bRing = new Int32Array(16);
  private depthRing = new Int32Array(16); // causal depth; always 0 in a lane with a delay
  private stepRing = new Int32Array(16); // recorded step that caused it
  private mask = 15;
  private head = 0;
  private count = 0;

  constructor(kind: EventKind, delayUs: number, admission: Admission, heads: SourceHeads) {
    this.kind = kind;
    this.delayUs = delayUs;
    this.admission = admission;
    this.heads = heads;
    this.source = heads.add();
  }

  push(a = 0, b = 0): void {
    if ((a | 0) !== a || (b | 0) !== b) refusePayload(a, b);
    if (this.count > this.mask) this.grow();
    const { admission } = this;
    const tail = (this.head + this.count) & this.mask;
    const atUs = admission.nowUs + this.delayUs;
    if (atUs > Number.MAX_SAFE_INTEGER) refuseEndOfTime();
    const order = admission.admit(atUs, this.kind);
    this.atUsRing[tail] = atUs;
    this.orderRing[tail] = order;
    this.aRing[tail] = a;
    this.bRing[tail] = b;
    if (this.delayUs === 0) {
      this.depthRing[tail] = admission.causes.next();
      this.stepRing[tail] = admission.causes.step;
    }
    if (this.count++ === 0) this.heads.set(this.source, atUs, order);
  }

  get size(): number {
    return this.count;
  }

  /** Payload, depth and step of the head; asked before `drop`. */
  get a(): number {
    return this.aRing[this.head]!;
  }

  get b(): number {
    return this.bRing[this.head]!;
  }

  get depth(): number {
    return this.depthRing[this.head]!;
  }

  get step(): number {
    return this.stepRing[this.head]!;
  }

  /** Takes the head out and shows the next one to the merge. */
  drop(): void {
    this.head = (this.head + 1) & this.mask;
    if (--this.count === 0) this.heads.setEmpty(this.source);
    else this.heads.set(this.source, this.atUsRing[this.head]!, this.orderRing[this.head]!);
  }

  private grow(): void {
    const { head, atUsRing, orderRing, aRing, bRing, depthRing, stepRing } = this;
    const length = atUsRing.length * 2;
    this.atUsRing = unrolled(new Float64Array(length), atUsRing, head);
    this.orderRing = unrolled(new Float64Array(length), orderRing, head);
    this.aRing = unrolled(new Int32Array(length), aRing, head);
    this.bRing = unrolled(new Int32Array(length), bRing, head);
    this.depthRing = unrolled(new Int32Array(length), depthRing, head);
    this.stepRing = unrolled(new Int32Array(length), stepRing, head);
    this.mask = length - 1;
    this.head = 0;
  }
}

/** Copies a full ring into a longer one, head first. */
function unrolled<T extends Float64Array | Int32Array>(target: T, ring: T, head: number): T {
  target.set(ring.subarray(head));
  target.set(ring.subarray(0, head), ring.length - head);
  return target;
}

/** Out of line so that the check itself stays small where it is inlined. */
export function refusePayload(a: number, b: number): never {
  throw new AssertionError(`Event payload (${a}, ${b}) is not a pair of signed 32-bit integers.`);
}

/** Instants end at 2^53 - 1 microseconds (285 years). */
export function refuseEndOfTime(): never {
  throw new AssertionError("Event after the end of time (2^53 - 1 microseconds).");
}
