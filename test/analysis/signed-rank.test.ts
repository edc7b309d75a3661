import { describe, expect, it } from "vitest";
import { holmAdjusted } from "../../src/analysis/holm.ts";
import { signedRankTest } from "../../src/analysis/signed-rank.ts";

/** Two-sided p by trying every assignment of signs. */
function bruteForce(differences: readonly number[]): number {
  const signed = differences.filter((value) => value !== 0);
  const sizes = signed.map(Math.abs);
  const rankOf = (size: number): number =>
    sizes.filter((other) => other < size).length +
    (sizes.filter((other) => other === size).length + 1) / 2;
  const ranks = sizes.map(rankOf);
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const positive = ranks.reduce((sum, rank, at) => sum + (signed[at]! > 0 ? rank : 0), 0);
  const smaller = Math.min(positive, total - positive);
  let asSmall = 0;
  for (let signs = 0; signs < 2 ** signed.length; signs++) {
    const sum = ranks.reduce((all, rank, at) => all + ((signs >> at) & 1 ? rank : 0), 0);
    if (sum <= smaller) asSmall += 1;
  }
  return Math.min(1, (2 * asSmall) / 2 ** signed.length);
}

describe("the signed-rank test", () => {
  it.each([
    ["no ties", [1.5, -0.3, 2.2, 3.1, -1.1, 0.9, 4.4]],
    ["ties", [1, 1, -1, 2, 2, 3, -3, 3]],
    ["zeros", [0, 0, 5, 2, -1, 4]],
    ["all of one sign", [1, 2, 3, 4, 5]],
  ])("is exact with %s", (_title, differences) => {
    const found = signedRankTest(differences, 0.95);
    expect(found.isExact).toBe(true);
    expect(found.pValue).toBeCloseTo(bruteForce(differences), 12);
  });

  it("has the published critical values: 5 % two-sided", () => {
    // Largest sum W that still rejects: 0 at n = 6, 3 at 8, 8 at 10, 25 at 15, 52 at 20.
    for (const [n, critical] of [
      [6, 0],
      [8, 3],
      [10, 8],
      [15, 25],
      [20, 52],
    ] as const) {
      const withNegativeSum = (sum: number): number[] => {
        const values = Array.from({ length: n }, (_, at) => at + 1);
        let left = sum;
        for (let rank = n; rank >= 1; rank--)
          if (left >= rank) {
            values[rank - 1] = -rank;
            left -= rank;
          }
        return values;
      };
      expect(signedRankTest(withNegativeSum(critical), 0.95).pValue).toBeLessThanOrEqual(0.05);
      expect(signedRankTest(withNegativeSum(critical + 1), 0.95).pValue).toBeGreaterThan(0.05);
    }
  });

  it("is near the exact count where the normal law answers", () => {
    const values = Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? -1 : 1) * (at + 1));
    const negative = values.reduce((sum, value) => sum + Math.max(0, -value), 0);
    let ways = new Map([[0, 1]]); // chance of each sum of ranks with random signs
    for (let rank = 1; rank <= 60; rank++) {
      const next = new Map<number, number>();
      for (const [sum, chance] of ways)
        for (const to of [sum, sum + rank]) next.set(to, (next.get(to) ?? 0) + chance / 2);
      ways = next;
    }
    const exact = [...ways].reduce((sum, [at, chance]) => sum + (at <= negative ? chance : 0), 0);
    const found = signedRankTest(values, 0.95);
    expect(found.isExact).toBe(false);
    expect(Math.abs(found.pValue / (2 * exact) - 1)).toBeLessThan(0.05);
  });

  it("gives the shift and its interval by hand: averages of all pairs", () => {
    // Averages of 1, 2, 4, 8, 16, 32 with themselves and each other; 21 of them, median the 11th.
    const found = signedRankTest([1, 2, 4, 8, 16, 32], 0.95);
    expect(found.shift).toBe(8.5);
    // P(W <= 0) = 1/64 = 1.6 %, P(W <= 1) = 3.1 %: only the outermost average is left out.
    expect(found.interval).toEqual({ low: 1, high: 32, confidence: 0.95 });
    expect(signedRankTest([1, 2, 4, 8, 16], 0.95).interval).toBeNull(); // 1/32 > 2.5 %
  });

  it("of no difference at all claims nothing", () => {
    expect(signedRankTest([0, 0, 0, 0, 0, 0], 0.95)).toMatchObject({
      count: 0,
      pValue: 1,
      shift: 0,
    });
  });
});

describe("Holm's correction", () => {
  it("by hand, in the order given", () => {
    const found = holmAdjusted([0.04, 0.01, 0.03, 0.005]);
    for (const [at, p] of [0.06, 0.03, 0.06, 0.02].entries()) expect(found[at]).toBeCloseTo(p, 12);
    expect(holmAdjusted([0.5, 0.9])).toEqual([1, 1]);
    expect(holmAdjusted([0.02])).toEqual([0.02]);
    expect(holmAdjusted([])).toEqual([]);
  });

  it("never lets a smaller probability end above a larger one", () => {
    const adjusted = holmAdjusted([0.01, 0.011, 0.012, 0.2]);
    for (let at = 1; at < 4; at++) expect(adjusted[at]!).toBeGreaterThanOrEqual(adjusted[at - 1]!);
  });
});
