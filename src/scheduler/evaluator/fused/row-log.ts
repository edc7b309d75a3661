// RowLog: where the pods of one kind stand, as a log of who came and went.
//
// It is written with every change of a pod and read only when a new counter begins, so noting must cost
// next to nothing; whoever reads adds up. It is cut to what still stands when that is a small part.

import type { NodeRow } from "../../cache/node-row.ts";
import type { PodCounter } from "./pod-counter.ts";

/** Logs are not cut below this length. */
const CUT_MIN = 64;

/** Comings and goings on rows. */
export class RowLog {
  /** A row for each that came, its complement (below zero) for each that went. */
  private readonly entries: number[] = [];
  private standing = 0;

  /** One came to the row, or one of those there went. */
  note(row: NodeRow, by: 1 | -1): void {
    this.entries.push(by === 1 ? row : ~row);
    this.standing += by;
    const { length } = this.entries;
    if (length > CUT_MIN && length > 4 * this.standing) this.cut();
  }

  /** Adds those that stand. */
  addTo(counter: PodCounter): void {
    for (const [row, count] of this.sum()) if (count !== 0) counter.change(row, count);
  }

  private sum(): Map<NodeRow, number> {
    const counts = new Map<NodeRow, number>();
    for (const entry of this.entries) {
      const row = (entry < 0 ? ~entry : entry) as NodeRow;
      counts.set(row, (counts.get(row) ?? 0) + (entry < 0 ? -1 : 1));
    }
    return counts;
  }

  private cut(): void {
    const counts = this.sum();
    this.entries.length = 0;
    for (const [row, count] of counts) {
      for (let k = 0; k < count; k++) this.entries.push(row);
    }
  }
}
