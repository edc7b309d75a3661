// Narrower intervals from the same runs: control variates, antithetic pairs, strata.
//
// Common random numbers are the default and need nothing here (paired-comparison.ts). These are asked
// for, and each refuses where it would not hold: too few runs, pairs that do not oppose each other.

import { assert } from "../base/index.ts";
import {
  absentEstimate,
  CONFIDENCE_DEFAULT,
  COUNT_MIN,
  type Estimate,
  estimateMean,
  studentEstimate,
} from "./estimate.ts";
import { solveSymmetric } from "./linear-solve.ts";
import { correlationOf, covarianceOf, isConstant, meanOf, sumOf, varianceOf } from "./moments.ts";

/** A quantity whose true mean is known, such as the number of arrivals; one value per replication. */
export interface Control {
  readonly name: string;
  readonly values: readonly number[];
  readonly mean: number;
}

/** Replications beyond the number of controls that their coefficients need. */
const CONTROL_COUNT_MARGIN = 5;

/** Mean of a measure, corrected by how far each control happened to lie beside its known mean. */
export function estimateWithControls(
  values: readonly number[],
  controls: readonly Control[],
  confidence: number = CONFIDENCE_DEFAULT,
): Estimate {
  const count = values.length;
  const used = controls.filter((control) => !isConstant(control.values));
  for (const control of controls)
    assert(control.values.length === count, `control ${control.name} has a value per replication`);
  if (count === 0) return absentEstimate("no-values", 0);
  const value = meanOf(values);
  if (count < used.length + CONTROL_COUNT_MARGIN)
    return { kind: "point", reason: "few", count, value };
  if (isConstant(values)) return { kind: "point", reason: "constant", count, value };
  const spreads = used.map((a) => used.map((b) => covarianceOf(a.values, b.values)));
  const ties = used.map((control) => covarianceOf(values, control.values));
  const offsets = used.map((control) => meanOf(control.values) - control.mean);
  const slopes = solveSymmetric(spreads, ties);
  const scaled = solveSymmetric(spreads, offsets);
  if (slopes === undefined || scaled === undefined)
    return absentEstimate("dependent-controls", count);
  const free = count - used.length - 1;
  const explained = sumOf(slopes.map((slope, at) => slope * ties[at]!));
  const residual = Math.max(0, ((count - 1) * (varianceOf(values) - explained)) / free);
  const leverage = sumOf(scaled.map((one, at) => one * offsets[at]!)) / (count - 1);
  return studentEstimate(
    "controls",
    {
      count,
      value: value - sumOf(slopes.map((slope, at) => slope * offsets[at]!)),
      standardError: Math.sqrt(residual * (1 / count + leverage)),
    },
    free,
    confidence,
  );
}

/** Pairs that were to oppose each other: the estimate, or that they do not. */
export type AntitheticEstimate =
  | { readonly kind: "used"; readonly correlation: number; readonly estimate: Estimate }
  | { readonly kind: "refused"; readonly correlation: number | null };

/** Whether the pairs of a study opposed each other on one measure. */
export interface AntitheticAnswer {
  readonly measure: string;
  /** Of the two of a pair; null where one does not vary, or values are missing. */
  readonly correlation: number | null;
  /** False: plain replications would have said more. */
  readonly isOpposed: boolean;
}

/** What the first pairs of a study said about going on in pairs. */
export interface AntitheticPilot {
  readonly pairsCount: number;
  /** Mean correlation of the two of a pair over everything that is judged; null where nothing varies. */
  readonly meanCorrelation: number | null;
  /** False: the study went on with plain replications. */
  readonly isKept: boolean;
}

/** Pairs are kept if the two of a pair oppose each other on the mean of all that is judged. */
export function judgePairs(
  pairsCount: number,
  answers: readonly Pick<AntitheticAnswer, "correlation">[],
): AntitheticPilot {
  const known = answers.flatMap(({ correlation }) => correlation ?? []);
  const meanCorrelation = known.length === 0 ? null : sumOf(known) / known.length;
  return { pairsCount, meanCorrelation, isKept: meanCorrelation !== null && meanCorrelation < 0 };
}

/** Mean over antithetic pairs; refused unless a pilot's pairs are negatively correlated. */
export function estimateAntithetic(
  pilot: readonly (readonly [number, number])[],
  pairs: readonly (readonly [number, number])[],
  confidence: number = CONFIDENCE_DEFAULT,
): AntitheticEstimate {
  const correlation = correlationOf(
    pilot.map(([left]) => left),
    pilot.map(([, right]) => right),
  );
  if (pilot.length < COUNT_MIN || correlation === null || correlation >= 0)
    return { kind: "refused", correlation };
  const estimate = estimateMean(
    pairs.map(([left, right]) => (left + right) / 2),
    confidence,
  );
  const isInterval = estimate.kind === "interval";
  return {
    kind: "used",
    correlation,
    estimate: isInterval ? { ...estimate, method: "antithetic" } : estimate,
  };
}

/** Runs under one condition whose probability is known, such as "exactly one zone is lost". */
export interface Stratum {
  readonly probability: number;
  readonly values: readonly number[];
}

/** Mean over strata, each weighted by its probability; degrees of freedom by Satterthwaite. */
export function estimateStratified(
  strata: readonly Stratum[],
  confidence: number = CONFIDENCE_DEFAULT,
): Estimate {
  const total = sumOf(strata.map(({ probability }) => probability));
  assert(Math.abs(total - 1) < 1e-9, "the probabilities of all strata add up to 1");
  const count = strata.reduce((sum, { values }) => sum + values.length, 0);
  const empty = strata.filter(({ values, probability }) => probability > 0 && values.length === 0);
  if (empty.length > 0) return absentEstimate("no-values", count, empty.length);
  const live = strata.filter(({ probability }) => probability > 0);
  const value = sumOf(live.map(({ probability, values }) => probability * meanOf(values)));
  if (live.some(({ values }) => values.length < COUNT_MIN))
    return { kind: "point", reason: "few", count, value };
  const parts = live.map(
    ({ probability: p, values }) => (p * p * varianceOf(values)) / values.length,
  );
  const variance = sumOf(parts);
  if (variance === 0) return { kind: "point", reason: "constant", count, value };
  const free =
    (variance * variance) /
    sumOf(parts.map((part, at) => (part * part) / (live[at]!.values.length - 1)));
  const found = { count, value, standardError: Math.sqrt(variance) };
  return studentEstimate("strata", found, free, confidence);
}
