// Row name index: finds the row of a live object by the hash of its name.
//
// Open addressing over typed arrays instead of a Map, so that millions of live pods cost eight
// bytes each. The caller compares the real names: equal hashes are only candidates. Taking a pair
// out moves later ones of the same chain back, so no marks pile up and a steady population never
// rebuilds the arrays.
//
//   bucket -> row + 1 (0 = empty) | hash

const EMPTY = 0;
const LOAD_LIMIT = 0.5;

/** Rows by hash of their name; all operations are O(1) on average. */
export class RowNameIndex {
  private rowColumn = new Int32Array(64); // row + 1
  private hashColumn = new Uint32Array(64);
  private liveCount = 0;

  add(hash: number, row: number): void {
    if ((this.liveCount + 1) / this.rowColumn.length > LOAD_LIMIT) this.widen();
    const mask = this.rowColumn.length - 1;
    let bucket = hash & mask;
    while (this.rowColumn[bucket] !== EMPTY) bucket = (bucket + 1) & mask;
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
      this.closeGap(bucket);
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
      if (this.hashColumn[bucket] === hash && matches(entry - 1)) return entry - 1;
    }
  }

  get size(): number {
    return this.liveCount;
  }

  /** Buckets that memory is held for. */
  get capacity(): number {
    return this.rowColumn.length;
  }

  /** Empties a bucket; whoever stands behind it and may stand in it moves there, and so on. */
  private closeGap(emptied: number): void {
    const { rowColumn: rows, hashColumn: hashes } = this;
    const mask = rows.length - 1;
    let gap = emptied;
    for (let bucket = (gap + 1) & mask; rows[bucket] !== EMPTY; bucket = (bucket + 1) & mask) {
      const distanceFromHome = (bucket - hashes[bucket]!) & mask;
      const distanceFromGap = (bucket - gap) & mask;
      if (distanceFromHome < distanceFromGap) continue; // its chain begins behind the gap
      rows[gap] = rows[bucket]!;
      hashes[gap] = hashes[bucket]!;
      gap = bucket;
    }
    rows[gap] = EMPTY;
  }

  /** Doubles the arrays and puts every pair into its new place. */
  private widen(): void {
    const rows = this.rowColumn;
    const hashes = this.hashColumn;
    this.rowColumn = new Int32Array(rows.length * 2);
    this.hashColumn = new Uint32Array(rows.length * 2);
    this.liveCount = 0;
    for (let bucket = 0; bucket < rows.length; bucket++) {
      if (rows[bucket] !== EMPTY) this.add(hashes[bucket]!, rows[bucket]! - 1);
    }
  }
}
