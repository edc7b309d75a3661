// Texts as dense integers: the first text seen is 0, the next new one 1, and so on.
//
// Hot code compares and indexes by these integers. The order of first appearance is part of the
// run, so indices are the same in every run; they mean nothing outside of it.

import { AssertionError } from "./assert.ts";

/** Gives every distinct text an index, in order of first appearance. */
export class Interner<T extends string = string> {
  private readonly indexByText: Map<T, number> = new Map();
  private readonly texts: T[] = [];

  /** How many distinct texts were seen. */
  get size(): number {
    return this.texts.length;
  }

  /** The index of `text`, a new one if it was never seen. */
  intern(text: T): number {
    const known = this.indexByText.get(text);
    if (known !== undefined) return known;
    const index = this.texts.length;
    this.texts.push(text);
    this.indexByText.set(text, index);
    return index;
  }

  /** The index of `text`, or undefined if it was never seen. */
  find(text: T): number | undefined {
    return this.indexByText.get(text);
  }

  /** The text of `index`; asserts that there is one. */
  textOf(index: number): T {
    const text = this.texts[index];
    if (text === undefined) {
      throw new AssertionError(`No text has index ${index}; ${this.texts.length} are known`);
    }
    return text;
  }
}
