// Two alternatives in the same worlds: the difference of each replication, and what it allows to say.
//
// There are four verdicts, never two: better, worse, equivalent within the margin, or inconclusive
// with the number of replications that would decide. What cannot be compared is a case of its own.

import { assert } from "../base/index.ts";
import { COUNT_MIN, type Interval } from "./estimate.ts";
import {
  correlationOf,
  differencesOf,
  isConstant,
  meanOf,
  skewnessOf,
  standardDeviationOf,
  varianceOf,
} from "./moments.ts";
import { countForHalfWidth } from "./sample-size.ts";
import { type SignedRank, signedRankTest } from "./signed-rank.ts";
import { criticalT, studentTail } from "./student.ts";

/** Which way a measure is better; "neither" is told as higher or lower without a judgement. */
export type Direction = "lower" | "higher" | "neither";

/** How large a difference matters: in the measure's unit, or as a share of the baseline's mean. */
export type Margin =
  | { readonly kind: "absolute"; readonly amount: number }
  | { readonly kind: "relative"; readonly ratio: number };

/** Skewness of the differences beyond which ranks are shown beside the t interval. */
export const SKEWNESS_MAX = 1;

/** The values of one measure in both alternatives, by replication; null = does not exist there. */
export interface Pairing {
  readonly baseline: readonly (number | null)[];
  readonly alternative: readonly (number | null)[];
}

/** Why two alternatives cannot be compared on a measure. */
export type IncomparableReason =
  | "no-values"
  | "missing-values"
  | "insufficient-observations"
  | "nothing-varies"
  | "few"
  | "unstable";

/** Nothing can be concluded; the difference of the means is given where it exists. */
export interface Incomparable {
  readonly kind: "incomparable";
  readonly reason: IncomparableReason;
  readonly count: number;
  readonly affectedCount: number;
  /** Alternative minus baseline; null where values are missing. */
  readonly difference: number | null;
}

/** What pairing by replication has gained over independent runs. */
export interface PairingGain {
  /** Of the two alternatives over replications; null where one of them does not vary. */
  readonly correlation: number | null;
  /** Variance of a difference of independent runs over that of the pairs; null where pairs do not vary. */
  readonly varianceReductionFactor: number | null;
}

/** A comparison with tests, before any correction for others made beside it. */
export interface PairedDifference {
  readonly kind: "paired";
  readonly count: number;
  readonly baselineMean: number;
  readonly alternativeMean: number;
  /** Alternative minus baseline. */
  readonly difference: number;
  /** Difference over the size of the baseline's mean; null around 0. */
  readonly relativeDifference: number | null;
  /** Paired t interval at the asked confidence; null where all differences are equal. */
  readonly interval: Interval | null;
  /** Two-sided test of no difference. Signed rank where all differences are equal, else paired t. */
  readonly pValue: number;
  /** Larger of the two one-sided tests against the margin; 1 without a margin above 0. */
  readonly equivalencePValue: number;
  /** In the measure's unit. */
  readonly margin: number;
  readonly gain: PairingGain;
  /** Null where it has no meaning: equal differences. */
  readonly skewness: number | null;
  /** Present where differences are skewed beyond SKEWNESS_MAX. */
  readonly ranks: SignedRank | null;
  /** Share of replications in which the alternative is lower, equal, higher. */
  readonly lowerRatio: number;
  readonly equalRatio: number;
  readonly higherRatio: number;
  /** Replications whose interval would be as narrow as the margin; null where the margin is 0. */
  readonly countNeeded: number | null;
}

/** Compares one measure of two alternatives, paired by replication. */
export function comparePairs(
  pairing: Pairing,
  options: { readonly margin: Margin; readonly confidence: number },
): PairedDifference | Incomparable {
  const { baseline, alternative } = pairing;
  assert(baseline.length === alternative.length, "replications of both alternatives are pairs");
  const count = baseline.length;
  const missing = baseline.filter((value, at) => value === null || alternative[at] === null).length;
  const incomparable = (
    reason: IncomparableReason,
    difference: number | null,
    affectedCount: number = count,
  ): Incomparable => ({ kind: "incomparable", reason, count, affectedCount, difference });
  if (count === 0) return incomparable("no-values", null);
  if (missing > 0) return incomparable("missing-values", null, missing);
  const left = alternative as readonly number[];
  const right = baseline as readonly number[];
  const differences = differencesOf(left, right);
  if (count < COUNT_MIN) return incomparable("few", meanOf(differences));
  return paired(left, right, differences, options);
}

function paired(
  alternative: readonly number[],
  baseline: readonly number[],
  differences: readonly number[],
  options: { readonly margin: Margin; readonly confidence: number },
): PairedDifference {
  const { confidence } = options;
  const count = differences.length;
  const baselineMean = meanOf(baseline);
  const difference = meanOf(differences);
  const margin = marginOf(options.margin, baselineMean);
  const spread = isConstant(differences) ? 0 : standardDeviationOf(differences);
  const tests =
    spread === 0
      ? constantTests(differences, margin, confidence)
      : studentTests(difference, spread, count, margin, confidence);
  const skewness = skewnessOf(differences);
  const isSkewed = skewness !== null && Math.abs(skewness) > SKEWNESS_MAX;
  const share = (test: (value: number) => boolean): number =>
    differences.filter(test).length / count;
  return {
    kind: "paired",
    count,
    baselineMean,
    alternativeMean: meanOf(alternative),
    difference,
    relativeDifference: baselineMean === 0 ? null : difference / Math.abs(baselineMean),
    ...tests,
    margin,
    gain: gainOf(alternative, baseline, differences),
    skewness,
    ranks: isSkewed ? signedRankTest(differences, confidence) : null,
    lowerRatio: share((value) => value < 0),
    equalRatio: share((value) => value === 0),
    higherRatio: share((value) => value > 0),
    countNeeded: margin > 0 ? countForHalfWidth(spread, margin, confidence) : null,
  };
}

type Tests = Pick<PairedDifference, "interval" | "pValue" | "equivalencePValue">;

function studentTests(
  difference: number,
  spread: number,
  count: number,
  margin: number,
  confidence: number,
): Tests {
  const error = spread / Math.sqrt(count);
  const free = count - 1;
  const halfWidth = criticalT(confidence, free) * error;
  return {
    interval: { low: difference - halfWidth, high: difference + halfWidth, confidence },
    pValue: Math.min(1, 2 * studentTail(Math.abs(difference) / error, free)),
    equivalencePValue: margin > 0 ? studentTail((margin - Math.abs(difference)) / error, free) : 1,
  };
}

// Equal differences have no spread to judge by; signs alone must carry the claim, as for any law.
function constantTests(differences: readonly number[], margin: number, confidence: number): Tests {
  const first = differences[0]!;
  const chance = signedRankTest(
    differences.map(() => 1),
    confidence,
  ).pValue;
  return {
    interval: null,
    pValue: first === 0 ? 1 : chance,
    equivalencePValue: first === 0 || Math.abs(first) < margin ? chance / 2 : 1,
  };
}

function marginOf(margin: Margin, baselineMean: number): number {
  const amount = margin.kind === "absolute" ? margin.amount : margin.ratio * Math.abs(baselineMean);
  assert(amount >= 0, "a margin is not negative");
  return amount;
}

function gainOf(
  alternative: readonly number[],
  baseline: readonly number[],
  differences: readonly number[],
): PairingGain {
  const independent = varianceOf(alternative) + varianceOf(baseline);
  return {
    correlation: correlationOf(alternative, baseline),
    varianceReductionFactor: isConstant(differences) ? null : independent / varianceOf(differences),
  };
}
