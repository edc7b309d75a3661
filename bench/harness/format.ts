// Figures as text: one block per benchmark, one line per variant and size.

import type { BenchmarkFigures, VariantFigures } from "./run-benchmark.ts";

/** The figures of one benchmark as lines of text. */
export function formatBenchmark(figures: BenchmarkFigures): string {
  const lines = [`${figures.name}: ${figures.title}`];
  for (const { size, hash, variants } of figures.sizes) {
    lines.push(`  ${size.toLocaleString("en")} ${figures.sizeName}, hash ${hash}`);
    const width = Math.max(...variants.map(({ name }) => name.length));
    for (const variant of variants) {
      lines.push(`    ${variant.name.padEnd(width)}  ${formatVariant(variant, figures)}`);
    }
  }
  for (const { variant, exponent } of figures.growth) {
    lines.push(`  growth of ${variant}: size^${exponent.toFixed(2)}`);
  }
  lines.push(
    `  ratios against ${figures.baseline}; medians of ${figures.slices} slices of CPU time`,
  );
  return lines.join("\n");
}

function formatVariant(variant: VariantFigures, { operation }: BenchmarkFigures): string {
  const parts = [
    `${formatNs(variant.cpuNsPerOperation)}/${operation}`,
    `${(variant.operationsPerCpuSecond / 1e6).toFixed(3)} M/s`,
    `${variant.ratio.toFixed(2)}x`,
    `E0 draws ${variant.e0Draws.toFixed(1)}`,
    `spread ${variant.spread.toFixed(2)}`,
  ];
  if (variant.peakMiB !== undefined) parts.push(`peak ${variant.peakMiB.toFixed(0)} MiB`);
  for (const [name, value] of Object.entries(variant.counters)) parts.push(`${name} ${value}`);
  return parts.join("  ");
}

function formatNs(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(1)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(2)} us`;
  return `${(ns / 1e6).toFixed(2)} ms`;
}
