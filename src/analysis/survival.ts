// Censored durations: how many are unfinished, and what waiting looks like when they are counted in.
//
// Pods that still wait at the end have waited at least so long; leaving them out makes any system
// look fast. Their share is always stated, and above CENSORED_RATIO_MAX Kaplan and Meier's curve
// answers instead of plain percentiles.

import { assert, compareNumbers, normalQuantile } from "../base/index.ts";
import type { Interval } from "./estimate.ts";

/** Share of unfinished durations beyond which plain percentiles mislead. */
export const CENSORED_RATIO_MAX = 0.01;

/** A duration, or how long one has lasted so far. */
export interface ObservedDuration {
  readonly durationUs: number;
  /** True: still going on when it was last seen. */
  readonly isCensored: boolean;
  /** How many lasted just so long; 1 if left out. */
  readonly durationsCount?: number;
}

/** How much of a sample is unfinished. */
export interface CensoringShare {
  readonly count: number;
  readonly censoredCount: number;
  /** Null of an empty sample. */
  readonly censoredRatio: number | null;
  /** Whether survival must be used: more than CENSORED_RATIO_MAX are unfinished. */
  readonly needsSurvival: boolean;
}

/** One step of the curve: the share that lasts longer, from this duration on. */
export interface SurvivalStep {
  readonly durationUs: number;
  readonly survivingRatio: number;
  /** Greenwood's, of the ratio. */
  readonly standardError: number;
}

/** The time by which a share has finished, or that this share never did while it was watched. */
export type SurvivalQuantile =
  | { readonly kind: "reached"; readonly durationUs: number; readonly interval: OpenInterval }
  | { readonly kind: "beyond"; readonly longestUs: number }
  | { readonly kind: "no-values" };

/** Bounds of a quantile; `highUs` is null where the upper band is never crossed. */
export interface OpenInterval {
  readonly lowUs: number;
  readonly highUs: number | null;
  readonly confidence: Interval["confidence"];
}

/** Counts what is unfinished. */
export function censoringOf(durations: readonly ObservedDuration[]): CensoringShare {
  const count = durations.reduce((sum, one) => sum + countOf(one), 0);
  const censoredCount = durations.reduce(
    (sum, one) => sum + (one.isCensored ? countOf(one) : 0),
    0,
  );
  const censoredRatio = count === 0 ? null : censoredCount / count;
  const needsSurvival = censoredRatio !== null && censoredRatio > CENSORED_RATIO_MAX;
  return { count, censoredCount, censoredRatio, needsSurvival };
}

/** Kaplan and Meier's curve, one step per duration at which something finished. */
export function survivalCurve(durations: readonly ObservedDuration[]): SurvivalStep[] {
  // At equal durations those that finish go first: who is seen last then was still at risk.
  const sorted = [...durations].sort(
    (a, b) =>
      compareNumbers(a.durationUs, b.durationUs) || Number(a.isCensored) - Number(b.isCensored),
  );
  const steps: SurvivalStep[] = [];
  let survivingRatio = 1;
  let greenwood = 0;
  let left = sorted.reduce((sum, one) => sum + countOf(one), 0);
  for (let at = 0; at < sorted.length; ) {
    const { durationUs } = sorted[at]!;
    const atRisk = left;
    let finished = 0;
    for (; at < sorted.length && sorted[at]!.durationUs === durationUs; at++) {
      left -= countOf(sorted[at]!);
      if (!sorted[at]!.isCensored) finished += countOf(sorted[at]!);
    }
    if (finished === 0) continue;
    survivingRatio *= (atRisk - finished) / atRisk;
    greenwood += finished === atRisk ? 0 : finished / (atRisk * (atRisk - finished));
    steps.push({
      durationUs,
      survivingRatio,
      standardError: survivingRatio * Math.sqrt(greenwood),
    });
  }
  return steps;
}

/** Duration at which the curve has let a share `probability` go; null where it never falls so far. */
export function curveQuantile(curve: readonly SurvivalStep[], probability: number): number | null {
  const left = 1 - probability + ROUNDING;
  return curve.find(({ survivingRatio }) => survivingRatio <= left)?.durationUs ?? null;
}

/** Rounding in the product must not delay a crossing. */
const ROUNDING = 1e-12;

function countOf({ durationsCount = 1 }: ObservedDuration): number {
  return durationsCount;
}

/** Duration within which a share `probability` finishes, censored ones counted in. */
export function survivalQuantile(
  durations: readonly ObservedDuration[],
  probability: number,
  confidence: number,
): SurvivalQuantile {
  assert(probability > 0 && probability < 1, `not a probability between 0 and 1: ${probability}`);
  if (durations.length === 0) return { kind: "no-values" };
  const curve = survivalCurve(durations);
  const left = 1 - probability + ROUNDING;
  const crossed = curve.find(({ survivingRatio }) => survivingRatio <= left);
  if (crossed === undefined) {
    const longestUs = durations.reduce((most, { durationUs }) => Math.max(most, durationUs), 0);
    return { kind: "beyond", longestUs };
  }
  const z = normalQuantile((1 + confidence) / 2);
  const low = curve.find((step) => step.survivingRatio - z * step.standardError <= left);
  const high = curve.find((step) => step.survivingRatio + z * step.standardError <= left);
  return {
    kind: "reached",
    durationUs: crossed.durationUs,
    interval: {
      lowUs: low?.durationUs ?? crossed.durationUs,
      highUs: high?.durationUs ?? null,
      confidence,
    },
  };
}
