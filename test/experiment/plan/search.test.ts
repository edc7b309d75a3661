// The searches against brute force: they find what trying everything finds, with fewer questions, and say
// so when more nodes are not always better or a cap stopped them.

import { describe, expect, it } from "vitest";
import { seededStream } from "../../../src/base/index.ts";
import { searchCount } from "../../../src/experiment/plan/search-count.ts";
import { searchMix } from "../../../src/experiment/plan/search-mix.ts";

const SEED = "plan-search-1";

describe("the search for a count", () => {
  it("finds every threshold from every start", async () => {
    for (let least = 0; least <= 40; least++) {
      for (const start of [0, 1, 17, 40]) {
        const asked: number[] = [];
        const range = { min: 0, max: 40, start };
        const { smallest, breaks } = await searchCount(range, async (count) => {
          asked.push(count);
          return count >= least;
        });
        expect([smallest, breaks]).toEqual([least, []]);
        expect(asked.length).toBeLessThanOrEqual(18);
        expect(new Set(asked).size).toBe(asked.length);
      }
    }
  });

  it("says that nothing does", async () => {
    const range = { min: 0, max: 40, start: 3 };
    const found = await searchCount(range, async () => false);
    expect(found).toEqual({ smallest: undefined, breaks: [] });
  });

  it("reports a larger count that misses, and looks around it one by one", async () => {
    const good = new Set([9, 10, 12, 14, 15, 16, 17, 18, 19, 20]);
    const range = { min: 0, max: 20, start: 20 };
    const { smallest, breaks } = await searchCount(range, async (count) => good.has(count));
    expect(smallest).toBe(9);
    expect(breaks).toContainEqual({ meets: 10, misses: 11 });
  });
});

describe("the search for a mix", () => {
  it(`finds the cheapest of all mixes (seed ${SEED})`, async () => {
    const stream = seededStream(SEED);
    const whole = (most: number): number => 1 + Math.floor(stream.nextUnit() * most);
    let askedInAll = 0;
    let mixesInAll = 0;
    for (let round = 0; round < 60; round++) {
      const sizesCount = 2 + (round % 2);
      const capacity = Array.from({ length: sizesCount }, () => whole(9));
      const sizes = capacity.map(() => ({
        min: 0,
        max: 12,
        start: whole(5) - 1,
        price: whole(30),
      }));
      const needed = whole(60);
      const isEnough = (counts: readonly number[]): boolean =>
        counts.reduce((sum, count, at) => sum + count * capacity[at]!, 0) >= needed;
      const cost = (counts: readonly number[]): number =>
        counts.reduce((sum, count, at) => sum + count * sizes[at]!.price, 0);
      let least = Infinity;
      const total = 13 ** sizesCount;
      for (let code = 0; code < total; code++) {
        const counts = sizes.map((_size, at) => Math.floor(code / 13 ** at) % 13);
        if (isEnough(counts)) least = Math.min(least, cost(counts));
      }
      let asked = 0;
      const found = await searchMix(
        sizes,
        async (counts) => {
          asked++;
          return isEnough(counts);
        },
        10_000,
      );
      askedInAll += asked;
      mixesInAll += total;
      if (least === Infinity) expect(found.cheapest).toBeUndefined();
      else expect(cost(found.cheapest!)).toBe(least);
      expect(found.untriedCount).toBe(0);
      expect(found.breaks).toEqual([]);
    }
    console.log(`mixes: seed ${SEED}, ${askedInAll} of ${mixesInAll} were judged`);
    expect(askedInAll).toBeLessThan(mixesInAll / 10);
  });

  it("counts what a cap left untried", async () => {
    const sizes = [3, 4, 5].map((price) => ({ min: 0, max: 20, start: 0, price }));
    const isEnough = async (counts: readonly number[]): Promise<boolean> =>
      3 * counts[0]! + 4 * counts[1]! + 5 * counts[2]! >= 50;
    const { cheapest, untriedCount } = await searchMix(sizes, isEnough, 12);
    expect(cheapest).toBeDefined();
    expect(untriedCount).toBeGreaterThan(0);
  });
});
