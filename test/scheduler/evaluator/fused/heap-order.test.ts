// The winner among equal totals is found without building the heap; winner.ts builds it.

import { describe, expect, it } from "vitest";
import { findWinner, type Winner } from "../../../../src/scheduler/evaluator/fused/heap-order.ts";
import { bestPositions, pickWinner } from "../../../../src/scheduler/evaluator/winner.ts";
import { Dice } from "../random-world.ts";

describe("the winner among equal totals", () => {
  it("is the root of upstream's heap, for every length and pattern of ties", () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const dice = new Dice(seed);
      const values = 1 + dice.below(4);
      const totals = Array.from({ length: 1 + dice.below(140) }, () => dice.below(values));
      const winner: Winner = { place: -1, total: -1, tieCount: -1 };
      findWinner(Float64Array.from(totals), totals.length, winner);
      const best = bestPositions(totals);
      const expected = {
        place: pickWinner(totals, "heap"),
        total: totals[best[0]!],
        tieCount: best.length,
      };
      expect(winner, `seed ${seed}`).toEqual(expected);
    }
  });

  it("counts only so many totals as it is told", () => {
    const winner: Winner = { place: -1, total: -1, tieCount: -1 };
    findWinner(Float64Array.of(3, 5, 5, 9), 3, winner);
    expect(winner).toEqual({ place: 1, total: 5, tieCount: 2 });
  });
});
