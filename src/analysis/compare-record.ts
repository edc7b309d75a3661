// The record that a comparison leaves: versioned, plain, the same bytes for the same inputs.
//
// Everything that a report must state stands here: what kind of study, what varied, how often, against
// which baseline, with which margin and correction, and what was left unfinished or unstable.

import type { MeasureUnit } from "../metrics/index.ts";
import type { LongRunMeasure } from "./batch-means.ts";
import type { BootstrapAnswer } from "./bootstrap-beside.ts";
import type { Estimate } from "./estimate.ts";
import type { Direction, Margin } from "./paired-comparison.ts";
import type { RankInterval } from "./ranks.ts";
import type { TieAudit } from "./tie-audit.ts";
import type { AntitheticAnswer, AntitheticPilot } from "./variance-reduction.ts";
import type { ComparisonAnswer } from "./verdicts.ts";
import type { WarmUpRecord } from "./warm-up-record.ts";

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
  /** Present where more than 1 % of the waits never ended in a node. */
  readonly waiting?: WaitingEstimates;
}

/**
 * Waiting for a node with those counted in who never got one (Kaplan and Meier), in each replication;
 * a percentile that some replication does not reach is absent for missing values.
 */
export interface WaitingEstimates {
  readonly count: number;
  /** Still waiting when last seen. */
  readonly censoredCount: number;
  readonly p50Us: Estimate;
  readonly p95Us: Estimate;
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
  readonly versions: {
    readonly podsim: string;
    readonly kubernetes: string;
    readonly fingerprint: number;
  };
  /** What makes it again; workers and output are no part of it. */
  readonly command: string;
  readonly seed: string;
  readonly study: "fixed" | "terminating" | "steady-state";
  readonly warmUpUs: number;
  /** Null: until drained. */
  readonly horizonUs: number | null;
  readonly varied: readonly string[];
  /** Of the alternative that had most. */
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
  /** Present where the warm-up was found by a pilot. */
  readonly warmUp?: WarmUpRecord;
  /** Present where each alternative is one long run: what its batches say. */
  readonly longRuns?: readonly LongRunAnswer[];
  /** Present where replications were added until a precision was reached. */
  readonly stopping?: StoppingOutcome;
  /** Present where the best was chosen by elimination. */
  readonly selection?: SelectionOutcome;
  /** Present where ties were audited: one entry per measure and alternative. */
  readonly tieAudits?: readonly TieAuditAnswer[];
  /** Present where pairs were asked for: whether the first of them were worth going on with. */
  readonly antitheticPilot?: AntitheticPilot;
  /** Present of antithetic pairs: of the differences; estimates and verdicts are then over pairs. */
  readonly antithetic?: readonly (AntitheticAnswer & { readonly alternative: string })[];
  /** Present where measures are skewed or bounded: a second interval, beside that of the estimate. */
  readonly bootstraps?: readonly BootstrapAnswer[];
  /** Present where a control with a known mean was asked for. */
  readonly controlled?: ControlledDifferences;
}

/** What the batches of one alternative's long run say of a measure. */
export type LongRunAnswer = LongRunMeasure & { readonly alternative: string };

/** Differences corrected by how far a control happened to lie beside its known mean. */
export interface ControlledDifferences {
  readonly control: string;
  readonly mean: number;
  readonly answers: readonly {
    readonly measure: string;
    readonly alternative: string;
    readonly estimate: Estimate;
  }[];
}

/** How sequential stopping ended. */
export interface StoppingOutcome {
  readonly kind: "reached" | "capped" | "missing-values";
  readonly precisionRatio: number;
  readonly countMax: number;
  /** First number of replications from which on the target held; null where it never did. */
  readonly reachedAtCount: number | null;
  readonly measures: readonly string[];
}

/** How the choice of the best ended. */
export interface SelectionOutcome {
  readonly kind: "selected" | "undecided" | "missing-values";
  readonly measure: string;
  readonly direction: Direction;
  /** In the measure's unit. */
  readonly indifference: number;
  readonly procedure: "KN";
  /** Probability of choosing the best if it leads by the indifference amount. */
  readonly confidence: number;
  readonly countMax: number;
  readonly best: string | null;
  readonly eliminated: readonly {
    readonly alternative: string;
    readonly atCount: number;
    readonly by: string;
  }[];
}

/** What drawing ties at random did to one measure of one alternative. */
export type TieAuditAnswer = TieAudit & {
  readonly measure: string;
  readonly alternative: string;
};
