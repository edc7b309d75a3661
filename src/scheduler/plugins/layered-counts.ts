// LayeredCounts: integers by text, of which a copy costs only what was changed since the first copy.
//
// Dry runs copy the counts of a cycle once per node and change an entry or two; with hostnames for
// keys a full copy would be as large as the cluster. The shared layer is never written again.

/** Counts by key; a key that was never set is absent, not zero. */
export class LayeredCounts {
  /** Frozen, shared with copies; absent until the first copy. */
  private base: ReadonlyMap<string, number> | undefined;
  /** What differs from the base; undefined = taken out. */
  private changes = new Map<string, number | undefined>();
  private present = 0;

  /** Keys that are there, zeros too. */
  get size(): number {
    return this.base === undefined ? this.changes.size : this.present;
  }

  get(key: string): number | undefined {
    const own = this.changes.get(key);
    if (own !== undefined || this.base === undefined) return own;
    return this.changes.has(key) ? undefined : this.base.get(key);
  }

  set(key: string, count: number): void {
    if (this.base !== undefined && this.get(key) === undefined) this.present++;
    this.changes.set(key, count);
  }

  delete(key: string): void {
    if (this.base?.has(key) !== true) {
      if (this.changes.delete(key)) this.present--;
    } else if (this.get(key) !== undefined) {
      this.changes.set(key, undefined);
      this.present--;
    }
  }

  /** Visits the keys in the order in which they were first set, if none was ever taken out. */
  forEach(visit: (count: number, key: string) => void): void {
    const { base, changes } = this;
    base?.forEach((count, key) => {
      const current = changes.has(key) ? changes.get(key) : count;
      if (current !== undefined) visit(current, key);
    });
    for (const [key, count] of changes) {
      if (count !== undefined && base?.has(key) !== true) visit(count, key);
    }
  }

  /** An equal one that changes on its own. */
  clone(): LayeredCounts {
    if (this.base === undefined) {
      // Without a base nothing is only marked as taken out.
      this.base = this.changes as ReadonlyMap<string, number>;
      this.present = this.changes.size;
      this.changes = new Map();
    }
    const copy = new LayeredCounts();
    copy.base = this.base;
    copy.changes = new Map(this.changes);
    copy.present = this.present;
    return copy;
  }
}
