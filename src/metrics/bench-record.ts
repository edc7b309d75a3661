// What a regression gate found: per scenario and tier a verdict, and the figures behind it.
//
// Plain and versioned like a result. Counts and hashes depend on inputs and code alone; processor time
// and instructions depend on the machine too, so they stand here only as ratios of two builds that ran
// side by side, never as times that somebody could compare with another day's.

import type { RunResult } from "./run-result.ts";

/** Version of the shape of BenchReport. */
export const BENCH_SCHEMA_VERSION = "podsim.dev/bench/v1";

/** A: results. B: operation counts. C: instructions. D: processor time. */
export const BENCH_TIERS = ["A", "B", "C", "D"] as const;
/** One of them. */
export type BenchTier = (typeof BENCH_TIERS)[number];

/**
 * `inconclusive`: the machine was too restless for a verdict. `unavailable`: it has no such counter, or
 * one side does not tell.
 */
export type BenchVerdict = "pass" | "fail" | "inconclusive" | "unavailable";

/** What one tier found for one scenario. */
export type TierFinding =
  | {
      readonly tier: "A";
      readonly verdict: BenchVerdict;
      readonly reason: string;
      /** Parts of results that are not the same: `decisions.csv`, or a section of the result. */
      readonly differences: readonly { readonly seed: string; readonly part: string }[];
      /** For two strategies: measures compared over seeds; empty otherwise. */
      readonly measures: readonly MeasureFinding[];
    }
  | {
      readonly tier: "B";
      readonly verdict: BenchVerdict;
      readonly reason: string;
      readonly counts: readonly CountFinding[];
    }
  | {
      readonly tier: "C";
      readonly verdict: BenchVerdict;
      readonly reason: string;
      /** Instructions of head over base, start-up left out; null without a counter. */
      readonly ratio: number | null;
    }
  | {
      readonly tier: "D";
      readonly verdict: BenchVerdict;
      readonly reason: string;
      /** Rounds measured: a miss is measured again, and counts only if it is seen twice. */
      readonly rounds: readonly TimeRound[];
    };

/** One measure of two strategies over the same seeds. */
export interface MeasureFinding {
  readonly measure: string;
  readonly baseMean: number | null;
  readonly headMean: number | null;
  /** Interval of head minus base; null where all differences are equal or there are too few. */
  readonly low: number | null;
  readonly high: number | null;
  readonly verdict: "better" | "worse" | "higher" | "lower" | "same" | "undecided";
}

/** One operation count per decision. */
export interface CountFinding {
  readonly name: string;
  /** Null: the base does not count this yet, so nothing is held against it. */
  readonly base: number | null;
  readonly head: number;
  readonly verdict: "same" | "fewer" | "more" | "too-many" | "new";
}

/** Processor time of head over base, from interleaved pairs. */
export interface TimeRound {
  readonly pairsCount: number;
  readonly ratio: number;
  /** Interval of the ratio. */
  readonly low: number;
  readonly high: number;
  readonly verdict: "pass" | "fail" | "inconclusive";
}

/** All tiers of one scenario. */
export interface ScenarioFinding {
  readonly scenario: string;
  readonly seeds: readonly string[];
  /** Scheduling attempts of head, over all seeds. */
  readonly decisionsCount: number;
  readonly tiers: readonly TierFinding[];
}

/** The whole gate. */
export interface BenchReport {
  readonly schemaVersion: string;
  readonly comparedWith: {
    readonly kind: "baseline" | "build" | "strategy";
    readonly name: string;
  };
  readonly verdict: BenchVerdict;
  readonly scenarios: readonly ScenarioFinding[];
}

/** How often a build was told apart from itself, which should be never. */
export interface BenchAudit {
  readonly schemaVersion: string;
  readonly scenarios: readonly string[];
  readonly tiers: readonly {
    readonly tiers: string;
    readonly trialsCount: number;
    readonly flaggedCount: number;
    readonly inconclusiveCount: number;
    /** Largest share of flags that is still good. */
    readonly flaggedRatioMax: number;
  }[];
}

/** The part of a result that a gate reads; a build that is older may lack the operations. */
export type BenchedResult = Omit<RunResult, "operations"> & Partial<Pick<RunResult, "operations">>;
