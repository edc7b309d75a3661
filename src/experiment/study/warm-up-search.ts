// From the series of a pilot to one warm-up for all alternatives: the largest cut of MSER-5.
//
// Pure, and over all replications at once (Welch's view). Bins in which nobody waited have no value:
// they are joined with their neighbours until all have one, and a measure that would be left with
// fewer than MSER can judge has no curve, which is said.

import {
  averageAcross,
  batchAverages,
  compareHalves,
  absentEstimate,
  type Estimate,
  findWarmUp,
  judgeLoad,
  type WarmUpCurve,
  type WarmUpRecord,
} from "../../analysis/index.ts";
import { assert } from "../../base/index.ts";
import { type BinnedSeries, binStartUs, PILOT_BINS } from "./steady-series.ts";

/** One alternative's pilot: the series of every replication, over the same horizon. */
export interface PilotRuns {
  readonly alternative: string;
  readonly horizonUs: number;
  readonly runs: readonly (readonly BinnedSeries[])[];
}

/** What a search came to; `tooShort` names the curves that do not settle. */
export type WarmUpSearch =
  | { readonly kind: "cut"; readonly record: WarmUpRecord }
  | { readonly kind: "too-short"; readonly tooShort: readonly string[] };

/** Fewest bins of a curve: MSER-5 averages fives and needs eight of them to be of any use. */
const BINS_MIN = 40;
/** Values that MSER-5 averages. */
const BATCH = 5;
/** Values closer together than this share of their size differ by rounding alone. */
const FLAT_RATIO = 1e-9;
/** All halves together are called different by chance this rarely. */
const FALSE_ALARM = 0.05;

/**
 * One warm-up for these pilots. `measures` are those that the study judges, by name or first part,
 * empty = all; the queue is always looked at.
 */
export function searchWarmUp(
  pilots: readonly PilotRuns[],
  lengthFactor: number,
  measures: readonly string[],
): WarmUpSearch {
  const drawn = pilots.flatMap((pilot) => curvesOf(pilot, measures));
  const curves = drawn.filter((one) => one.kind === "curve");
  const tooShort = curves.filter(({ cutBins }) => cutBins === null);
  if (tooShort.length > 0) return { kind: "too-short", tooShort: tooShort.map(({ name }) => name) };
  const warmUpUs = curves.reduce((most, curve) => Math.max(most, cutUsOf(curve) ?? 0), 0);
  // What is right for one alternative may be too much of another's shorter runs.
  const short = pilots.filter(({ horizonUs }) => 2 * warmUpUs > horizonUs);
  if (short.length > 0)
    return { kind: "too-short", tooShort: short.map(({ alternative }) => alternative) };
  const confidence = 1 - FALSE_ALARM / Math.max(1, curves.length);
  return {
    kind: "cut",
    record: {
      method: "MSER-5",
      warmUpUs,
      lengthFactor,
      replicationsCount: pilots[0]?.runs.length ?? 0,
      curves: curves.map((curve) => recordOf(curve, warmUpUs, confidence)),
      withoutCurve: drawn.flatMap((one) => (one.kind === "none" ? [one.name] : [])),
    },
  };
}

interface Curve {
  readonly kind: "curve";
  readonly name: string;
  readonly pilot: PilotRuns;
  readonly at: number;
  readonly series: BinnedSeries;
  /** Pilot bins in one bin of the curve. */
  readonly joined: number;
  readonly values: readonly number[];
  /** Bins of the curve that MSER cuts; null: too short. */
  readonly cutBins: number | null;
}

function curvesOf(
  pilot: PilotRuns,
  measures: readonly string[],
): (Curve | { readonly kind: "none"; readonly name: string })[] {
  const [first] = pilot.runs;
  assert(first !== undefined, "a pilot has runs");
  return first.flatMap((series, at) => {
    if (!isJudged(series.measure, measures)) return [];
    const name = `${series.measure} of ${pilot.alternative}`;
    const sums = averageAcross(pilot.runs.map((run) => run[at]!.sums));
    const weights = averageAcross(pilot.runs.map((run) => run[at]!.weights));
    const joined = joinedBins(weights);
    if (joined === undefined) return { kind: "none", name };
    const weightOf = joinedSums(weights, joined);
    const values = joinedSums(sums, joined).map((sum, bin) => sum / weightOf[bin]!);
    return {
      kind: "curve",
      name,
      pilot,
      at,
      series,
      joined,
      values,
      cutBins: cutOf(series.measure, values),
    };
  });
}

/** Percentiles are judged by the mean of what they are percentiles of: bins hold too few for more. */
function isJudged(measure: string, asked: readonly string[]): boolean {
  if (asked.length === 0 || measure === "queue") return true;
  const [family] = measure.split(".");
  return asked.some(
    (name) =>
      name === measure ||
      name === family ||
      (measure === `${family}.avg` && name.startsWith(`${family}.`)),
  );
}

/** The fewest neighbours to join until no bin is empty; undefined where that leaves too few bins. */
function joinedBins(weights: readonly number[]): number | undefined {
  for (let joined = 1; weights.length / joined >= BINS_MIN; joined++)
    if (weights.length % joined === 0 && !joinedSums(weights, joined).includes(0)) return joined;
  return undefined;
}

function joinedSums(values: readonly number[], size: number): number[] {
  return Array.from({ length: values.length / size }, (_, bin) => {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += values[bin * size + k]!;
    return sum;
  });
}

function cutOf(measure: string, values: readonly number[]): number | null {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (most - least <= FLAT_RATIO * Math.max(Math.abs(least), Math.abs(most))) return 0;
  // A queue that grows ever faster looks settled to MSER: what is left of it always varies more.
  if (measure === "queue" && judgeLoad(values).kind === "unstable") return null;
  const found = findWarmUp(values);
  return found.kind === "cut" ? found.observationsCount : null;
}

function cutUsOf({ cutBins, joined, pilot }: Curve): number | null {
  return cutBins === null ? null : binStartUs(0, pilot.horizonUs, PILOT_BINS, cutBins * joined);
}

function recordOf(curve: Curve, warmUpUs: number, confidence: number): WarmUpCurve {
  const { pilot, series, joined, values } = curve;
  return {
    alternative: pilot.alternative,
    measure: series.measure,
    unit: series.unit,
    binUs: binStartUs(0, pilot.horizonUs, PILOT_BINS, BATCH * joined),
    cutUs: cutUsOf(curve),
    values: batchAverages(values, BATCH),
    halves: halvesOf(curve, warmUpUs, confidence),
  };
}

/** Means of both halves of what is kept, replication by replication. */
function halvesOf({ pilot, at }: Curve, warmUpUs: number, confidence: number): Estimate {
  const { horizonUs, runs } = pilot;
  const kept = Array.from({ length: PILOT_BINS }, (_, bin) => bin).filter(
    (bin) => binStartUs(0, horizonUs, PILOT_BINS, bin) >= warmUpUs,
  );
  const middle = Math.floor(kept.length / 2);
  const meanOver = ({ sums, weights }: BinnedSeries, bins: readonly number[]): number =>
    totalOf(sums, bins) / totalOf(weights, bins);
  const halves = runs.map((run) => [
    meanOver(run[at]!, kept.slice(0, middle)),
    meanOver(run[at]!, kept.slice(-middle)),
  ]);
  const affected = halves.filter((pair) => !pair.every(Number.isFinite)).length;
  if (affected > 0) return absentEstimate("missing-values", runs.length, affected);
  return compareHalves(halves, 0, confidence);
}

function totalOf(values: readonly number[], bins: readonly number[]): number {
  return bins.reduce((sum, bin) => sum + values[bin]!, 0);
}
