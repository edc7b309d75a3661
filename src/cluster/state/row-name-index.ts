// Row name index: finds the row of a live object by the hash of its name.
//
// Open addressing over typed arrays instead of a Map, so that millions of live pods cost eight
// bytes each. The caller compares the real names: equal hashes are only candidates.
//
//   bucket -> row + 1 (0 = empty, -1 = deleted) | hash

const EMPTY = 0;
const DELETED = -1;
const LOAD_LIMIT = 0.5;

/** Rows by hash of their name; all operations are O(1) on average. */
export class RowNameIndex {
  private rowColumn = new Int32Array(64); // row + 1
  private hashColumn = new Uint32Array(64);
  private liveCount = 0;
  private usedCount = 0; // live and deleted

  add(hash: number, row: number): void {
    if ((this.usedCount + 1) / this.rowColumn.length > LOAD_LIMIT) this.rehash();
    const mask = this.rowColumn.length - 1;
    let bucket = hash & mask;
    while (this.rowColumn[bucket]! > 0) bucket = (bucket + 1) & mask;
    if (this.rowColumn[bucket] === EMPTY) this.usedCount++;
    this.rowColumn[bucket] = row + 1;
    this.hashColumn[bucket] = hash;
    this.liveCount++;
  }

  /** Takes the pair out; false if it is not there. */
  remove(hash: number, row: number): boolean {
    const mask = this.rowColumn.length - 1;
    for (let bucket = hash & mask; ; bucket = (bucket + 1) & mask) {
      const entry = this.rowColumn[bucket]!;
      if (entry === EMPTY) return false;
      if (entry !== row + 1) continue;
      this.rowColumn[bucket] = DELETED;
      this.liveCount--;
      return true;
    }
  }

  /** The row with this hash that `matches` accepts, or -1. */
  find(hash: number, matches: (row: number) => boolean): number {
    const mask = this.rowColumn.length - 1;
    for (let bucket = hash & mask; ; bucket = (bucket + 1) & mask) {
      const entry = this.rowColumn[bucket]!;
      if (entry === EMPTY) return -1;
      if (entry > 0 && this.hashColumn[bucket] === hash && matches(entry - 1)) return entry - 1;
    }
  }

  get size(): number {
    return this.liveCount;
  }

  /** Rebuilds at a size fit for what is live; deleted marks go. */
  private rehash(): void {
    const rows = this.rowColumn;
    const hashes = this.hashColumn;
    let length = 64;
    while ((this.liveCount + 1) / length > LOAD_LIMIT / 2) length *= 2;
    this.rowColumn = new Int32Array(length);
    this.hashColumn = new Uint32Array(length);
    this.liveCount = 0;
    this.usedCount = 0;
    for (let bucket = 0; bucket < rows.length; bucket++) {
      if (rows[bucket]! > 0) this.add(hashes[bucket]!, rows[bucket]! - 1);
    }
  }
}
