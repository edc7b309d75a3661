// RowJournal: which rows of the cache changed, in the order in which they did.
//
// A ring: whoever is too far behind looks at every row. It begins to listen when somebody first keeps
// verdicts, so that clusters in which every pod fits pay nothing.

import type { CacheObserver } from "../../cache/cache-observer.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";

const LENGTH = 65_536;

/** The last changes of one cache. */
export class RowJournal implements CacheObserver {
  /** Number of the next entry; all entries ever have one. */
  end = 0;
  private readonly rows = new Int32Array(LENGTH);

  constructor(cache: SchedulerCache) {
    cache.observe(this);
  }

  /** Whether the entries from that number on are still there. */
  reachesBack(position: number): boolean {
    return this.end - position <= LENGTH;
  }

  rowAt(position: number): NodeRow {
    return this.rows[position & (LENGTH - 1)] as NodeRow;
  }

  podAdded(row: NodeRow): void {
    this.note(row);
  }

  podRemoved(row: NodeRow): void {
    this.note(row);
  }

  podReplaced(): void {
    // It takes the same room, and no verdict on a single node asks who is terminating.
  }

  nodeChanged(row: NodeRow): void {
    this.note(row);
  }

  private note(row: NodeRow): void {
    this.rows[this.end & (LENGTH - 1)] = row;
    this.end++;
  }
}
