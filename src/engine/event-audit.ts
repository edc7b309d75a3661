// The engine's own invariants: 5, 6, 20, 21 and 27, kept on a second path.
//
// The audit hears of each event three times (scheduled, cancelled, fired) and remembers it by
// sequence in a Map; it never looks at slots, rings or heads, so that a fault there cannot hide.
// It exists only under `check`. Violations are noted when seen and reported by the registry.

import type { InvariantRegistry } from "./invariants.ts";
import { rankOfOrder, sequenceOfOrder } from "./event-order.ts";
import { RANK_COUNT } from "./rank.ts";

/** The engine's own counts, to be compared with the audit's; read afresh after every event. */
export interface AuditedEngine {
  scheduledCount(): number;
  firedCount(): number;
  cancelledCount(): number;
  /** Counted in the queues themselves, not derived. */
  queuedCount(): number;
}

/** Hears of every event and knows which of the engine's invariants broke. */
export class EventAudit {
  private readonly dueUsBySequence = new Map<number, number>();
  private firedCount = 0;
  private cancelledCount = 0;
  private scheduledCount = 0;
  private lastSequence = 0;
  private lastAtUs = 0;
  /** Per rank, of the present instant: last sequence fired, and the newest that existed then. */
  private readonly firedSequence = new Float64Array(RANK_COUNT);
  private readonly existingSequence = new Float64Array(RANK_COUNT);
  private readonly engine: AuditedEngine;
  private wrongCancel: string | undefined;
  private wrongOrder: string | undefined;
  private wrongScheduling: string | undefined;
  private wrongTimer: string | undefined;

  constructor(engine: AuditedEngine) {
    this.engine = engine;
  }

  /** The miscount comes last: it follows from the others, which say more. */
  registerIn(registry: InvariantRegistry): void {
    const always = { mode: "check", when: "event" } as const;
    registry.register({
      ...always,
      id: "I6",
      title: "a cancelled event never fires and is cancelled once",
      test: () => this.wrongCancel,
    });
    registry.register({
      ...always,
      id: "I20",
      title: "the clock never decreases and the least key fires",
      test: () => this.wrongOrder,
    });
    registry.register({
      ...always,
      id: "I21",
      title: "nothing is scheduled before the present, sequences grow",
      test: () => this.wrongScheduling,
    });
    registry.register({
      ...always,
      id: "I27",
      title: "a timer fires exactly when it is due",
      test: () => this.wrongTimer,
    });
    registry.register({
      ...always,
      id: "I5",
      title: "events scheduled = fired + cancelled + queued",
      test: () => this.findMiscount(),
    });
  }

  noteScheduled(atUs: number, sequence: number, nowUs: number): void {
    this.scheduledCount++;
    if (atUs < nowUs) {
      this.wrongScheduling ??= `event ${sequence} is due at ${atUs} us, the present is ${nowUs} us`;
    }
    if (sequence <= this.lastSequence) {
      this.wrongScheduling ??= `sequence ${sequence} was given after ${this.lastSequence}`;
    }
    this.lastSequence = sequence;
    this.dueUsBySequence.set(sequence, atUs);
  }

  noteCancelled(order: number): void {
    const sequence = sequenceOfOrder(order);
    this.cancelledCount++;
    if (!this.dueUsBySequence.delete(sequence)) {
      this.wrongCancel ??= `event ${sequence} was cancelled after it was cancelled or had fired`;
    }
  }

  noteFired(atUs: number, order: number): void {
    const sequence = sequenceOfOrder(order);
    this.firedCount++;
    const dueUs = this.dueUsBySequence.get(sequence);
    if (dueUs === undefined) {
      this.wrongCancel ??= `event ${sequence} fired although it was cancelled or had fired before`;
    } else if (dueUs !== atUs) {
      this.wrongTimer ??= `event ${sequence} was due at ${dueUs} us and fired at ${atUs} us`;
    }
    this.dueUsBySequence.delete(sequence);
    this.noteOrder(atUs, rankOfOrder(order), sequence);
  }

  /**
   * A key may be below one fired before only if it was not there yet at that moment; sequences say
   * what was there, so a hidden event is noticed at the latest when it surfaces.
   */
  private noteOrder(atUs: number, rank: number, sequence: number): void {
    if (atUs < this.lastAtUs) {
      this.wrongOrder ??= `the clock went from ${this.lastAtUs} us back to ${atUs} us`;
    }
    if (atUs > this.lastAtUs) {
      this.firedSequence.fill(0);
      this.existingSequence.fill(0);
    }
    this.lastAtUs = atUs;
    if (sequence < this.firedSequence[rank]!) {
      this.wrongOrder ??= `event ${sequence} fired after ${this.firedSequence[rank]} of equal rank`;
    }
    for (let higher = rank + 1; higher < RANK_COUNT; higher++) {
      if (sequence > this.existingSequence[higher]!) continue;
      this.wrongOrder ??= `event ${sequence} of rank ${rank} fired after one of rank ${higher}`;
    }
    this.firedSequence[rank] = sequence;
    this.existingSequence[rank] = this.lastSequence;
  }

  private findMiscount(): string | undefined {
    const scheduled = this.engine.scheduledCount();
    const fired = this.engine.firedCount();
    const cancelled = this.engine.cancelledCount();
    const queued = this.engine.queuedCount();
    const known = this.dueUsBySequence.size;
    const isRight =
      scheduled === fired + cancelled + queued &&
      scheduled === this.scheduledCount &&
      fired === this.firedCount &&
      cancelled === this.cancelledCount &&
      queued === known;
    if (isRight) return undefined;
    return (
      `${scheduled} scheduled, ${fired} fired, ${cancelled} cancelled, ${queued} queued; audit: ` +
      `${this.scheduledCount}, ${this.firedCount}, ${this.cancelledCount}, ${known}`
    );
  }
}
