// Streams, Threefry and entity draws: known answers, independence, open interval.

import { describe, expect, it } from "vitest";
import { EntityDraws } from "../../src/base/entity-draws.ts";
import { entityHash, entityHashFrom, hashPath } from "../../src/base/hash-text.ts";
import { seededStream, streamName } from "../../src/base/random-stream.ts";
import { lastSecondWord, threefry2x32 } from "../../src/base/threefry.ts";

describe("Threefry 2x32 with 20 rounds", () => {
  it.each([
    { counter: [0, 0], key: [0, 0], block: [0x6b200159, 0x99ba4efe] },
    { counter: [-1, -1], key: [-1, -1], block: [0x1cb996fc, 0xbb002be7] },
    {
      counter: [0x243f6a88, 0x85a308d3],
      key: [0x13198a2e, 0x03707344],
      block: [0xc4923a9c, 0x483df7a0],
    },
  ] as const)("gives the published answer $block", ({ counter, key, block }) => {
    const first = threefry2x32(key[0], key[1], counter[0], counter[1]);
    expect([first, lastSecondWord()]).toEqual(block);
  });
});

describe("a named stream", () => {
  it("is the same under the same name, pinned, and another under any other name", () => {
    const draws = (name: string): number[] => {
      const stream = seededStream(name);
      return [stream.nextUnit(), stream.nextUnit(), stream.nextUint32()];
    };
    const name = streamName("42", 0, "arrivals");
    expect(name).toBe("42/0/arrivals");
    expect(draws(name)).toEqual(draws(name));
    expect(draws(name)).toEqual([0.9948003242408744, 0.048449204805196766, 3983805001]);
    const names = ["42/0/arrivals", "42/1/arrivals", "42/0/durations", "43/0/arrivals", ""];
    expect(new Set(names.map((other) => draws(other)[0])).size).toBe(names.length);
  });

  it("names of different triples never meet", () => {
    expect(streamName("a/1", 2, "x")).not.toBe(streamName("a", 1, "2/x"));
    expect(streamName("a%2F1", 2, "x")).not.toBe(streamName("a/1", 2, "x"));
    expect(() => streamName("a", 0.5, "x")).toThrow(/replication/);
  });

  it("stays strictly between 0 and 1, and so does 1 minus it", () => {
    const stream = seededStream("open");
    let sum = 0;
    for (let draw = 0; draw < 200_000; draw++) {
      const unit = stream.nextUnit();
      if (!(unit > 0 && unit < 1 && 1 - unit > 0 && 1 - unit < 1)) throw new Error(`${unit}`);
      sum += unit;
    }
    expect(Math.abs(sum / 200_000 - 0.5)).toBeLessThan(0.003);
  });
});

describe("draws of entities", () => {
  it("depend on stream, entity and index only, never on order", () => {
    const web = entityHash("default/web", 3);
    const forward = new EntityDraws("42/0/durations");
    const backward = new EntityDraws("42/0/durations");
    const indices = [0, 1, 2047, 2048, 4096, 2 ** 32 - 1];
    const inOrder = indices.map((index) => forward.unit(web, index));
    const reversed = indices.toReversed().map((index) => backward.unit(web, index));
    expect(reversed.toReversed()).toEqual(inOrder);
    expect(new Set(inOrder).size).toBe(indices.length);
    expect(new EntityDraws("42/1/durations").unit(web, 0)).not.toBe(inOrder[0]);
    expect(forward.unit(web, 0)).toBe(0.3359277490608442);
  });

  it("have an exact mirror for antithetic pairs", () => {
    const draws = new EntityDraws("42/0/durations");
    for (let index = 0; index < 10_000; index++) {
      const unit = draws.unit(5, index);
      expect(unit > 0 && unit < 1 && 1 - (1 - unit) === unit).toBe(true);
    }
  });

  it("refuse what is no hash and no index", () => {
    const draws = new EntityDraws("x");
    for (const hash of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => draws.unit(hash, 0)).toThrow(/hash/);
    }
    for (const index of [-1, 0.5, 2 ** 32]) expect(() => draws.unit(1, index)).toThrow(/index/);
  });
});

// Sequences in which neighbours must look unrelated: consecutive entities, consecutive draws of
// one entity, consecutive replications, and a stream drawn in turn.
const COUNT = 262_144;
const SEQUENCES: readonly [string, () => (index: number) => number][] = [
  [
    "consecutive entities of one owner",
    () => {
      const draws = new EntityDraws("7/0/durations");
      const path = hashPath("default/web");
      return (index) => draws.unit(entityHashFrom(path, index), 0);
    },
  ],
  [
    "consecutive owners",
    () => {
      const draws = new EntityDraws("7/0/durations");
      return (index) => draws.unit(entityHash(`default/web-${index}`, 0), 0);
    },
  ],
  [
    "consecutive draws of one entity",
    () => {
      const draws = new EntityDraws("7/0/durations");
      return (index) => draws.unit(1, index);
    },
  ],
  [
    "the first draw of consecutive replications",
    () => (index) => new EntityDraws(streamName("7", index, "durations")).unit(1, 0),
  ],
  [
    "a stream drawn in turn",
    () => {
      const stream = seededStream("7/0/arrivals");
      return () => stream.nextUnit();
    },
  ],
];

describe.each(SEQUENCES)("%s", (_name, create) => {
  const next = create();
  const units = Float64Array.from({ length: COUNT }, (_, index) => next(index));

  /** Chi-square over `cells` equally likely cells, as standard deviations from its mean. */
  function excess(cells: number, cellOf: (index: number) => number, count = COUNT): number {
    const hits = new Float64Array(cells);
    for (let index = 0; index < count; index++) hits[cellOf(index)]!++;
    const expected = count / cells;
    const chiSquare = hits.reduce((sum, hit) => sum + (hit - expected) ** 2 / expected, 0);
    return (chiSquare - (cells - 1)) / Math.sqrt(2 * (cells - 1));
  }

  it("fills 1,024 cells evenly, by leading and by trailing bits", () => {
    expect(Math.abs(excess(1_024, (index) => Math.floor(units[index]! * 1_024)))).toBeLessThan(4.5);
    const trailing = (index: number): number => Math.floor(((units[index]! * 2 ** 32) % 1) * 1_024);
    expect(Math.abs(excess(1_024, trailing))).toBeLessThan(4.5);
  });

  it.each([1, 2, 3, 64])("fills the square of neighbours at distance %i evenly", (distance) => {
    const cellOf = (index: number): number =>
      Math.floor(units[index]! * 32) * 32 + Math.floor(units[index + distance]! * 32);
    expect(Math.abs(excess(1_024, cellOf, COUNT - distance))).toBeLessThan(4.5);
  });

  it("has no serial correlation", () => {
    for (let distance = 1; distance <= 8; distance++) {
      let sum = 0;
      for (let index = 0; index + distance < COUNT; index++) {
        sum += (units[index]! - 0.5) * (units[index + distance]! - 0.5);
      }
      expect(Math.abs((sum * 12) / Math.sqrt(COUNT)), `distance ${distance}`).toBeLessThan(4.5);
    }
  });
});
