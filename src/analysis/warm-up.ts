// MSER-5: how much of the start of a run to delete before its mean says something of the long run.
//
// The series is averaged in fives and cut where the standard error of what remains is least (White
// and Minnox 1994; White, Cobb and Spratt 2000). It is known to fail on some queues (Wang and Glynn
// 2016), so the curve is part of the answer and the two halves of what is kept are compared.

import { assert } from "../base/index.ts";
import { CONFIDENCE_DEFAULT, type Estimate, estimateMean } from "./estimate.ts";
import { meanOf } from "./moments.ts";

const BATCH = 5;
/** Runs that are too short are doubled, at most four times. */
export const LENGTH_FACTOR_MAX = 16;

/** Where a series is cut, or that it is too short to say. `curve[d]` is the statistic after d batches. */
export type WarmUp =
  | {
      readonly kind: "cut";
      /** Observations to delete, a multiple of five. */
      readonly observationsCount: number;
      readonly curve: readonly number[];
    }
  | { readonly kind: "too-short"; readonly curve: readonly number[] };

/** MSER-5 of one series of equally spaced observations, or of one averaged across replications. */
export function findWarmUp(series: readonly number[]): WarmUp {
  const batches = batchAverages(series, BATCH);
  const k = batches.length;
  const curve = mserCurve(batches);
  let best = 0;
  for (let d = 1; d < curve.length; d++) if (curve[d]! < curve[best]!) best = d;
  const isTooShort = k < 4 || best >= Math.floor(k / 2) || k - best <= 5 / BATCH;
  return isTooShort
    ? { kind: "too-short", curve }
    : { kind: "cut", observationsCount: best * BATCH, curve };
}

/** Averages `size` consecutive values each; a shorter rest at the end is left out. */
export function batchAverages(series: readonly number[], size: number): number[] {
  assert(Number.isInteger(size) && size > 0, "a batch holds at least one value");
  const averages: number[] = [];
  for (let start = 0; start + size <= series.length; start += size)
    averages.push(meanOf(series.slice(start, start + size)));
  return averages;
}

// From the end to the start, so that each tail extends the one before by a value (Welford).
function mserCurve(batches: readonly number[]): number[] {
  const k = batches.length;
  const curve = new Array<number>(Math.floor(k / 2) + 1).fill(0);
  let mean = 0;
  let squares = 0;
  for (let d = k - 1; d >= 0; d--) {
    const size = k - d;
    const distance = batches[d]! - mean;
    mean += distance / size;
    squares += distance * (batches[d]! - mean);
    if (d < curve.length) curve[d] = squares / (size * size);
  }
  return k === 0 ? [] : curve;
}

/** The mean across replications at every position (Welch's view); series of one length. */
export function averageAcross(replications: readonly (readonly number[])[]): number[] {
  const [first] = replications;
  if (first === undefined) return [];
  for (const series of replications)
    assert(series.length === first.length, "series to be averaged have one length");
  return first.map((_, at) => meanOf(replications.map((series) => series[at]!)));
}

/** One warm-up for all alternatives and measures of a study. */
export type StudyWarmUp =
  | {
      readonly kind: "cut";
      readonly observationsCount: number;
      /** How many times as long as asked the runs had to be: 1, 2, 4, 8 or 16. */
      readonly lengthFactor: number;
    }
  | { readonly kind: "too-short"; readonly lengthFactor: number };

/**
 * The largest cut over all series, each a measure of an alternative averaged across replications, so
 * that pairs stay aligned. Runs that are too short are doubled, at most four times.
 */
export function findStudyWarmUp(
  runAt: (lengthFactor: number) => readonly (readonly number[])[],
): StudyWarmUp {
  for (let lengthFactor = 1; ; lengthFactor *= 2) {
    const found = runAt(lengthFactor).map(findWarmUp);
    assert(found.length > 0, "a warm-up is of at least one series");
    const cuts = found.map((one) => (one.kind === "cut" ? one.observationsCount : null));
    if (!cuts.includes(null)) {
      const observationsCount = cuts.reduce<number>((most, cut) => Math.max(most, cut ?? 0), 0);
      return { kind: "cut", observationsCount, lengthFactor };
    }
    if (lengthFactor === LENGTH_FACTOR_MAX) return { kind: "too-short", lengthFactor };
  }
}

/**
 * Second half minus first half of what is kept, over replications: an interval that leaves out 0
 * says that the cut was too small, or that the run never settles.
 */
export function compareHalves(
  replications: readonly (readonly number[])[],
  observationsCut: number,
  confidence: number = CONFIDENCE_DEFAULT,
): Estimate {
  const differences = replications.map((series) => {
    const kept = series.slice(observationsCut);
    const middle = Math.floor(kept.length / 2);
    assert(middle > 0, "halves hold at least one value");
    return meanOf(kept.slice(-middle)) - meanOf(kept.slice(0, middle));
  });
  return estimateMean(differences, confidence);
}
