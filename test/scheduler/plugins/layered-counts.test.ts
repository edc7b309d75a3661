// Counts that share what copies have in common, against a plain map, copy by copy.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LayeredCounts } from "../../../src/scheduler/plugins/layered-counts.ts";

interface Step {
  readonly on: number;
  readonly do: "set" | "delete" | "copy";
  readonly key: string;
  readonly count: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    on: fc.nat(20),
    do: fc.constantFrom("set", "set", "delete", "copy"),
    key: fc.constantFrom("a", "b", "c", "d"),
    count: fc.integer({ min: -2, max: 2 }),
  }),
  { maxLength: 60 },
);

describe("layered counts", () => {
  it("are a plain map each, copies of copies too", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const pairs = [{ layered: new LayeredCounts(), plain: new Map<string, number>() }];
        for (const step of all) {
          const { layered, plain } = pairs[step.on % pairs.length]!;
          if (step.do === "copy") pairs.push({ layered: layered.clone(), plain: new Map(plain) });
          else if (step.do === "delete") {
            layered.delete(step.key);
            plain.delete(step.key);
          } else {
            layered.set(step.key, step.count);
            plain.set(step.key, step.count);
          }
        }
        for (const { layered, plain } of pairs) {
          const seen: [string, number][] = [];
          layered.forEach((count, key) => {
            seen.push([key, count]);
          });
          expect(seen.sort()).toEqual([...plain].sort());
          expect(layered.size).toBe(plain.size);
          for (const key of ["a", "b", "c", "d"]) expect(layered.get(key)).toBe(plain.get(key));
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it("keep the order in which keys were set, across copies", () => {
    const first = new LayeredCounts();
    for (const key of ["z", "m", "a"]) first.set(key, 1);
    const copy = first.clone();
    copy.set("m", 5);
    copy.set("b", 1);
    const keys: string[] = [];
    copy.forEach((_, key) => {
      keys.push(key);
    });
    expect(keys).toEqual(["z", "m", "a", "b"]);
  });
});
