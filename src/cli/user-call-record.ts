// The record of the present call into user code, in memory that two threads share.
//
// The simulation's thread writes where it is before each call; the main thread reads that when a
// call does not come back. Texts are written only when they change, so a call costs nanoseconds.

import type { StrategyCall } from "../experiment/index.ts";

/** Positions among the integers. An odd serial number means: inside a call. */
const SERIAL = 0;
const WHO_BYTES = 1;
const POD_BYTES = 2;
/** Positions among the doubles, which follow two of them taken by the integers. */
const AT_US = 2;
const COUNT = 3;
const REFUSED = 4;
const TEXTS_FROM = 40;
const TEXT_BYTES = 512;

/** Bytes that both threads need to share. */
export const USER_CALL_RECORD_BYTES: number = TEXTS_FROM + 2 * TEXT_BYTES;

/** A call as the other thread sees it. */
export interface ObservedCall {
  readonly call: StrategyCall;
  /** How many calls there were, this one included. */
  readonly count: number;
}

/** One thread enters and leaves, the other looks. */
export class UserCallRecord {
  private readonly integers: Int32Array;
  private readonly doubles: Float64Array;
  private readonly bytes: Uint8Array;
  private strategy = "";
  private point = "";
  private pod = "";
  private count = 0;

  constructor(memory: SharedArrayBuffer) {
    this.integers = new Int32Array(memory, 0, 4);
    this.doubles = new Float64Array(memory, 0, 5);
    this.bytes = new Uint8Array(memory);
  }

  /** Makes it the record of a new thread, which is to refuse its call number `refused` (0 = none). */
  reset(refused: number): void {
    this.doubles.fill(0);
    this.doubles[REFUSED] = refused;
    this.count = 0;
  }

  // --- The simulation's thread -------------------------------------------------------------------

  enter({ strategy, point, atUs, pod }: StrategyCall): void {
    if (strategy !== this.strategy || point !== this.point) {
      this.strategy = strategy;
      this.point = point;
      this.integers[WHO_BYTES] = this.writeText(TEXTS_FROM, `${point}\n${strategy}`);
    }
    if (pod !== this.pod) {
      this.pod = pod;
      this.integers[POD_BYTES] = this.writeText(TEXTS_FROM + TEXT_BYTES, pod);
    }
    this.doubles[AT_US] = atUs;
    this.doubles[COUNT] = ++this.count;
    Atomics.add(this.integers, SERIAL, 1);
  }

  leave(): void {
    Atomics.add(this.integers, SERIAL, 1);
  }

  /** True if the call that was entered last is the one not to be made. */
  get isRefused(): boolean {
    return this.count === this.doubles[REFUSED];
  }

  // --- The main thread ---------------------------------------------------------------------------

  /** Changes whenever a call begins or ends. */
  get serial(): number {
    return Atomics.load(this.integers, SERIAL);
  }

  get isInside(): boolean {
    return (this.serial & 1) === 1;
  }

  /** The call that was entered last; to be asked only while it lasts. */
  look(): ObservedCall {
    const who = this.readText(TEXTS_FROM, this.integers[WHO_BYTES]!);
    const [point = ""] = who.split("\n", 1);
    const strategy = who.slice(point.length + 1);
    const pod = this.readText(TEXTS_FROM + TEXT_BYTES, this.integers[POD_BYTES]!);
    const atUs = this.doubles[AT_US]!;
    return { call: { strategy, point, atUs, pod }, count: this.doubles[COUNT]! };
  }

  private writeText(from: number, text: string): number {
    const bytes = Buffer.from(text, "utf8").subarray(0, TEXT_BYTES);
    this.bytes.set(bytes, from);
    return bytes.length;
  }

  private readText(from: number, length: number): string {
    return Buffer.from(this.bytes.slice(from, from + length)).toString("utf8");
  }
}
