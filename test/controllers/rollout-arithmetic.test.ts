import type { IntOrPercent } from "../../src/cluster/index.ts";
import { describe, expect, it } from "vitest";
import {
  newReplicaSetSize,
  oldReplicaSetSteps,
  proportionalSizes,
  rolloutBounds,
} from "../../src/controllers/rollout-arithmetic.ts";

const percent = (value: number): IntOrPercent => ({ kind: "percent", value });

type Size = { size: number; available: number };
/** Sizes of the old ReplicaSets after all steps. */
function oldSizes(replicas: number, unavailable: number, newOne: Size, old: Size[]): number[] {
  const sizes = old.map((one) => one.size);
  for (const step of oldReplicaSetSteps(replicas, unavailable, newOne, old)) {
    sizes[step.index] = step.size;
  }
  return sizes;
}

describe("rollout bounds", () => {
  // controllers.md section 3, run through the real functions
  const vectors: [replicas: number, surge: number, unavailable: number][] = [
    [1, 1, 0],
    [2, 1, 0],
    [3, 1, 0],
    [4, 1, 1],
    [5, 2, 1],
    [7, 2, 1],
    [10, 3, 2],
    [13, 4, 3],
    [100, 25, 25],
  ];
  it.each(vectors)(
    "of %i replicas at 25%%/25%% are surge %i, unavailable %i",
    (n, surge, unavailable) => {
      expect(rolloutBounds(n, percent(25), percent(25))).toEqual({ surge, unavailable });
    },
  );

  it("never stand still: 0%/0% allows one unavailable", () => {
    for (const n of [1, 2, 9, 100]) {
      expect(rolloutBounds(n, percent(0), percent(0))).toEqual({ surge: 0, unavailable: 1 });
    }
  });

  it("take plain counts as they are", () => {
    expect(rolloutBounds(10, { kind: "int", value: 0 }, { kind: "int", value: 4 })).toEqual({
      surge: 0,
      unavailable: 4,
    });
  });
});

describe("rolling update steps", () => {
  it("take 10 pods through 10/0, 10/3, 8/3, 8/5 at 25 %/25 %", () => {
    expect(newReplicaSetSize(10, 3, 10, 0)).toBe(3);
    expect(oldSizes(10, 2, { size: 3, available: 0 }, [{ size: 10, available: 10 }])).toEqual([8]);
    expect(newReplicaSetSize(10, 3, 11, 3)).toBe(5);
    expect(oldSizes(10, 2, { size: 5, available: 0 }, [{ size: 8, available: 8 }])).toEqual([8]);
    expect(oldSizes(10, 2, { size: 5, available: 1 }, [{ size: 8, available: 8 }])).toEqual([7]);
  });

  it("give up what is not available first, oldest first", () => {
    const old = [
      { size: 3, available: 3 },
      { size: 4, available: 1 },
    ];
    expect(oldSizes(6, 1, { size: 0, available: 0 }, old)).toEqual([3, 2]);
  });

  it("cut a new ReplicaSet that is too big to the wanted size", () => {
    expect(newReplicaSetSize(4, 1, 9, 9)).toBe(4);
  });
});

describe("proportional resize", () => {
  const share = (size: number, sequence: number) => ({ size, sequence, maxReplicas: 13 });

  it("to 20 from 8 + 5 gives +7 and +5", () => {
    expect(proportionalSizes(20, 5, [share(8, 0), share(5, 1)])).toEqual([15, 10]);
  });

  it("to 5 from 8 + 5 gives -4 and -2", () => {
    expect(proportionalSizes(5, 2, [share(8, 0), share(5, 1)])).toEqual([4, 3]);
  });

  it("to 15 from 3 + 5 + 5 gives the leftover to the first of the sorted list", () => {
    const sizes = proportionalSizes(15, 4, [share(3, 0), share(5, 1), share(5, 2)]);
    expect(sizes).toEqual([4, 7, 8]);
    expect(sizes.reduce((a, b) => a + b)).toBe(19);
  });

  it("to 0 empties all", () => {
    expect(proportionalSizes(0, 1, [share(8, 0), share(5, 1)])).toEqual([0, 0]);
  });
});
