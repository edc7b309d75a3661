// The record that a comparison leaves: versioned, plain, the same bytes for the same inputs.
//
// Everything that a report must state stands here: what kind of study, what varied, how often, against
// which baseline, with which margin and correction, and what was left unfinished or unstable.

import type { MeasureUnit } from "../metrics/index.ts";
import type { Estimate } from "./estimate.ts";
import type { Direction, Margin } from "./paired-comparison.ts";
import type { RankInterval } from "./ranks.ts";
import type { ComparisonAnswer } from "./verdicts.ts";

/** Version of the shape of CompareRecord and of `compare.json`. */
export const COMPARE_SCHEMA_VERSION = "podsim.dev/compare/v1";

/** One alternative over its replications. */
export interface AlternativeSummary {
  readonly name: string;
  /** Hash over the fingerprints of its replications, in their order. */
  readonly digest: string;
  readonly podsCreatedCount: number;
  readonly podsPendingAtEndCount: number;
  /** Pods that still waited at the end, of all created: they are in no percentile of waiting. */
  readonly censoredRatio: number | null;
  /** Decisions in which more than one node had the best score. */
  readonly tiedRatio: number | null;
  readonly unstableRunsCount: number;
}

/** One measure of every alternative, in the order of `alternatives`. */
export interface ComparedMeasure {
  readonly measure: string;
  readonly unit: MeasureUnit;
  readonly direction: Direction;
  readonly estimates: readonly Estimate[];
  /** Which places each alternative can hold; null for two alternatives, or where values are missing. */
  readonly ranks: readonly RankInterval[] | null;
}

/** The whole comparison. Key order is the order of this declaration. */
export interface CompareRecord {
  readonly schemaVersion: string;
  readonly scenario: { readonly name: string; readonly inputHashes: readonly string[] };
  readonly seed: string;
  readonly study: "fixed" | "terminating" | "steady-state";
  readonly warmUpUs: number;
  readonly varied: readonly string[];
  readonly replicationsCount: number;
  readonly confidence: number;
  readonly margin: Margin;
  readonly correction: "Holm";
  /** Comparisons that the correction is over. */
  readonly testsCount: number;
  readonly baseline: string;
  readonly alternatives: readonly AlternativeSummary[];
  readonly measures: readonly ComparedMeasure[];
  readonly comparisons: readonly ComparisonAnswer[];
}
