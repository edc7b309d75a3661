// Interner, bit set, order and assertions: structures too small for a file each.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssertionError, assert, unreachable } from "../../src/base/assert.ts";
import { BitSet } from "../../src/base/bit-set.ts";
import { Interner } from "../../src/base/interner.ts";
import { compareNumbers, compareText } from "../../src/base/order.ts";

describe("an interner", () => {
  it("numbers texts in order of first appearance", () => {
    const names = new Interner();
    expect(["b", "a", "b", "__proto__", "constructor"].map((text) => names.intern(text))).toEqual([
      0, 1, 0, 2, 3,
    ]);
    expect(names.size).toBe(4);
    expect(names.textOf(2)).toBe("__proto__");
    expect(names.find("a")).toBe(1);
    expect(names.find("toString")).toBeUndefined();
    expect(() => names.textOf(4)).toThrow(/No text has index 4/);
  });
});

describe("a bit set", () => {
  it("agrees with a Set of numbers", () => {
    const bits = fc.array(fc.nat({ max: 300 }), { maxLength: 60 });
    fc.assert(
      fc.property(bits, bits, bits, (added, removed, others) => {
        const set = new BitSet();
        const model = new Set<number>();
        for (const bit of added) expect(set.add(bit)).toBe(!model.has(bit) && !!model.add(bit));
        for (const bit of removed) expect(set.delete(bit)).toBe(model.delete(bit));
        const other = new BitSet();
        for (const bit of others) other.add(bit);
        const members = (of: BitSet): number[] => {
          const list: number[] = [];
          of.forEach((bit) => {
            list.push(bit);
          });
          return list;
        };
        const sorted = (of: Iterable<number>): number[] => [...of].sort(compareNumbers);
        expect(members(set)).toEqual(sorted(model));
        expect(set.count()).toBe(model.size);
        const union = new BitSet();
        union.unite(set);
        union.unite(other);
        expect(members(union)).toEqual(sorted(new Set([...model, ...others])));
        set.intersect(other);
        expect(members(set)).toEqual(sorted([...model].filter((bit) => others.includes(bit))));
        set.clear();
        expect(set.count()).toBe(0);
      }),
    );
  });

  it("reaches bit 2^31 in its indices and refuses what is no bit", () => {
    const set = new BitSet();
    for (const bit of [-1, 0.5, Number.NaN, 2 ** 32])
      expect(() => set.add(bit)).toThrow(/Not a bit/);
    set.add(31);
    set.add(32);
    expect([set.next(0), set.next(32), set.next(33), set.has(1e9)]).toEqual([31, 32, -1, false]);
  });
});

describe("order", () => {
  it("compares text by code unit, numbers by size", () => {
    expect(["b", "B", "a\u0308", "\u00e4", "a", "10", "9"].sort(compareText)).toEqual([
      "10",
      "9",
      "B",
      "a",
      "a\u0308",
      "b",
      "\u00e4",
    ]);
    expect([10, 9, -1, 1e300].sort(compareNumbers)).toEqual([-1, 9, 10, 1e300]);
  });
});

describe("assertions", () => {
  it("throw an AssertionError with the message", () => {
    expect(() => assert(false, "two is odd")).toThrow(AssertionError);
    expect(() => assert(0, "two is odd")).toThrow("two is odd");
    expect(() => assert(true, "fine")).not.toThrow();
    expect(() => unreachable("x" as never)).toThrow("x");
  });
});
