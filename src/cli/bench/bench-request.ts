// What `podsim bench` was asked, as plain values, and the readers of its own kinds of option values.
//
// Commander reads words and counts; lists of tiers and seeds, files of reports and folders of builds are
// read here, so that each is refused with one sentence of wrong usage. Nothing here runs anything.

import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { BenchTier } from "../../metrics/index.ts";
import { BENCH_TIERS } from "../../metrics/index.ts";
import { BENCH_FORMATS, type BenchFormat } from "../../report/index.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";

/** One gate as the command line describes it. */
export interface BenchRequest {
  readonly scenarios: readonly string[];
  /** Arguments that every run gets. */
  readonly passed: readonly string[];
  readonly schedulers: readonly string[];
  readonly baseline: string;
  readonly updateBaseline: boolean;
  /** A build or a strategy; undefined: the baseline. */
  readonly against: string | undefined;
  /** Undefined: those that apply. */
  readonly tiers: readonly BenchTier[] | undefined;
  /** Undefined: those of the baseline, or the scenario's own. */
  readonly seeds: readonly string[] | undefined;
  readonly pairsCount: number;
  /** A/A trials instead of a gate. */
  readonly audit: number | undefined;
  readonly quiet: boolean;
}

/** Reads `A,B`. */
export function readTiers(text: string): BenchTier[] {
  const names = text.split(",").map((name) => name.trim());
  const isTier = (name: string): name is BenchTier =>
    (BENCH_TIERS as readonly string[]).includes(name);
  if (!names.every(isTier)) throw usage(`--tier ${text}: tiers are A, B, C and D, such as A,B`);
  return BENCH_TIERS.filter((tier) => names.includes(tier));
}

/** Reads `1..20`, `1,2,7` or a single seed. */
export function readSeeds(text: string): string[] {
  const range = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text);
  if (range === null) {
    const seeds = text.split(",");
    if (seeds.some((seed) => seed === "")) throw usage(`--seeds ${text}: a seed is not empty`);
    if (new Set(seeds).size < seeds.length) throw usage(`--seeds ${text}: a seed stands twice`);
    return seeds;
  }
  const [first, last] = [Number(range[1]), Number(range[2])];
  if (first > last) throw usage(`--seeds ${text}: a range goes up, such as 1..20`);
  return Array.from({ length: last - first + 1 }, (_, at) => String(first + at));
}

/** Reads `junit=bench.xml`. */
export function readReportFile(text: string): ReportFile {
  const at = text.indexOf("=");
  const format = text.slice(0, at) as BenchFormat;
  if (at < 0 || at === text.length - 1 || !BENCH_FORMATS.includes(format))
    throw usage(`--report ${text}: write FORMAT=FILE, FORMAT one of ${BENCH_FORMATS.join(", ")}`);
  return { format, file: text.slice(at + 1) };
}

/** A further file with the findings. */
export interface ReportFile {
  readonly format: BenchFormat;
  readonly file: string;
}

/** Program of a build: its folder, the folder it was installed in, or its main file; else undefined. */
export function findBuild(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isDirectory()) return basename(path) === "main.js" ? path : undefined;
  const places = ["dist/cli/main.js", "cli/main.js", "node_modules/podsim/dist/cli/main.js"];
  const found = places.map((place) => join(path, place)).find((main) => existsSync(main));
  if (found !== undefined) return found;
  throw new CommandFailure(
    EXIT.usage,
    `--against ${path}: no build of podsim in that folder (${places.join(", ")})`,
  );
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
