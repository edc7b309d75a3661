import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { RowLists } from "../../../src/cluster/state/row-lists.ts";
import { RowNameIndex } from "../../../src/cluster/state/row-name-index.ts";
import { OwnerTable } from "../../../src/cluster/state/owner-table.ts";
import {
  formatPodName,
  formatSuffix,
  hashOfName,
  NO_SUFFIX,
  SUFFIX_COUNT,
  suffixIndexFor,
} from "../../../src/cluster/state/pod-names.ts";

const PROPERTY = { numRuns: 200, seed: 7 };

function rowsOf(lists: RowLists, list: number): number[] {
  const rows: number[] = [];
  for (let row = lists.first(list); row !== -1; row = lists.next(row)) rows.push(row);
  return rows;
}

describe("row lists", () => {
  it("property: behave as plain arrays", () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 40 })));
    fc.assert(
      fc.property(steps, (script) => {
        const lists = new RowLists();
        const plain: number[][] = [[], [], [], [], []];
        for (const [list, row] of script) {
          const home = plain.findIndex((rows) => rows.includes(row));
          expect(lists.listOf(row)).toBe(home);
          if (home < 0) {
            lists.append(list, row);
            plain[list]!.push(row);
          } else {
            lists.remove(row);
            plain[home] = plain[home]!.filter((other) => other !== row);
          }
        }
        for (const [list, rows] of plain.entries()) {
          expect(rowsOf(lists, list)).toEqual(rows);
          expect(lists.count(list)).toBe(rows.length);
        }
      }),
      PROPERTY,
    );
  });

  it("refuse a row in two lists, or out of none", () => {
    const lists = new RowLists();
    lists.append(0, 3);
    expect(() => lists.append(1, 3)).toThrow(/second list/);
    lists.remove(3);
    expect(() => lists.remove(3)).toThrow(/not in/);
  });
});

describe("row name index", () => {
  it("property: finds what was added and not removed, with clashing hashes too", () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 300 }), fc.boolean()), { maxLength: 800 });
    fc.assert(
      fc.property(steps, (script) => {
        const index = new RowNameIndex();
        const live = new Set<number>();
        const hashOf = (row: number): number => Math.imul(row % 23, 0x9e3779b1) >>> 0;
        for (const [row, isAdded] of script) {
          if (isAdded && !live.has(row)) {
            index.add(hashOf(row), row);
            live.add(row);
          } else if (!isAdded) {
            expect(index.remove(hashOf(row), row)).toBe(live.delete(row));
          }
        }
        expect(index.size).toBe(live.size);
        for (let row = 0; row <= 300; row++) {
          const found = index.find(hashOf(row), (other) => other === row);
          expect(found).toBe(live.has(row) ? row : -1);
        }
      }),
      PROPERTY,
    );
  });

  it("does not grow when many names come and go", () => {
    const index = new RowNameIndex();
    for (let k = 0; k < 100_000; k++) {
      index.add(hashOfName("default", `p${k}`), k % 50);
      if (k >= 49) index.remove(hashOfName("default", `p${k - 49}`), (k - 49) % 50);
    }
    const { length } = (index as unknown as { rowColumn: Int32Array }).rowColumn;
    expect(length).toBeLessThanOrEqual(512);
  });
});

describe("generated names", () => {
  it("have 27^5 suffixes, each its own text", () => {
    expect(SUFFIX_COUNT).toBe(27 ** 5);
    const texts = new Set([0, 1, 26, 27, 728, 729, SUFFIX_COUNT - 1].map(formatSuffix));
    expect(texts.size).toBe(7);
    expect(formatPodName("web-", NO_SUFFIX)).toBe("web-");
  });

  it("scatter: 100,000 ordinals of one owner clash about as often as chance says", () => {
    const hash = hashOfName("default", "web-");
    const seen = new Set<number>();
    for (let k = 0; k < 100_000; k++) seen.add(suffixIndexFor(hash, k, 0));
    const clashes = 100_000 - seen.size; // expected 100000^2 / 2 / 27^5 = 348, deviation 19
    expect(clashes).toBeGreaterThan(270);
    expect(clashes).toBeLessThan(430);
  });
});

describe("owner table", () => {
  const ref = (uid: number) => ({ kind: "Job", namespace: "d", name: `j${uid}`, uid });

  it("keeps ordinals while the owner lives, even without children", () => {
    const owners = new OwnerTable();
    const row = owners.hold(ref(5), true);
    expect([owners.takeOrdinal(row), owners.takeOrdinal(row)]).toEqual([0, 1]);
    owners.release(row);
    expect(owners.takeOrdinal(owners.hold(ref(5), true))).toBe(2);
  });

  it("gives a row back when owner and children are gone, in either order", () => {
    const owners = new OwnerTable();
    const first = owners.hold(ref(5), true);
    owners.markGone(5);
    expect(owners.find(5)).toBe(first);
    owners.release(first);
    expect(owners.find(5)).toBe(-1);
    const second = owners.hold(ref(6), false);
    expect(second).toBe(first);
    owners.markLive(6);
    owners.release(second);
    expect(owners.find(6)).toBe(second);
    owners.markGone(6);
    expect(owners.find(6)).toBe(-1);
    expect(() => owners.ref(second)).toThrow(/given back/);
  });
});
