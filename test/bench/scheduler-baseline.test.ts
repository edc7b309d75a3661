// The recorded baseline of plain scheduling still stands for the decisions that are made today.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { BenchmarkFigures } from "../../bench/harness/run-benchmark.ts";
import { BENCHMARKS } from "../../bench/registry.ts";

const FILE = new URL("../../bench/baselines/scheduler.json", import.meta.url);
const { benchmarks } = JSON.parse(readFileSync(FILE, "utf8")) as {
  benchmarks: readonly BenchmarkFigures[];
};

describe("the baseline of the plain evaluator", () => {
  it("covers 100, 1,000 and 5,000 nodes", () => {
    expect(benchmarks.length).toBeGreaterThanOrEqual(6);
    for (const { sizes } of benchmarks)
      expect(sizes.map(({ size }) => size)).toEqual([100, 1_000, 5_000]);
  });

  // A change of decisions is a change of behaviour: record the baseline again with its command.
  it.each(benchmarks)("$name decides as recorded at 100 nodes", async ({ name, sizes }) => {
    const { benchmark } = await BENCHMARKS.get(name)!();
    const [variant] = benchmark.variants(100);
    variant!.begin?.();
    expect(variant!.run()).toBe(sizes[0]!.hash);
  });
});
