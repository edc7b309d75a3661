// The fingerprint of a run: a rolling digest over every API change, in order.
//
// Two runs of one scenario and seed have the same fingerprint on every machine. Only what the API
// shows goes in (instant, object, new values); measurement never does, so that watching a run
// cannot change its fingerprint. Rows are delimited, so that moving a value from one row to the
// next changes the digest.

import { RollingDigest } from "../base/index.ts";
import type { Instant } from "../base/index.ts";

/** A value that can enter the fingerprint; numbers go in by their exact bits. */
export type FingerprintValue = string | number | boolean | null;

const TAG_NULL = 0;
const TAG_FALSE = 1;
const TAG_TRUE = 2;
const TAG_NUMBER = 3;
const TAG_TEXT = 4;
const TAG_ROW = 5;

/** Digest over rows; the hex text at any moment is the digest of the rows so far. */
export class Fingerprint {
  private readonly digest = new RollingDigest();
  private rows = 0;

  /** Adds one change: when, what object (a stable path, never a row index), which values. */
  addRow(atUs: Instant, object: string, ...values: readonly FingerprintValue[]): void {
    this.beginRow(atUs, object);
    for (const value of values) this.addValue(value);
  }

  /** Opens a row; the values follow by `addValue`, `addNumber` or `addText`. */
  beginRow(atUs: Instant, object: string): void {
    this.rows++;
    this.digest.addUint32(TAG_ROW);
    this.digest.addNumber(atUs);
    this.digest.addText(object);
  }

  addValue(value: FingerprintValue): void {
    if (typeof value === "number") this.addNumber(value);
    else if (typeof value === "string") this.addText(value);
    else if (value === null) this.digest.addUint32(TAG_NULL);
    else this.digest.addUint32(value ? TAG_TRUE : TAG_FALSE);
  }

  addNumber(value: number): void {
    this.digest.addUint32(TAG_NUMBER);
    this.digest.addNumber(value);
  }

  addText(value: string): void {
    this.digest.addUint32(TAG_TEXT);
    this.digest.addText(value);
  }

  get rowCount(): number {
    return this.rows;
  }

  /** The digest of all rows so far. */
  hex(): string {
    return this.digest.hex();
  }
}
