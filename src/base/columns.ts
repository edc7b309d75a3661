// Growable typed-array columns: one row per thing, one column per fact.
//
// The only place where such arrays grow (by doubling). `raw` is the array behind the column for
// kernels that scan; it may be longer than `length`, and any call that may grow replaces it, so
// never keep it across one. Each class writes out its accessors: sharing them in the base class
// would make every access polymorphic, which costs more than the repetition.

import { AssertionError } from "./assert.ts";

type Cells =
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

const CAPACITY_MIN = 16;

abstract class Column<C extends Cells> {
  /** The array behind the column, valid until the next call that may grow. */
  raw: C;
  protected count = 0;
  private readonly fill: number;

  constructor(cells: C, fill: number) {
    this.raw = cells;
    this.fill = fill;
    this.raw.fill(fill);
  }

  /** Rows in use. */
  get length(): number {
    return this.count;
  }

  /** Makes the column at least `length` rows long; new rows hold the fill value. Never shrinks. */
  grow(length: number): void {
    if (length > this.raw.length) this.reserve(length);
    if (length > this.count) this.count = length;
  }

  /** Makes room for `capacity` rows without adding any. */
  reserve(capacity: number): void {
    if (!Number.isSafeInteger(capacity)) {
      throw new AssertionError(`Not a column capacity: ${capacity}`);
    }
    if (capacity <= this.raw.length) return;
    const previous = this.raw;
    const wider = this.allocate(Math.max(capacity, previous.length * 2, CAPACITY_MIN));
    wider.set(previous);
    if (this.fill !== 0) wider.fill(this.fill, previous.length);
    this.raw = wider;
  }

  /** Drops the rows from `length` on; rows added later hold the fill value again. */
  truncate(length: number): void {
    if (!(length >= 0 && length <= this.count)) {
      throw new AssertionError(`Cannot cut ${this.count} rows to ${length}`);
    }
    this.raw.fill(this.fill, length, this.count);
    this.count = length;
  }

  /** Drops every row. */
  clear(): void {
    this.truncate(0);
  }

  protected abstract allocate(capacity: number): C;

  protected outOfRange(index: number): never {
    throw new AssertionError(`Row ${index} is not in a column of ${this.count} rows`);
  }

  protected doesNotFit(value: number): never {
    throw new AssertionError(`${value} does not fit into a ${this.raw.constructor.name}`);
  }
}

/** A column of any double: integers are exact to 2 ** 53. */
export class Float64Column extends Column<Float64Array<ArrayBuffer>> {
  constructor(capacity: number = CAPACITY_MIN, fill = 0) {
    super(new Float64Array(capacity), fill);
  }

  /** The value of row `index`; asserts that the row exists. */
  at(index: number): number {
    if (!(index < this.count)) this.outOfRange(index);
    return this.raw[index]!;
  }

  /** Writes row `index`; asserts that the row exists. */
  set(index: number, value: number): void {
    if (!(index < this.count)) this.outOfRange(index);
    this.raw[index] = value;
  }

  /** Adds a row at the end and returns its index. */
  push(value: number): number {
    const index = this.count;
    if (index === this.raw.length) this.reserve(index + 1);
    this.raw[index] = value;
    this.count = index + 1;
    return index;
  }

  protected override allocate(capacity: number): Float64Array<ArrayBuffer> {
    return new Float64Array(capacity);
  }
}

/** A column of integers from -2 ** 31 to 2 ** 31 - 1. */
export class Int32Column extends Column<Int32Array<ArrayBuffer>> {
  constructor(capacity: number = CAPACITY_MIN, fill = 0) {
    super(new Int32Array(capacity), fill);
  }

  /** The value of row `index`; asserts that the row exists. */
  at(index: number): number {
    if (!(index < this.count)) this.outOfRange(index);
    return this.raw[index]!;
  }

  /** Writes row `index`; asserts that the row exists and the value fits. */
  set(index: number, value: number): void {
    if (!(index < this.count)) this.outOfRange(index);
    if ((value | 0) !== value) this.doesNotFit(value);
    this.raw[index] = value;
  }

  /** Adds a row at the end and returns its index. */
  push(value: number): number {
    if ((value | 0) !== value) this.doesNotFit(value);
    const index = this.count;
    if (index === this.raw.length) this.reserve(index + 1);
    this.raw[index] = value;
    this.count = index + 1;
    return index;
  }

  protected override allocate(capacity: number): Int32Array<ArrayBuffer> {
    return new Int32Array(capacity);
  }
}

/** A column of integers from 0 to 2 ** 32 - 1. */
export class Uint32Column extends Column<Uint32Array<ArrayBuffer>> {
  constructor(capacity: number = CAPACITY_MIN, fill = 0) {
    super(new Uint32Array(capacity), fill);
  }

  /** The value of row `index`; asserts that the row exists. */
  at(index: number): number {
    if (!(index < this.count)) this.outOfRange(index);
    return this.raw[index]!;
  }

  /** Writes row `index`; asserts that the row exists and the value fits. */
  set(index: number, value: number): void {
    if (!(index < this.count)) this.outOfRange(index);
    if (value >>> 0 !== value) this.doesNotFit(value);
    this.raw[index] = value;
  }

  /** Adds a row at the end and returns its index. */
  push(value: number): number {
    if (value >>> 0 !== value) this.doesNotFit(value);
    const index = this.count;
    if (index === this.raw.length) this.reserve(index + 1);
    this.raw[index] = value;
    this.count = index + 1;
    return index;
  }

  protected override allocate(capacity: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(capacity);
  }
}

/** A column of integers from 0 to 65,535. */
export class Uint16Column extends Column<Uint16Array<ArrayBuffer>> {
  constructor(capacity: number = CAPACITY_MIN, fill = 0) {
    super(new Uint16Array(capacity), fill);
  }

  /** The value of row `index`; asserts that the row exists. */
  at(index: number): number {
    if (!(index < this.count)) this.outOfRange(index);
    return this.raw[index]!;
  }

  /** Writes row `index`; asserts that the row exists and the value fits. */
  set(index: number, value: number): void {
    if (!(index < this.count)) this.outOfRange(index);
    if ((value & 0xffff) !== value) this.doesNotFit(value);
    this.raw[index] = value;
  }

  /** Adds a row at the end and returns its index. */
  push(value: number): number {
    if ((value & 0xffff) !== value) this.doesNotFit(value);
    const index = this.count;
    if (index === this.raw.length) this.reserve(index + 1);
    this.raw[index] = value;
    this.count = index + 1;
    return index;
  }

  protected override allocate(capacity: number): Uint16Array<ArrayBuffer> {
    return new Uint16Array(capacity);
  }
}

/** A column of integers from 0 to 255. */
export class Uint8Column extends Column<Uint8Array<ArrayBuffer>> {
  constructor(capacity: number = CAPACITY_MIN, fill = 0) {
    super(new Uint8Array(capacity), fill);
  }

  /** The value of row `index`; asserts that the row exists. */
  at(index: number): number {
    if (!(index < this.count)) this.outOfRange(index);
    return this.raw[index]!;
  }

  /** Writes row `index`; asserts that the row exists and the value fits. */
  set(index: number, value: number): void {
    if (!(index < this.count)) this.outOfRange(index);
    if ((value & 0xff) !== value) this.doesNotFit(value);
    this.raw[index] = value;
  }

  /** Adds a row at the end and returns its index. */
  push(value: number): number {
    if ((value & 0xff) !== value) this.doesNotFit(value);
    const index = this.count;
    if (index === this.raw.length) this.reserve(index + 1);
    this.raw[index] = value;
    this.count = index + 1;
    return index;
  }

  protected override allocate(capacity: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(capacity);
  }
}
