// Every registered benchmark runs at its small sizes, and its variants agree on every result.

import { describe, expect, it } from "vitest";
import { formatBenchmark } from "../../bench/harness/format.ts";
import { calibrate, describeMachine } from "../../bench/harness/machine.ts";
import { runBenchmark } from "../../bench/harness/run-benchmark.ts";
import { growthExponent, median } from "../../bench/harness/statistics.ts";
import { BENCHMARKS } from "../../bench/registry.ts";

const machine = describeMachine(10_000);

it("there are benchmarks", () => {
  expect(BENCHMARKS.size).toBeGreaterThanOrEqual(2);
});

describe.each([...BENCHMARKS])("%s", (name, load) => {
  it("agrees at its small sizes", async () => {
    const { benchmark } = await load();
    const figures = runBenchmark(benchmark, { small: true, slices: 1, sliceMs: 1, machine });
    expect(benchmark.name).toBe(name);
    expect(figures.sizes.map(({ size }) => size)).toEqual(benchmark.sizes.small);
    expect(benchmark.sizes.full.length).toBeGreaterThanOrEqual(3);
    for (const { hash, variants } of figures.sizes) {
      expect(hash).not.toBe("");
      expect(variants.length).toBeGreaterThanOrEqual(2);
      for (const { cpuNsPerOperation } of variants) expect(cpuNsPerOperation).toBeGreaterThan(0);
    }
    expect(formatBenchmark(figures)).toContain(name);
  });
});

describe("harness", () => {
  const variant = (name: string, run: () => string) => ({ name, operations: 1, run });
  const options = { small: true, slices: 2, sliceMs: 1, machine };
  const busy = (): string => String(calibrate(100_000));
  const benchmark = {
    name: "harness/self",
    title: "itself",
    operation: "call",
    sizeName: "things",
    sizes: { small: [1], full: [1, 2, 3] },
    baseline: "one",
  };

  it("refuses variants that disagree", () => {
    const variants = () => [variant("one", busy), variant("two", () => `${busy()}!`)];
    expect(() => runBenchmark({ ...benchmark, variants }, options)).toThrow('variant "two" gave');
  });

  it("refuses a variant that disagrees with itself on a later run", () => {
    let runs = 0;
    const variants = () => [variant("one", () => (++runs < 3 ? busy() : "other"))];
    expect(() => runBenchmark({ ...benchmark, variants }, options)).toThrow("gave other");
  });

  it("a variant that does twice the work has about half the ratio", () => {
    const once = (): string => String(calibrate(400_000));
    const twice = (): string => {
      calibrate(400_000);
      return once();
    };
    const variants = () => [variant("one", once), variant("two", twice)];
    const figures = runBenchmark(
      { ...benchmark, variants },
      { ...options, slices: 5, sliceMs: 20 },
    );
    const ratio = figures.sizes[0]!.variants[1]!.ratio;
    expect(ratio).toBeGreaterThan(0.35);
    expect(ratio).toBeLessThan(0.7);
  });

  it("median and growth exponent", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    const square = [1, 2, 4, 8].map((size) => [size, 3 * size * size] as const);
    expect(growthExponent(square)).toBeCloseTo(2, 10);
    expect(growthExponent(square.slice(0, 2))).toBeUndefined();
  });

  it("the calibration loop has its published sum at a part of its length", () => {
    expect(Math.abs(calibrate(1_000_000) / 1_000_000 - 1)).toBeLessThan(0.005);
  });
});
