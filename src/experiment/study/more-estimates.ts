// What cells say beside the estimate of a measure: a second interval, and waits that never ended.
//
// Shared by comparisons and sweeps. Nothing here replaces an estimate; it shows where one misleads.

import {
  bootstrapBeside,
  type BootstrapBeside,
  censoringOf,
  type Estimate,
  estimateOf,
  observationsNeeded,
  type Study,
  type WaitingEstimates,
} from "../../analysis/index.ts";
import type { CellResult } from "./study-cell.ts";

/** The estimate that stands already, and the stream that resamples beside it. */
export interface BootstrapQuestion {
  readonly estimate: Estimate;
  readonly stream: string;
  readonly confidence: number;
}

/** A second interval of measure number `at`, where it is skewed or bounded. */
export function bootstrapRuns(
  runs: readonly CellResult[],
  at: number,
  question: BootstrapQuestion,
): BootstrapBeside | undefined {
  const { estimate } = question;
  if (estimate.kind !== "interval") return undefined;
  if (estimate.method !== "student" && estimate.method !== "jackknife") return undefined;
  const measured = runs.map((run) => run.measures[at]!);
  const values = measured.flatMap(({ value }) => value ?? []);
  const quotients = measured.flatMap(({ quotient }) => quotient ?? []);
  return bootstrapBeside({
    ...question,
    values,
    ...(estimate.method === "jackknife" && {
      quotients: {
        numerators: quotients.map(({ numerator }) => numerator),
        denominators: quotients.map(({ denominator }) => denominator),
      },
    }),
    // No measure is negative; shares, and indices of how even they are, end at 1.
    bounds: { low: 0, high: measured[0]?.unit === "ratio" ? 1 : null },
  });
}

/** Waiting with those counted in who never got a node; nothing where they are one in a hundred or fewer. */
export function waitingEstimates(
  study: Study,
  runs: readonly CellResult[],
  confidence: number,
): { readonly waiting?: WaitingEstimates } {
  const waits = runs.flatMap(({ waiting }) => waiting ?? []);
  if (waits.length < runs.length || runs.length === 0) return {};
  const count = waits.reduce((sum, wait) => sum + wait.count, 0);
  const censoredCount = waits.reduce((sum, wait) => sum + wait.censoredCount, 0);
  const share = censoringOf([
    { durationUs: 0, isCensored: false, durationsCount: count - censoredCount },
    { durationUs: 0, isCensored: true, durationsCount: censoredCount },
  ]);
  if (!share.needsSurvival) return {};
  const estimate = (name: "p50Us" | "p95Us", probability: number): Estimate => {
    const needed = observationsNeeded(probability);
    const thin = waits.filter((wait) => wait.count < needed).length;
    if (thin > 0) {
      const reason = "insufficient-observations";
      return { kind: "absent", reason, count: runs.length, affectedCount: thin };
    }
    const replicates = runs.map(({ isUnstable }, at) => ({ value: waits[at]![name], isUnstable }));
    return estimateOf(study, replicates, confidence);
  };
  return {
    waiting: {
      count,
      censoredCount,
      p50Us: estimate("p50Us", 0.5),
      p95Us: estimate("p95Us", 0.95),
    },
  };
}
