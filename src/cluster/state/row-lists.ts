// Row lists: many doubly linked lists through the rows of one table.
//
//   row  ->  next | previous | list      (-1 = none)
//   list ->  first | last | count
//
// A row is in at most one list of a RowLists. Appending keeps arrival order, taking out is O(1) and
// disturbs nobody else's place, which a swap-with-last array would. Only this file knows the links.

import { assert, Int32Column } from "../../base/index.ts";

const NONE = -1;

/** Doubly linked lists through rows; all operations but walking are O(1). */
export class RowLists {
  private readonly nextColumn = new Int32Column();
  private readonly previousColumn = new Int32Column();
  private readonly listColumn = new Int32Column(16, NONE);
  private readonly firstColumn = new Int32Column(16, NONE);
  private readonly lastColumn = new Int32Column(16, NONE);
  private readonly countColumn = new Int32Column();

  /** Puts a row at the end of a list; it must be in none. */
  append(list: number, row: number): void {
    this.reserve(list, row);
    assert(this.listColumn.at(row) === NONE, "A row is put into a second list.");
    const last = this.lastColumn.at(list);
    this.previousColumn.set(row, last);
    this.nextColumn.set(row, NONE);
    if (last === NONE) this.firstColumn.set(list, row);
    else this.nextColumn.set(last, row);
    this.lastColumn.set(list, row);
    this.listColumn.set(row, list);
    this.countColumn.set(list, this.countColumn.at(list) + 1);
  }

  /** Takes a row out of the list it is in. */
  remove(row: number): void {
    const list = this.listOf(row);
    assert(list !== NONE, "A row is taken out of a list it is not in.");
    const next = this.nextColumn.at(row);
    const previous = this.previousColumn.at(row);
    if (previous === NONE) this.firstColumn.set(list, next);
    else this.nextColumn.set(previous, next);
    if (next === NONE) this.lastColumn.set(list, previous);
    else this.previousColumn.set(next, previous);
    this.listColumn.set(row, NONE);
    this.countColumn.set(list, this.countColumn.at(list) - 1);
  }

  /** The list a row is in, or -1. */
  listOf(row: number): number {
    return row < this.listColumn.length ? this.listColumn.at(row) : NONE;
  }

  /** First row of a list, or -1. */
  first(list: number): number {
    return list >= 0 && list < this.firstColumn.length ? this.firstColumn.at(list) : NONE;
  }

  /** The row after this one in its list, or -1. */
  next(row: number): number {
    return this.nextColumn.at(row);
  }

  count(list: number): number {
    return list >= 0 && list < this.countColumn.length ? this.countColumn.at(list) : 0;
  }

  private reserve(list: number, row: number): void {
    this.nextColumn.grow(row + 1);
    this.previousColumn.grow(row + 1);
    this.listColumn.grow(row + 1);
    this.firstColumn.grow(list + 1);
    this.lastColumn.grow(list + 1);
    this.countColumn.grow(list + 1);
  }
}
