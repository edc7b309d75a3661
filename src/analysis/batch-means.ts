// Batch means: an interval from one long run, after its warm-up has been cut.
//
// Neighbouring observations depend on each other; means of long enough batches hardly do. Batches are
// doubled until at least 100 of them pass von Neumann's test, then joined to 20 for the interval.
// Not for replications: they are independent already, and batching them would only lose degrees.

import { assert, normalQuantile } from "../base/index.ts";
import { absentEstimate, CONFIDENCE_DEFAULT, type Estimate, studentEstimate } from "./estimate.ts";
import { isConstant, meanOf, standardDeviationOf, sumOf } from "./moments.ts";
import { batchAverages } from "./warm-up.ts";

const TESTED_MIN = 100;
const BATCHES = 20;
/** Chance that independent batches are called dependent; a lax test would let correlation through. */
const TEST_LEVEL = 0.1;

/** An interval from batches, with what the batches looked like. */
export interface BatchMeans {
  readonly estimate: Estimate;
  /** Observations in each of the batches of the interval; 0 if there is none. */
  readonly batchSize: number;
  readonly batchesCount: number;
  /** Of the last set of small batches that was tested; null when there were too few observations. */
  readonly vonNeumannRatio: number | null;
}

/** A measure of one long run by its batches. */
export interface LongRunMeasure extends BatchMeans {
  readonly measure: string;
}

/** The same batches with another confidence. */
export function batchesWithConfidence<Batches extends BatchMeans>(
  batches: Batches,
  confidence: number,
): Batches {
  const { estimate } = batches;
  if (estimate.kind !== "interval" || estimate.confidence === confidence) return batches;
  const { count, value, standardError } = estimate;
  const found = { count, value, standardError };
  return {
    ...batches,
    estimate: studentEstimate("batch-means", found, BATCHES - 1, confidence),
  };
}

/** Long-run mean of a series in order of time. */
export function estimateByBatches(
  series: readonly number[],
  confidence: number = CONFIDENCE_DEFAULT,
): BatchMeans {
  if (series.length > 0 && isConstant(series)) return withoutInterval(series);
  let ratio: number | null = null;
  for (let size = 1; Math.floor(series.length / size) >= TESTED_MIN; size *= 2) {
    const small = batchAverages(series, size);
    ratio = vonNeumannRatio(small);
    if (isIndependent(ratio, small.length)) return fromBatches(series, size, ratio, confidence);
  }
  const estimate = absentEstimate(series.length === 0 ? "no-values" : "too-short", series.length);
  return { estimate, batchSize: 0, batchesCount: 0, vonNeumannRatio: ratio };
}

/** Mean square of successive differences over the variance: near 2 for independent values, less if they cling. */
export function vonNeumannRatio(values: readonly number[]): number {
  assert(values.length > 2, "von Neumann's ratio needs three values");
  const mean = meanOf(values);
  const steps = values.slice(1).map((value, at) => value - values[at]!);
  const squares = sumOf(values.map((value) => (value - mean) * (value - mean)));
  return sumOf(steps.map((step) => step * step)) / squares;
}

// Under independence the ratio is nearly normal around 2; only positive correlation narrows intervals.
function isIndependent(ratio: number, count: number): boolean {
  const spread = Math.sqrt((4 * (count - 2)) / ((count - 1) * (count + 1)));
  return (ratio - 2) / spread >= normalQuantile(TEST_LEVEL);
}

function fromBatches(
  series: readonly number[],
  smallSize: number,
  ratio: number,
  confidence: number,
): BatchMeans {
  const joined = Math.floor(Math.floor(series.length / smallSize) / BATCHES);
  const batchSize = joined * smallSize;
  const batches = batchAverages(series, batchSize).slice(0, BATCHES);
  const standardError = standardDeviationOf(batches) / Math.sqrt(BATCHES);
  const found = { count: BATCHES, value: meanOf(batches), standardError };
  const estimate = studentEstimate("batch-means", found, BATCHES - 1, confidence);
  return { estimate, batchSize, batchesCount: BATCHES, vonNeumannRatio: ratio };
}

function withoutInterval(series: readonly number[]): BatchMeans {
  const estimate: Estimate = {
    kind: "point",
    reason: "constant",
    count: series.length,
    value: series[0]!,
  };
  return { estimate, batchSize: 0, batchesCount: 0, vonNeumannRatio: null };
}
