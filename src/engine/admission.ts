// Admission: the one place where an event gets its key and is counted.
//
// It holds what all sources of events share: the present instant, the sequence counter, the count
// of foreground events and the causal depth. It does not store events.

import type { CausalDepth } from "./causal-depth.ts";
import type { EventAudit } from "./event-audit.ts";
import type { EventKind, EventKindTable } from "./event-kind.ts";

/** What all sources of events of one simulation share. */
export class Admission {
  nowUs = 0;
  /** The last sequence given; also the number of events scheduled so far. */
  sequence = 0;
  /** Pending events of foreground kinds. */
  foregroundCount = 0;
  readonly kinds: EventKindTable;
  readonly causes: CausalDepth;
  /** Present under `check`. */
  audit: EventAudit | undefined;

  constructor(kinds: EventKindTable, causes: CausalDepth) {
    this.kinds = kinds;
    this.causes = causes;
  }

  /** Counts a new event and gives its order number (rank and a larger sequence than all before). */
  admit(atUs: number, kind: EventKind): number {
    const sequence = this.sequence + 1;
    this.sequence = sequence;
    this.foregroundCount += this.kinds.foreground[kind]!;
    if (this.audit !== undefined) this.audit.noteScheduled(atUs, sequence, this.nowUs);
    return this.kinds.orderBases[kind]! + sequence;
  }

  /** An event of this kind fired or was cancelled. */
  settle(kind: EventKind): void {
    this.foregroundCount -= this.kinds.foreground[kind]!;
  }
}
