// Runs one benchmark: all variants interleaved slice by slice, hashes compared at every run.
//
// The figures are medians over slices of process CPU time. Ratios hold inside one run on one
// machine; absolute times are not comparable between machines.

import type { Benchmark, Variant } from "./benchmark.ts";
import { E0_DRAWS } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { measureInChild } from "./memory.ts";
import { runSlice } from "./slices.ts";
import { growthExponent, median } from "./statistics.ts";

/** How long and how large to measure. */
export interface RunOptions {
  readonly small: boolean;
  /** The large sizes as well. */
  readonly large?: boolean;
  readonly slices: number;
  readonly sliceMs: number;
  readonly machine: Machine;
  /** Path of the compiled main, for memory in child processes; none measures no memory. */
  readonly mainPath?: string;
}

/** What one variant cost at one size. */
export interface VariantFigures {
  readonly name: string;
  readonly cpuNsPerOperation: number;
  readonly operationsPerCpuSecond: number;
  /** Cost of the baseline divided by the cost of this variant. */
  readonly ratio: number;
  /** Cost of one operation in draws of the calibration loop E0. */
  readonly e0Draws: number;
  /** Largest slice divided by smallest. */
  readonly spread: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly peakMiB?: number;
}

/** All variants at one size. */
export interface SizeFigures {
  readonly size: number;
  /** The hash on which all variants agreed, at every run. */
  readonly hash: string;
  readonly variants: readonly VariantFigures[];
}

/** All sizes of one benchmark. */
export interface BenchmarkFigures {
  readonly name: string;
  readonly title: string;
  readonly operation: string;
  readonly sizeName: string;
  readonly baseline: string;
  readonly slices: number;
  readonly sizes: readonly SizeFigures[];
  /** Exponent of growth with size, for variants measured at three sizes or more. */
  readonly growth: readonly { readonly variant: string; readonly exponent: number }[];
}

/** Runs one benchmark at its small or full sizes; throws when variants disagree. */
export function runBenchmark(benchmark: Benchmark, options: RunOptions): BenchmarkFigures {
  const { small, full, large = [] } = benchmark.sizes;
  const sizes = options.small ? small : options.large === true ? [...full, ...large] : full;
  const figures = sizes.map((size) => runSize(benchmark, size, options));
  return {
    name: benchmark.name,
    title: benchmark.title,
    operation: benchmark.operation,
    sizeName: benchmark.sizeName,
    baseline: benchmark.baseline,
    slices: options.slices,
    sizes: figures,
    growth: collectGrowth(figures),
  };
}

function runSize(benchmark: Benchmark, size: number, options: RunOptions): SizeFigures {
  const variants = benchmark.variants(size);
  const check = new HashCheck(benchmark, size);
  for (const variant of variants) {
    variant.begin?.();
    check.expectSame(variant, variant.run()); // also the warm-up
  }
  const costs = variants.map((): number[] => []);
  for (let slice = 0; slice < options.slices; slice++) {
    for (const [index, variant] of variants.entries()) {
      const onRun = (hash: string): void => check.expectSame(variant, hash);
      costs[index]!.push(runSlice(variant, options.sliceMs, onRun));
    }
  }
  const isLarge = benchmark.sizes.large?.includes(size) === true;
  const named = variants.findIndex(({ name }) => name === benchmark.baseline);
  const baseline = named < 0 && isLarge ? 0 : named;
  if (baseline < 0) throw new Error(`${benchmark.name}: no baseline at size ${size}.`);
  const baselineNs = median(costs[baseline]!);
  const figures = variants.map((variant, index): VariantFigures => {
    const cpuNs = median(costs[index]!);
    return {
      name: variant.name,
      cpuNsPerOperation: cpuNs,
      operationsPerCpuSecond: 1e9 / cpuNs,
      ratio: baselineNs / cpuNs,
      e0Draws: cpuNs / ((options.machine.e0CpuSeconds * 1e9) / E0_DRAWS),
      spread: Math.max(...costs[index]!) / Math.min(...costs[index]!),
      counters: variant.counters?.() ?? {},
      ...measureMemory(benchmark, variant, size, options, check),
    };
  });
  return { size, hash: check.hash, variants: figures };
}

function measureMemory(
  benchmark: Benchmark,
  variant: Variant,
  size: number,
  options: RunOptions,
  check: HashCheck,
): { peakMiB?: number } {
  if (benchmark.measuresMemory !== true || options.mainPath === undefined) return {};
  const report = measureInChild(options.mainPath, benchmark, variant, size);
  check.expectSame(variant, report.hash);
  return { peakMiB: report.peakMiB };
}

function collectGrowth(figures: readonly SizeFigures[]): BenchmarkFigures["growth"] {
  const names = new Set(figures.flatMap(({ variants }) => variants.map(({ name }) => name)));
  return [...names].flatMap((variant) => {
    const points = figures.flatMap(({ size, variants }) => {
      const found = variants.find(({ name }) => name === variant);
      return found === undefined ? [] : [[size, found.cpuNsPerOperation] as const];
    });
    const exponent = growthExponent(points);
    return exponent === undefined ? [] : [{ variant, exponent }];
  });
}

/** All variants, at every run, must give one hash. */
class HashCheck {
  hash = "";
  private readonly place: string;

  constructor(benchmark: Benchmark, size: number) {
    this.place = `${benchmark.name}, ${size} ${benchmark.sizeName}`;
  }

  expectSame(variant: Variant, hash: string): void {
    if (this.hash === "") this.hash = hash;
    if (hash === this.hash) return;
    throw new Error(
      `${this.place}: variant "${variant.name}" gave ${hash}, others gave ${this.hash}.`,
    );
  }
}
