// The last events of a run, kept in a ring for error bundles and traces.
//
// Recording copies five numbers; text is made only when somebody asks. It is not the fingerprint:
// what the API shows is digested elsewhere (fingerprint.ts).

import { assert, formatInstant } from "../base/index.ts";
import type { Instant } from "../base/index.ts";
import { rankOfOrder, sequenceOfOrder } from "./event-order.ts";
import type { Rank } from "./rank.ts";

/** One fired event. */
export interface EventRecord {
  readonly atUs: Instant;
  readonly rank: Rank;
  readonly sequence: number;
  /** Name of the event's kind, or label of the call. */
  readonly kind: string;
  readonly a: number;
  readonly b: number;
}

/** Ring of the last fired events of one simulation. */
export class EventLog {
  private readonly atUsRing: Float64Array;
  private readonly orderRing: Float64Array;
  private readonly kindRing: Uint16Array;
  private readonly aRing: Int32Array;
  private readonly bRing: Int32Array;
  private kindNames: readonly string[] = [];
  private recorded = 0;

  constructor(capacity = 50) {
    assert(Number.isInteger(capacity) && capacity > 0, `Event log of ${capacity} events.`);
    this.atUsRing = new Float64Array(capacity);
    this.orderRing = new Float64Array(capacity);
    this.kindRing = new Uint16Array(capacity);
    this.aRing = new Int32Array(capacity);
    this.bRing = new Int32Array(capacity);
  }

  /** The names of the kinds that will be recorded; called by the simulation. */
  useNames(kindNames: readonly string[]): void {
    this.kindNames = kindNames;
  }

  record(atUs: number, order: number, kind: number, a: number, b: number): void {
    const at = this.recorded++ % this.atUsRing.length;
    this.atUsRing[at] = atUs;
    this.orderRing[at] = order;
    this.kindRing[at] = kind;
    this.aRing[at] = a;
    this.bRing[at] = b;
  }

  /** How many events were recorded, those that left the ring included. */
  get count(): number {
    return this.recorded;
  }

  /** The events still in the ring, oldest first. */
  recent(): EventRecord[] {
    const capacity = this.atUsRing.length;
    const records: EventRecord[] = [];
    for (let index = Math.max(0, this.recorded - capacity); index < this.recorded; index++) {
      const at = index % capacity;
      const order = this.orderRing[at]!;
      records.push({
        atUs: this.atUsRing[at]! as Instant,
        rank: rankOfOrder(order),
        sequence: sequenceOfOrder(order),
        kind: this.kindNames[this.kindRing[at]!] ?? "?",
        a: this.aRing[at]!,
        b: this.bRing[at]!,
      });
    }
    return records;
  }

  /** One line per event still in the ring, oldest first. */
  format(): string[] {
    return this.recent().map(
      ({ atUs, rank, sequence, kind, a, b }) =>
        `${formatInstant(atUs)} rank ${rank} #${sequence} ${kind} (${a}, ${b})`,
    );
  }
}
