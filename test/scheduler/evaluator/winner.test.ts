// The tie-break is upstream's heap, not "first of the best" and not random.

import { describe, expect, it } from "vitest";
import { bestPositions, pickWinner, popOrder } from "../../../src/scheduler/evaluator/winner.ts";

const VECTORS: readonly [string, string][] = [
  ["5 5 5 5 5", "0 4 3 2 1"],
  ["1 5 5", "1 2 0"],
  ["1 1 5 5", "3 2 1 0"],
  ["1 1 5 5 1 1 1", "3 2 5 4 1 6 0"],
  ["3 7 7 7 7 7 7", "1 6 5 4 3 2 0"],
  ["1 2 9 1 9 9 1 9", "7 4 2 5 1 3 6 0"],
  ["0 0 0 0 0 4 4 4 4 4", "7 8 9 5 6 2 4 0 3 1"],
];

const numbers = (text: string): number[] => text.split(" ").map(Number);

/** The closed form: among the best, the rank that comes first in pre-order of the complete tree. */
function firstInPreOrder(best: readonly number[], size: number): number {
  const order: number[] = [];
  const visit = (at: number): void => {
    if (at >= size) return;
    order.push(at);
    visit(2 * at + 1);
    visit(2 * at + 2);
  };
  visit(0);
  return order.find((at) => best.includes(at))!;
}

describe("equal totals", () => {
  it.each(VECTORS)("totals %s are popped in order %s", (totals, pops) => {
    expect(popOrder(numbers(totals))).toEqual(numbers(pops));
    expect(pickWinner(numbers(totals), "heap")).toBe(numbers(pops)[0]);
  });

  it("the root is the best rank that comes first in pre-order, for random totals", () => {
    let state = 12345;
    const draw = (limit: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % limit;
    };
    for (let round = 0; round < 2000; round++) {
      const totals = Array.from({ length: 1 + draw(40) }, () => draw(4));
      const expected = firstInPreOrder(bestPositions(totals), totals.length);
      expect(pickWinner(totals, "heap"), `totals ${totals.join(" ")}`).toBe(expected);
    }
  });

  it("a seeded draw takes each of the best and nobody else", () => {
    const totals = [7, 9, 1, 9, 9];
    const chosen = [0.01, 0.34, 0.67, 0.999999].map((unit) => pickWinner(totals, () => unit));
    expect(chosen).toEqual([1, 3, 4, 4]);
  });
});
