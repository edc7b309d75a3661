// What can be said of one measure after n replications: nothing, a number, or a number with an interval.
//
// The three cases are types, not texts, so that nobody can print an interval which was never earned:
// below COUNT_MIN replications there is none, of an unstable or censored study not even a mean.

import { assert } from "../base/index.ts";
import { isConstant, meanOf, standardDeviationOf } from "./moments.ts";
import { criticalT } from "./student.ts";

/** Fewest replications with an interval. */
export const COUNT_MIN = 5;

/** Replications that a study makes unless told otherwise. */
export const COUNT_DEFAULT = 20;

/** Probability with which an interval covers, unless told otherwise. */
export const CONFIDENCE_DEFAULT = 0.95;

/** Two bounds around an unknown value. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Nominal probability, 0 to 1, with which the procedure covers the value. */
  readonly confidence: number;
}

/** Why not even a mean is given. */
export type AbsentReason =
  /** There are no replications. */
  | "no-values"
  /** The measure does not exist in some replications: their mean would be of the others. */
  | "missing-values"
  /** Work piles up in some runs: there is no long-run mean. */
  | "unstable"
  /** Too few observations within a replication for this quantile. */
  | "insufficient-observations"
  /** The run was too short for what the method needs, such as a warm-up or enough batches. */
  | "too-short"
  /** The denominator of a ratio is zero. */
  | "no-denominator"
  /** The controls explain each other: their coefficients are not determined. */
  | "dependent-controls";

/** Why a number stands without an interval. */
export type PointReason =
  /** Nothing differs between replications: one run says it all. */
  | "nothing-varies"
  /** Fewer than COUNT_MIN replications, or than the method needs. */
  | "few"
  /** All replications gave the same number; an interval of no width would claim too much. */
  | "constant";

/** How an interval was made. */
export type IntervalMethod =
  | "student"
  | "jackknife"
  | "bootstrap"
  | "batch-means"
  | "controls"
  | "strata"
  | "antithetic";

/** Nothing can be said; `affectedCount` of `count` replications are the reason. */
export interface AbsentEstimate {
  readonly kind: "absent";
  readonly reason: AbsentReason;
  readonly count: number;
  readonly affectedCount: number;
}

/** A number without an interval. */
export interface PointEstimate {
  readonly kind: "point";
  readonly reason: PointReason;
  readonly count: number;
  readonly value: number;
}

/** A number with an interval. */
export interface IntervalEstimate extends Interval {
  readonly kind: "interval";
  readonly method: IntervalMethod;
  readonly count: number;
  readonly value: number;
  readonly standardError: number;
  /** Of the Student quantile; null where the method uses none. */
  readonly degreesOfFreedom: number | null;
}

/** One of the three. */
export type Estimate = AbsentEstimate | PointEstimate | IntervalEstimate;

/** An estimate that says nothing, and why. */
export function absentEstimate(
  reason: AbsentReason,
  count: number,
  affectedCount: number = count,
): AbsentEstimate {
  return { kind: "absent", reason, count, affectedCount };
}

/** Mean of independent values with Student's interval; the values are one per replication. */
export function estimateMean(
  values: readonly number[],
  confidence: number = CONFIDENCE_DEFAULT,
): Estimate {
  if (values.length === 0) return absentEstimate("no-values", 0);
  assert(values.every(Number.isFinite), "a mean is of finite numbers");
  const count = values.length;
  const value = meanOf(values);
  if (count < COUNT_MIN) return { kind: "point", reason: "few", count, value };
  if (isConstant(values)) return { kind: "point", reason: "constant", count, value };
  const standardError = standardDeviationOf(values) / Math.sqrt(count);
  return studentEstimate("student", { count, value, standardError }, count - 1, confidence);
}

/** A value with its standard error, made an estimate with Student's interval around it. */
export function studentEstimate(
  method: IntervalMethod,
  found: { readonly count: number; readonly value: number; readonly standardError: number },
  degreesOfFreedom: number,
  confidence: number,
): IntervalEstimate {
  assertConfidence(confidence);
  const halfWidth = criticalT(confidence, degreesOfFreedom) * found.standardError;
  return {
    kind: "interval",
    method,
    ...found,
    degreesOfFreedom,
    low: found.value - halfWidth,
    high: found.value + halfWidth,
    confidence,
  };
}

/** Half the interval's width over the size of the value; null without an interval or around 0. */
export function relativeHalfWidth(estimate: Estimate): number | null {
  if (estimate.kind !== "interval" || estimate.value === 0) return null;
  return (estimate.high - estimate.low) / 2 / Math.abs(estimate.value);
}

/** Confidence lies strictly between 0 and 1. */
export function assertConfidence(confidence: number): void {
  assert(confidence > 0 && confidence < 1, `not a confidence between 0 and 1: ${confidence}`);
}
