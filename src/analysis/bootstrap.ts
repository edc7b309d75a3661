// Bias-corrected and accelerated bootstrap interval of a mean over replications (Efron 1987).
//
// For skewed or bounded measures, beside Student's interval. Resampling draws from a stream of its
// own name, so that the interval is the same bytes on every run and moves nobody else's numbers.

import { assert, compareNumbers, normalCdf, normalQuantile, seededStream } from "../base/index.ts";
import {
  absentEstimate,
  assertConfidence,
  CONFIDENCE_DEFAULT,
  COUNT_MIN,
  type Estimate,
} from "./estimate.ts";
import { isConstant, meanOf, standardDeviationOf, sumOf } from "./moments.ts";

/** Resamples that an interval rests on, unless told otherwise. */
export const RESAMPLES_DEFAULT = 10_000;

/** How an interval is resampled. */
export interface BootstrapOptions {
  /** Name of the stream, as made by `streamName`, with a purpose of this measure's own. */
  readonly stream: string;
  readonly resamplesCount?: number;
  readonly confidence?: number;
}

/** Mean of independent values with a BCa interval. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions): Estimate {
  const { confidence = CONFIDENCE_DEFAULT, resamplesCount = RESAMPLES_DEFAULT } = options;
  assertConfidence(confidence);
  const count = values.length;
  if (count === 0) return absentEstimate("no-values", 0);
  const value = meanOf(values);
  if (count < COUNT_MIN) return { kind: "point", reason: "few", count, value };
  if (isConstant(values)) return { kind: "point", reason: "constant", count, value };
  const means = resampledMeans(values, resamplesCount, options.stream);
  return {
    kind: "interval",
    method: "bootstrap",
    count,
    value,
    standardError: standardDeviationOf(values) / Math.sqrt(count),
    degreesOfFreedom: null,
    ...boundsOf(means, value, accelerationOf(values), confidence),
    confidence,
  };
}

/** Ratio of two means over replications, resampled in pairs, with a BCa interval. */
export function bootstrapRatio(
  numerators: readonly number[],
  denominators: readonly number[],
  options: BootstrapOptions,
): Estimate {
  assert(numerators.length === denominators.length, "a ratio is of pairs");
  const { confidence = CONFIDENCE_DEFAULT, resamplesCount = RESAMPLES_DEFAULT } = options;
  assertConfidence(confidence);
  const count = numerators.length;
  if (count === 0) return absentEstimate("no-values", 0);
  const noneCount = denominators.filter((one) => one <= 0).length;
  if (noneCount > 0) return absentEstimate("no-denominator", count, noneCount);
  const value = sumOf(numerators) / sumOf(denominators);
  if (count < COUNT_MIN) return { kind: "point", reason: "few", count, value };
  // How far each pair pulls the ratio, to first order.
  const scale = sumOf(denominators) / count;
  const pulls = numerators.map((one, at) => (one - value * denominators[at]!) / scale);
  if (isConstant(numerators.map((one, at) => one / denominators[at]!)))
    return { kind: "point", reason: "constant", count, value };
  const stream = seededStream(options.stream);
  const ratios = new Float64Array(resamplesCount);
  for (let resample = 0; resample < resamplesCount; resample++) {
    let top = 0;
    let bottom = 0;
    for (let draw = 0; draw < count; draw++) {
      const at = Math.floor(stream.nextUnit() * count);
      top += numerators[at]!;
      bottom += denominators[at]!;
    }
    ratios[resample] = top / bottom;
  }
  ratios.sort(compareNumbers);
  const bounds = boundsOf(ratios, value, accelerationOf(pulls), confidence);
  const standardError = standardDeviationOf(pulls) / Math.sqrt(count);
  const found = { count, value, standardError, degreesOfFreedom: null };
  return { kind: "interval", method: "bootstrap", ...found, ...bounds, confidence };
}

/** The BCa bounds in resampled values in ascending order. */
function boundsOf(
  sorted: Float64Array,
  value: number,
  acceleration: number,
  confidence: number,
): { readonly low: number; readonly high: number } {
  const shift = biasShift(sorted, value);
  const bound = (tail: number): number => {
    const z = shift + normalQuantile(tail);
    const share = normalCdf(shift + z / (1 - acceleration * z));
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  };
  return { low: bound((1 - confidence) / 2), high: bound((1 + confidence) / 2) };
}

/** Means of resamples in ascending order. */
function resampledMeans(
  values: readonly number[],
  resamplesCount: number,
  name: string,
): Float64Array {
  const stream = seededStream(name);
  const count = values.length;
  const means = new Float64Array(resamplesCount);
  for (let resample = 0; resample < resamplesCount; resample++) {
    let sum = 0;
    for (let draw = 0; draw < count; draw++) sum += values[Math.floor(stream.nextUnit() * count)]!;
    means[resample] = sum / count;
  }
  return means.sort(compareNumbers);
}

/** How far the median of the resampled means lies beside the mean, in standard deviations. */
function biasShift(sortedMeans: Float64Array, mean: number): number {
  let below = 0;
  for (const resampled of sortedMeans) below += resampled < mean ? 1 : resampled === mean ? 0.5 : 0;
  const share = below / sortedMeans.length;
  const edge = 0.5 / sortedMeans.length;
  return normalQuantile(Math.min(1 - edge, Math.max(edge, share)));
}

/** A sixth of the skewness of the mean's influence values: the jackknife's acceleration. */
function accelerationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  const distances = values.map((value) => value - mean);
  const squares = sumOf(distances.map((d) => d * d));
  const cubes = sumOf(distances.map((d) => d * d * d));
  return cubes / (6 * squares * Math.sqrt(squares));
}
