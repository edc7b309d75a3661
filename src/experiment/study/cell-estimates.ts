// What the cells of one variant say together: its summary, and an estimate per measure.
//
// Shared by comparisons and sweeps, so that a mean or an interval is earned the same way in both.

import {
  type AlternativeSummary,
  batchesWithConfidence,
  type Estimate,
  estimateOf,
  estimateRatio,
  type LongRunMeasure,
  type Study,
} from "../../analysis/index.ts";
import { sha256Hex } from "../../base/index.ts";
import type { Scenario, VariedPart } from "../scenario/scenario.ts";
import type { CellResult } from "./study-cell.ts";

/** What of a scenario decides how its replications may be averaged, and is told with them. */
export interface StudiedWorld {
  readonly metadata: { readonly name: string };
  readonly run: Pick<Scenario["run"], "seed" | "study" | "warmup" | "horizon"> & {
    /** The warm-up is still to be found. */
    readonly warmupAuto?: true | undefined;
  };
}

/** That part of a scenario, to be kept beside results. */
export function studiedWorld({ metadata, run }: StudiedWorld): StudiedWorld {
  const { seed, study, warmup, horizon, warmupAuto } = run;
  const open = warmupAuto && { warmupAuto };
  return { metadata: { name: metadata.name }, run: { seed, study, warmup, horizon, ...open } };
}

/** The kind of study that a world's replications make. */
export function studyOf({ run }: StudiedWorld, varied: readonly VariedPart[]): Study {
  if (varied.length === 0) return { kind: "fixed" };
  const { study, warmup } = run;
  return study === "steady-state"
    ? { kind: study, varied, warmUpUs: warmup }
    : { kind: study, varied };
}

/** Sums over the replications of one variant. */
export function summaryOf(
  name: string,
  runs: readonly Omit<CellResult, "measures">[],
): AlternativeSummary {
  const sum = (of: (run: Omit<CellResult, "measures">) => number): number =>
    runs.reduce((total, run) => total + of(run), 0);
  const created = sum((run) => run.podsCreatedCount);
  const pending = sum((run) => run.podsPendingAtEndCount);
  const attempts = sum((run) => run.attemptsCount);
  return {
    name,
    digest: sha256Hex(runs.map(({ fingerprint }) => `${fingerprint}\n`).join("")),
    podsCreatedCount: created,
    podsPendingAtEndCount: pending,
    censoredRatio: created === 0 ? null : pending / created,
    tiedRatio: attempts === 0 ? null : sum((run) => run.tiedCount) / attempts,
    unstableRunsCount: runs.filter(({ isUnstable }) => isUnstable).length,
  };
}

/** The estimate of measure number `at` over the replications of one variant. */
export function estimateRuns(
  study: Study,
  runs: readonly CellResult[],
  at: number,
  confidence: number,
): Estimate {
  const affectedCount = runs.filter((run) => run.measures[at]!.isThin).length;
  if (affectedCount > 0) {
    const reason = "insufficient-observations";
    return { kind: "absent", reason, count: runs.length, affectedCount };
  }
  const long = longRunEstimate(runs, at, confidence);
  if (long !== undefined) return long;
  const replicates = runs.map((run) => ({
    value: run.measures[at]!.value,
    isUnstable: run.isUnstable,
  }));
  const plain = estimateOf(study, replicates, confidence);
  const quotients = runs.flatMap((run) => run.measures[at]!.quotient ?? []);
  const isRatio = quotients.length > 0 && quotients.length === runs.length;
  // One ratio over all replications: long runs and many pods count for more than short and few ones.
  if (!isRatio || plain.kind === "absent" || study.kind === "fixed") return plain;
  return estimateRatio(
    quotients.map(({ numerator }) => numerator),
    quotients.map(({ denominator }) => denominator),
    confidence,
  );
}

/** What the batches of a variant say of it, if it is one run of a steady state; else nothing. */
export function longRunsOfVariant(
  runs: readonly CellResult[],
  confidence: number,
): readonly LongRunMeasure[] {
  if (runs.length !== 1 || runs[0]!.isUnstable) return [];
  const known = new Set(runs[0]!.measures.map(({ measure }) => measure));
  return (runs[0]!.batches ?? [])
    .filter(({ measure }) => known.has(measure))
    .map((one) => batchesWithConfidence(one, confidence));
}

/** Of one long steady run, if its batches passed; replications are never batched. */
function longRunEstimate(
  runs: readonly CellResult[],
  at: number,
  confidence: number,
): Estimate | undefined {
  const [run] = runs;
  const measure = run?.measures[at]?.measure;
  const found = longRunsOfVariant(runs, confidence).find((one) => one.measure === measure);
  return found?.estimate.kind === "interval" ? found.estimate : undefined;
}
