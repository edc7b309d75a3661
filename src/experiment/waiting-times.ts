// Waiting for a node as it was for all pods, those counted in that never got one.
//
// Percentiles of bound pods alone make a full cluster look fast: who waited longest is not among them.
// Kaplan and Meier's curve counts the others for as long as they were seen. No interval goes with it
// here, since pods of one run are not independent; over replications there is one.

import {
  censoringOf,
  curveQuantile,
  type ObservedDuration,
  survivalCurve,
  type SurvivalStep,
} from "../analysis/index.ts";
import type { DurationSample, PendingSurvival } from "../metrics/index.ts";

/** Waits of one run. */
export interface Waits {
  readonly bound: DurationSample;
  /** How long those were seen waiting that were never bound. */
  readonly unbound: DurationSample;
}

/** What a cell of a study keeps of its waits; null = that share was not reached. */
export interface WaitingPercentiles {
  readonly count: number;
  readonly censoredCount: number;
  readonly p50Us: number | null;
  readonly p95Us: number | null;
}

/** The part of a result that is there only where too many pods were never bound. */
export interface NeededSurvival {
  readonly pendingSurvival?: PendingSurvival;
}

/** Shares at which the curve is written down: every twentieth. */
const CURVE_SHARES: readonly number[] = Array.from({ length: 19 }, (_, at) => (at + 1) / 20);

/** The survival section of a result, where plain percentiles mislead. */
export function neededSurvival(waits: Waits): NeededSurvival {
  if (!needsSurvival(waits)) return {};
  const curve = curveOf(waits);
  const at = (probability: number): number | null => curveQuantile(curve, probability);
  const count = waits.bound.size + waits.unbound.size;
  return {
    pendingSurvival: {
      count,
      censoredCount: waits.unbound.size,
      ...{ p50Us: at(0.5), p90Us: at(0.9), p95Us: at(0.95), p99Us: at(0.99) },
      longestUs: Math.max(waits.bound.quantile(1) ?? 0, waits.unbound.quantile(1) ?? 0),
      curve: crossingsOf(curve),
    },
  };
}

/** Percentiles for a study; plain ones where every pod was bound. */
export function waitingPercentilesOf(waits: Waits): WaitingPercentiles {
  const { bound, unbound } = waits;
  const counts = { count: bound.size + unbound.size, censoredCount: unbound.size };
  if (unbound.size === 0)
    return { ...counts, p50Us: bound.quantile(0.5), p95Us: bound.quantile(0.95) };
  const curve = curveOf(waits);
  return { ...counts, p50Us: curveQuantile(curve, 0.5), p95Us: curveQuantile(curve, 0.95) };
}

function needsSurvival({ bound, unbound }: Waits): boolean {
  return censoringOf([
    { durationUs: 0, isCensored: false, durationsCount: bound.size },
    { durationUs: 0, isCensored: true, durationsCount: unbound.size },
  ]).needsSurvival;
}

function curveOf({ bound, unbound }: Waits): SurvivalStep[] {
  const observed = (sample: DurationSample, isCensored: boolean): ObservedDuration[] =>
    sample
      .steps()
      .map(({ durationUs, count }) => ({ durationUs, isCensored, durationsCount: count }));
  return survivalCurve([...observed(bound, false), ...observed(unbound, true)]);
}

/** The first step at or beyond each share, each step once. */
function crossingsOf(curve: readonly SurvivalStep[]): PendingSurvival["curve"] {
  const steps = new Map<number, number>();
  for (const share of CURVE_SHARES) {
    const us = curveQuantile(curve, share);
    if (us === null) break;
    steps.set(us, curve.find(({ durationUs }) => durationUs === us)!.survivingRatio);
  }
  return [...steps].map(([us, waitingRatio]) => ({ us, waitingRatio }));
}
