// The measures of a run that alternatives are compared on, by the names that thresholds know.
//
// Fewer than a result holds: each measure is a test, and every test makes the others' evidence weaker.

import { type Direction, observationsNeeded } from "../../analysis/index.ts";
import type { DurationSummary, MeasureUnit, RunResult } from "../../metrics/index.ts";

/** One measure of one run. */
export interface MeasuredValue {
  readonly measure: string;
  readonly unit: MeasureUnit;
  readonly direction: Direction;
  /** Null: there is no such value in this run. */
  readonly value: number | null;
  /** Whether too few observations lie behind it for the quantile that it is. */
  readonly isThin: boolean;
}

/** Every compared measure of a run, always the same ones in the same order for one cluster. */
export function measuresOf(result: RunResult): MeasuredValue[] {
  const { counts, departures } = result;
  const evicted =
    departures.evictedByTaintCount +
    departures.evictedByApiCount +
    departures.evictedByKubeletCount;
  return [
    ...durations("pending", result.pending),
    ...durations("startup", result.startup),
    plain("unschedulable", "count", "lower", counts.podsUnschedulableAtEnd),
    plain("failed", "count", "lower", counts.podsFailed),
    plain("evictions", "count", "lower", evicted),
    plain("preemptions", "count", "lower", departures.preemptedCount),
    plain("lostWork", "us", "lower", result.lostWork.runUs),
    plain("availability", "ratio", "higher", result.availabilityRatio),
    plain("recovery", "us", "lower", result.recoveryMaxUs),
    ...result.utilization.map(({ resource, requestedRatio }) =>
      plain(`utilization.${resource}`, "ratio", "higher", requestedRatio),
    ),
  ];
}

function durations(name: string, summary: DurationSummary): MeasuredValue[] {
  const quantile = (text: string, probability: number, value: number | null): MeasuredValue => ({
    ...plain(`${name}.${text}`, "us", "lower", value),
    isThin: summary.count < observationsNeeded(probability),
  });
  return [
    plain(`${name}.avg`, "us", "lower", summary.avgUs),
    quantile("p95", 0.95, summary.p95Us),
    quantile("p99", 0.99, summary.p99Us),
  ];
}

function plain(
  measure: string,
  unit: MeasureUnit,
  direction: Direction,
  value: number | null,
): MeasuredValue {
  return { measure, unit, direction, value, isThin: false };
}
