// The tournament over sources against a plain scan of all heads, on random changes.

import { expect, it } from "vitest";
import { NO_SOURCE, SourceHeads } from "../../src/engine/source-heads.ts";
import { SeededIntegers } from "./seeded-integers.ts";

const EMPTY = Number.POSITIVE_INFINITY;

it("is empty without sources and with empty ones", () => {
  const heads = new SourceHeads();
  expect(heads.least()).toBe(NO_SOURCE);
  for (let i = 0; i < 9; i++) heads.add();
  expect([heads.least(), heads.count]).toEqual([NO_SOURCE, 9]);
});

it.each([1, 2, 3, 4, 5, 6])("agrees with a scan while sources are added (seed %i)", (seed) => {
  const random = new SeededIntegers(seed);
  const heads = new SourceHeads();
  const keys: { atUs: number; order: number }[] = [];
  let order = 0;
  for (let change = 0; change < 5_000; change++) {
    if (keys.length === 0 || (keys.length < 40 && random.below(50) === 0)) {
      expect(heads.add()).toBe(keys.length);
      keys.push({ atUs: EMPTY, order: 0 });
    }
    const source = random.below(keys.length);
    const atUs = random.below(30);
    const way = random.below(4);
    if (way === 0) {
      heads.setEmpty(source);
      keys[source] = { atUs: EMPTY, order: 0 };
    } else if (way === 1) {
      heads.lower(source, atUs, ++order);
      if (atUs < keys[source]!.atUs) keys[source] = { atUs, order };
    } else {
      heads.set(source, atUs, ++order);
      keys[source] = { atUs, order };
    }
    expect(heads.least()).toBe(scan(keys));
  }
});

function scan(keys: readonly { atUs: number; order: number }[]): number {
  let best = NO_SOURCE;
  for (const [source, { atUs, order }] of keys.entries()) {
    if (atUs === EMPTY) continue;
    const least = keys[best];
    if (least === undefined || atUs < least.atUs || (atUs === least.atUs && order < least.order)) {
      best = source;
    }
  }
  return best;
}
