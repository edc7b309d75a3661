import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalCdf, normalQuantile } from "../../src/base/index.ts";
import { studentQuantile, studentTail, upperQuantile } from "../../src/analysis/student.ts";

// Published critical values of Student's t, upper tail, as in any table (three decimals).
const TAILS = [0.1, 0.05, 0.025, 0.01, 0.005, 0.001, 0.0005] as const;
const TABLE: readonly (readonly [number, readonly number[]])[] = [
  [1, [3.078, 6.314, 12.706, 31.821, 63.657, 318.309, 636.619]],
  [2, [1.886, 2.92, 4.303, 6.965, 9.925, 22.327, 31.599]],
  [3, [1.638, 2.353, 3.182, 4.541, 5.841, 10.215, 12.924]],
  [4, [1.533, 2.132, 2.776, 3.747, 4.604, 7.173, 8.61]],
  [5, [1.476, 2.015, 2.571, 3.365, 4.032, 5.893, 6.869]],
  [6, [1.44, 1.943, 2.447, 3.143, 3.707, 5.208, 5.959]],
  [7, [1.415, 1.895, 2.365, 2.998, 3.499, 4.785, 5.408]],
  [8, [1.397, 1.86, 2.306, 2.896, 3.355, 4.501, 5.041]],
  [9, [1.383, 1.833, 2.262, 2.821, 3.25, 4.297, 4.781]],
  [10, [1.372, 1.812, 2.228, 2.764, 3.169, 4.144, 4.587]],
  [12, [1.356, 1.782, 2.179, 2.681, 3.055, 3.93, 4.318]],
  [15, [1.341, 1.753, 2.131, 2.602, 2.947, 3.733, 4.073]],
  [19, [1.328, 1.729, 2.093, 2.539, 2.861, 3.579, 3.883]],
  [20, [1.325, 1.725, 2.086, 2.528, 2.845, 3.552, 3.85]],
  [24, [1.318, 1.711, 2.064, 2.492, 2.797, 3.467, 3.745]],
  [29, [1.311, 1.699, 2.045, 2.462, 2.756, 3.396, 3.659]],
  [30, [1.31, 1.697, 2.042, 2.457, 2.75, 3.385, 3.646]],
  [40, [1.303, 1.684, 2.021, 2.423, 2.704, 3.307, 3.551]],
  [60, [1.296, 1.671, 2.0, 2.39, 2.66, 3.232, 3.46]],
  [120, [1.289, 1.658, 1.98, 2.358, 2.617, 3.16, 3.373]],
];

// Published standard normal quantiles (the last row of the same tables, with more digits).
const NORMAL = [
  [0.9, 1.2815515655],
  [0.95, 1.644853627],
  [0.975, 1.9599639845],
  [0.99, 2.326347874],
  [0.995, 2.5758293035],
  [0.999, 3.0902323062],
  [0.9995, 3.2905267315],
] as const;

describe("Student's quantiles", () => {
  it.each(TABLE)("agree with the published table at %d degrees of freedom", (free, row) => {
    for (const [at, tail] of TAILS.entries()) {
      const t = upperQuantile(tail, free);
      expect(Math.abs(t - row[at]!), `tail ${tail}: ${t}`).toBeLessThanOrEqual(0.000501);
    }
  });

  it("have closed forms at 1, 2 and 4 degrees of freedom", () => {
    for (const p of [0.51, 0.6, 0.75, 0.9, 0.975, 0.999, 0.999999]) {
      const a = 4 * p * (1 - p);
      const four = 2 * Math.sqrt(Math.cos(Math.acos(Math.sqrt(a)) / 3) / Math.sqrt(a) - 1);
      expect(studentQuantile(p, 1) / Math.tan(Math.PI * (p - 0.5))).toBeCloseTo(1, 9);
      expect(studentQuantile(p, 2) / ((2 * p - 1) * Math.sqrt(2 / a))).toBeCloseTo(1, 9);
      expect(studentQuantile(p, 4) / four).toBeCloseTo(1, 9);
    }
  });

  it("become the normal ones, and are theirs at a million degrees of freedom", () => {
    for (const [p, z] of NORMAL) {
      expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-9);
      const correction = (z * (z * z + 1)) / 4e6;
      expect(Math.abs(studentQuantile(p, 1e6) - z - correction)).toBeLessThan(1e-9);
    }
  });

  it("are undone by the tail, for any degrees of freedom and down to the smallest tails", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -30, max: -0.8, noNaN: true }),
        fc.double({ min: 0.3, max: 2_000, noNaN: true }),
        (lnTail, free) => {
          const tail = Math.exp(lnTail);
          const found = studentTail(upperQuantile(tail, free), free);
          expect(Math.abs(found / tail - 1)).toBeLessThan(1e-9);
        },
      ),
      { seed: 7, numRuns: 2_000 },
    );
  });

  it("mirror at one half, and their tails add up to one", () => {
    expect(studentQuantile(0.5, 3)).toBe(0);
    expect(studentQuantile(0.25, 3)).toBe(-studentQuantile(0.75, 3));
    expect(studentTail(0, 8)).toBe(0.5);
    expect(studentTail(Infinity, 8)).toBe(0);
    for (const t of [0.1, 1, 3, 50]) {
      expect(studentTail(t, 5) + studentTail(-t, 5)).toBeCloseTo(1, 14);
      expect(studentTail(t, 1e9)).toBeCloseTo(1 - normalCdf(t), 8);
    }
  });
});
