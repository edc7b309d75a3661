// The measures of a run that alternatives are compared on, by the names that thresholds know.
//
// Fewer than a result holds: each measure is a test, and every test makes the others' evidence weaker.

import { type Direction, observationsNeeded } from "../../analysis/index.ts";
import {
  type DurationSummary,
  MEASURES,
  type MeasureUnit,
  type Quotient,
  type RunResult,
} from "../../metrics/index.ts";
import { efficiencyMeasure } from "../efficiency.ts";

/** One measure of one run. */
export interface MeasuredValue {
  readonly measure: string;
  readonly unit: MeasureUnit;
  readonly direction: Direction;
  /** Null: there is no such value in this run. */
  readonly value: number | null;
  /** Whether too few observations lie behind it for the quantile that it is. */
  readonly isThin: boolean;
  /** Of a ratio: what it is taken over, so that replications together make one ratio. */
  readonly quotient?: Quotient;
}

/** Parts of distributions that are compared, and measures that are always there. */
const PARTS_COMPARED = ["avg", "p95", "p99"] as const;
const DISTRIBUTIONS: readonly string[] = ["pending", "startup"];
const ALWAYS: readonly string[] = [
  ...["unschedulable", "failed", "evictions", "preemptions", "lostWork", "availability"],
  ...["recovery", "utilization.cpu", "utilization.memory"],
];
/** Families that are measured when they are asked for. */
const ASKED: readonly string[] = ["fragmentation", "stranded", "fairness", "cost", "energy"];

/** Names of all measures that alternatives can be compared on, with their units. */
export const COMPARED_MEASURES: ReadonlyMap<string, MeasureUnit> = new Map([
  ...DISTRIBUTIONS.flatMap((name) =>
    PARTS_COMPARED.map((part): [string, MeasureUnit] => [`${name}.${part}`, "us"]),
  ),
  ...[...MEASURES].flatMap(([name, { unit }]): [string, MeasureUnit][] =>
    ALWAYS.includes(name) || ASKED.includes(name.split(".")[0]!) ? [[name, unit]] : [],
  ),
]);

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
    ...efficiencyMeasuresOf(result),
  ];
}

/** The same measures, ratios with what they are taken over. */
export function withQuotients(
  measures: readonly MeasuredValue[],
  quotients: ReadonlyMap<string, Quotient>,
): MeasuredValue[] {
  return measures.map((one) => {
    const quotient = one.value === null ? undefined : quotients.get(one.measure);
    return quotient === undefined ? one : { ...one, quotient };
  });
}

/** Those that were measured because somebody asked for them; the same ones in all alternatives. */
function efficiencyMeasuresOf(result: RunResult): MeasuredValue[] {
  const { fragmentation, fairness, cost, energy } = result;
  const rooms = fragmentation?.resources ?? [];
  const named = (names: readonly string[], direction: Direction): MeasuredValue[] =>
    names.map((name) =>
      plain(name, MEASURES.get(name)!.unit, direction, efficiencyMeasure(result, name)),
    );
  return [
    ...named(
      rooms.map(({ resource }) => `fragmentation.${resource}`),
      "lower",
    ),
    ...named(
      rooms.map(({ resource }) => `stranded.${resource}`),
      "lower",
    ),
    ...(fairness === undefined ? [] : named(["fairness.share", "fairness.served"], "higher")),
    ...(fairness === undefined ? [] : named(["fairness.gini"], "lower")),
    ...(cost === undefined ? [] : named(["cost", "cost.idle", "cost.perPod"], "lower")),
    ...(energy === undefined ? [] : named(["energy", "energy.idle"], "lower")),
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
