// The sort of potential victims: the moves of Go's sort, not just its order.

import { describe, expect, it } from "vitest";
import { sortUnstably } from "../../../src/scheduler/preemption/unstable-sort.ts";

interface Item {
  readonly key: number;
  readonly index: number;
}

const before = (a: Item, b: Item): boolean => a.key < b.key;
const items = (keys: readonly number[]): Item[] => keys.map((key, index) => ({ key, index }));

describe("sort of potential victims", () => {
  it.each([
    [13, "6 3 0 9 12 1 4 7 10 2 5 8 11"],
    [20, "9 18 15 3 12 0 6 10 7 4 13 16 1 19 8 5 11 14 2 17"],
  ])("the recorded order of %i elements with keys 7i mod 3", (count, indexes) => {
    const keys = Array.from({ length: count }, (_, index) => (7 * index) % 3);
    const sorted = sortUnstably(items(keys), before);
    expect(sorted.map(({ index }) => index).join(" ")).toBe(indexes);
  });

  it("up to 12 elements equals keep their order", () => {
    const sorted = sortUnstably(items([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]), before);
    expect(sorted.map(({ index }) => index)).toEqual([1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10]);
  });

  it.each([0, 1, 13, 49, 50, 51, 200, 1000])("sorts %i elements of every pattern", (count) => {
    const at = (make: (index: number) => number): number[] =>
      Array.from({ length: count }, (_, index) => make(index));
    let word = 12345;
    const noise = (): number => {
      word = (Math.imul(word, 1103515245) + 12345) >>> 0;
      return word >>> 8;
    };
    const patterns = [
      at((index) => index),
      at((index) => -index),
      at(() => 7),
      at((index) => index % 3),
      at((index) => (index < count / 2 ? index : count - index)),
      at((index) => (index === count - 2 ? -1 : index)),
      at((index) => (index % 2 === 0 ? index : count)),
      at(noise),
      at(() => noise() % 5),
    ];
    for (const keys of patterns) {
      const sorted = sortUnstably(items(keys), before);
      expect(sorted.map(({ key }) => key)).toEqual([...keys].sort((a, b) => a - b));
      expect(new Set(sorted.map(({ index }) => index)).size).toBe(count);
    }
  });

  it("stays fast and right when every pivot splits badly (heap sort takes over)", () => {
    // The adversary decides the keys while they are compared, so that pivots turn out extreme.
    const count = 2_000;
    const keys: (number | undefined)[] = Array.from({ length: count }, () => undefined);
    let frozen = 0;
    let candidate = 0;
    let comparisons = 0;
    const keyOf = (index: number): number => keys[index] ?? count;
    const adversary = (a: Item, b: Item): boolean => {
      comparisons++;
      if (keys[a.index] === undefined && keys[b.index] === undefined) {
        keys[a.index === candidate ? a.index : b.index] = frozen++;
      }
      if (keys[a.index] === undefined) candidate = a.index;
      else if (keys[b.index] === undefined) candidate = b.index;
      return keyOf(a.index) < keyOf(b.index);
    };
    const sorted = sortUnstably(items(keys.map(() => 0)), adversary);
    const found = sorted.map(({ index }) => keyOf(index));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(comparisons).toBeLessThan(count * 60);
  });
});
