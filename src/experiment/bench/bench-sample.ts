// BenchSample: what a regression gate keeps of one run: hashes of what it decided and measured, and its
// operation counts.
//
// Made from the files a run leaves, so that any build can be asked. No instant of a real clock is in it.

import { sha256Hex } from "../../base/index.ts";
import type { BenchedResult } from "../../metrics/index.ts";

/** One run of one seed. */
export interface BenchSample {
  readonly seed: string;
  /** Hash of everything that went in. */
  readonly inputHash: string;
  /** Scheduling attempts. */
  readonly decisionsCount: number;
  /** Hashes by what they are of: every single decision, the fingerprint, each section of the result. */
  readonly parts: ReadonlyMap<string, string>;
  /** Totals of the run, over all its schedulers; undefined: this build does not count. */
  readonly operations: ReadonlyMap<string, number> | undefined;
}

/** Sections that name the run, or hold its cost, and are no results. */
const NO_RESULTS: ReadonlySet<string> = new Set([
  ...["schemaVersion", "scenario", "versions", "seed", "replication", "scheduler"],
  ...["fingerprint", "operations"],
]);

/** The part that holds every decision; apart from the section of counts of the same name. */
const DECISIONS_PART = "decisions.csv";

/** Digits of a hash that a baseline keeps. */
const HASH_DIGITS = 16;

/** From `summary.json` and `decisions.csv` of one run. */
export function benchSampleOf(result: BenchedResult, decisionsCsv: string): BenchSample {
  const parts = new Map([
    [DECISIONS_PART, shortHash(decisionsCsv)],
    ["fingerprint", result.fingerprint],
  ]);
  for (const [section, value] of Object.entries(result)) {
    if (!NO_RESULTS.has(section)) parts.set(section, shortHash(JSON.stringify(value)));
  }
  return {
    seed: result.seed,
    inputHash: result.scenario.inputHash,
    decisionsCount: result.decisions.attemptsCount,
    parts,
    operations: result.operations === undefined ? undefined : countsOf(result.operations),
  };
}

function countsOf(operations: NonNullable<BenchedResult["operations"]>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [name, count] of Object.entries(operations.events))
    counts.set(`events.${name}`, count);
  counts.set("apiChanges", operations.apiChanges);
  for (const { name: _, ...scheduler } of operations.schedulers) {
    for (const [name, count] of Object.entries(scheduler)) {
      counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }
  return counts;
}

function shortHash(text: string): string {
  return sha256Hex(text).slice(0, HASH_DIGITS);
}
