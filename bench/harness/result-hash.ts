// Hash of a benchmark's decisions: 32-bit FNV-1a over integers, cheap enough for the timed loop.

/** Rolling hash over what a variant decided. */
export class ResultHash {
  private hash = 0x811c9dc5 | 0;

  /** Adds the low 32 bits of a value. */
  add(value: number): void {
    this.hash = Math.imul(this.hash ^ value, 0x01000193);
  }

  /** Adds a non-negative integer up to 2^53. */
  addWide(value: number): void {
    this.add(value >>> 0);
    this.add((value / 4294967296) | 0);
  }

  hex(): string {
    return (this.hash >>> 0).toString(16).padStart(8, "0");
  }
}
