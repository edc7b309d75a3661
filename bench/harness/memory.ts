// Peak memory of one variant, measured in a process of its own.
//
// A peak cannot be told apart inside a shared process, so the compiled main is started again for
// one variant and one run, and reports its own largest resident set.

import { execFileSync } from "node:child_process";
import type { Benchmark, Variant } from "./benchmark.ts";
import { cpuMs } from "./slices.ts";

/** What the child process reports. */
export interface ChildReport {
  readonly peakMiB: number;
  readonly cpuMs: number;
  readonly hash: string;
}

/** Runs one variant once in a fresh process. */
export function measureInChild(
  mainPath: string,
  benchmark: Benchmark,
  variant: Variant,
  size: number,
): ChildReport {
  const text = execFileSync(
    process.execPath,
    [mainPath, benchmark.name, "--child-variant", variant.name, "--child-size", String(size)],
    { encoding: "utf8" },
  );
  return JSON.parse(text) as ChildReport;
}

/** The child's part: runs the variant once and describes this process. */
export function reportAsChild(
  benchmark: Benchmark,
  variantName: string,
  size: number,
): ChildReport {
  const variant = benchmark.variants(size).find(({ name }) => name === variantName);
  if (variant === undefined) throw new Error(`No variant "${variantName}" at size ${size}.`);
  variant.begin?.();
  const startMs = cpuMs();
  const hash = variant.run();
  return {
    hash,
    cpuMs: cpuMs() - startMs,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
}
