// What the cells of one variant say together: its summary, and an estimate per measure.
//
// Shared by comparisons and sweeps, so that a mean or an interval is earned the same way in both.

import {
  type AlternativeSummary,
  type Estimate,
  estimateOf,
  estimateRatio,
  type Study,
} from "../../analysis/index.ts";
import { sha256Hex } from "../../base/index.ts";
import type { Scenario, VariedPart } from "../scenario/scenario.ts";
import type { CellResult } from "./study-cell.ts";

/** What of a scenario decides how its replications may be averaged, and is told with them. */
export interface StudiedWorld {
  readonly metadata: { readonly name: string };
  readonly run: Pick<Scenario["run"], "seed" | "study" | "warmup" | "horizon">;
}

/** That part of a scenario, to be kept beside results. */
export function studiedWorld({ metadata, run }: StudiedWorld): StudiedWorld {
  const { seed, study, warmup, horizon } = run;
  return { metadata: { name: metadata.name }, run: { seed, study, warmup, horizon } };
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
