import { describe, expect, it } from "vitest";
import {
  gammaP,
  gammaQ,
  gammaQuantile,
  lnGamma,
  normalCdf,
  normalQuantile,
} from "../../src/base/special-functions.ts";

const relative = (value: number, truth: number): number => Math.abs(value / truth - 1);

describe("lnGamma", () => {
  it("is the logarithm of the factorial, and knows half-integers", () => {
    let factorial = 1;
    for (let n = 1; n <= 170; n++) {
      expect(Math.abs(lnGamma(n) - Math.log(factorial))).toBeLessThan(
        1e-14 * (1 + Math.log(factorial)),
      );
      factorial *= n;
    }
    expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 14);
    expect(lnGamma(1e-10)).toBeCloseTo(-Math.log(1e-10), 9);
    expect(relative(lnGamma(10_000), 82099.71749644238)).toBeLessThan(1e-15);
  });
});

describe("normal probabilities", () => {
  // Published values (Abramowitz and Stegun table 26.1 and 26.2, more digits from the series).
  it.each([
    [0, 0.5],
    [1, 0.8413447460685429],
    [1.959963984540054, 0.975],
    [-3, 0.0013498980316300957],
    [-10, 7.619853024160527e-24],
    [-37, 5.725571222524577e-300],
  ])("normalCdf(%d)", (z, p) => {
    expect(relative(normalCdf(z), p)).toBeLessThan(2e-13);
  });

  it.each([
    [0.975, 1.959963984540054],
    [0.5, 0],
    [0.999, 3.090232306167813],
    [1e-10, -6.361340902404056],
    [1e-20, -9.262340089798409],
  ])("normalQuantile(%d)", (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(2e-15 * (1 + Math.abs(z)));
  });

  it("quantile and cdf undo each other from 1e-300 to one half, and mirror exactly", () => {
    for (let step = 1; step <= 3_000; step++) {
      const p = 0.5 * Math.exp((-690 * step) / 3_000);
      expect(relative(normalCdf(normalQuantile(p)), p)).toBeLessThan(1e-12);
    }
    for (let step = 1; step < 1024; step++) {
      const p = step / 1024;
      expect(normalQuantile(1 - p)).toBe(-normalQuantile(p) + 0);
    }
  });
});

describe("gamma probabilities", () => {
  it("are Erlang's closed form for whole shapes", () => {
    for (const shape of [1, 2, 5, 20]) {
      for (let x = 0.05; x < 60; x *= 1.3) {
        let term = Math.exp(-x);
        let upper = 0;
        for (let n = 0; n < shape; n++) {
          upper += term;
          term *= x / (n + 1);
        }
        expect(relative(gammaQ(shape, x), upper), `shape ${shape} at ${x}`).toBeLessThan(1e-12);
        expect(gammaP(shape, x) + gammaQ(shape, x)).toBeCloseTo(1, 13);
      }
    }
    expect([gammaP(2, 0), gammaQ(2, 0), gammaP(2, Infinity), gammaQ(2, Infinity)]).toEqual([
      0, 1, 1, 0,
    ]);
  });

  it.each([0.01, 0.1, 0.29, 0.5, 1, 3, 20, 100, 1_000, 10_000])(
    "the quantile for shape %d undoes the probability in both tails",
    (shape) => {
      let previous = 0;
      for (let step = 1; step < 1_000; step++) {
        const p = step / 1_000;
        const x = gammaQuantile(shape, p);
        expect(x).toBeGreaterThanOrEqual(previous);
        previous = x;
        if (x > 1e-290) expect(relative(gammaP(shape, x), p)).toBeLessThan(1e-9);
      }
      for (let tail = 2 ** -2; tail >= 2 ** -53; tail /= 2) {
        const low = gammaQuantile(shape, tail);
        if (low > 1e-290) expect(relative(gammaP(shape, low), tail)).toBeLessThan(1e-9);
        expect(relative(gammaQ(shape, gammaQuantile(shape, 1 - tail)), tail)).toBeLessThan(1e-9);
      }
    },
  );
});
