// Verdicts over a whole table of comparisons, corrected for how many there are.
//
// Claims of difference and claims of equivalence are two families, each kept at the asked level by
// Holm's correction, so that a table of identical alternatives calls anything better at most so often.

import { assert } from "../base/index.ts";
import { CONFIDENCE_DEFAULT } from "./estimate.ts";
import { holmAdjusted } from "./holm.ts";
import {
  comparePairs,
  type Direction,
  type Incomparable,
  type Margin,
  type PairedDifference,
  type Pairing,
} from "./paired-comparison.ts";

/** One line of a table to be: a measure of one alternative against the baseline. */
export interface ComparisonQuestion {
  readonly measure: string;
  readonly alternative: string;
  readonly direction: Direction;
  readonly margin: Margin;
  readonly pairing: Pairing;
  /** Why the numbers must not be compared although they exist; null = they may be. */
  readonly obstacle: "nothing-varies" | "unstable" | "insufficient-observations" | null;
}

/** What the comparison says. */
export type Verdict =
  | { readonly kind: "better" }
  | { readonly kind: "worse" }
  /** Differs, of a measure that is not better either way. */
  | { readonly kind: "higher" }
  | { readonly kind: "lower" }
  /** Within the margin; whether it also differs from 0 is not claimed. */
  | { readonly kind: "equivalent" }
  /** Undecided; null where no number of replications can be named, for want of a margin. */
  | { readonly kind: "inconclusive"; readonly countNeeded: number | null };

/** One line of the table. */
export type ComparisonAnswer = {
  readonly measure: string;
  readonly alternative: string;
} & (
  | { readonly comparison: Incomparable; readonly verdict: null }
  | {
      readonly comparison: PairedDifference;
      readonly verdict: Verdict;
      /** Holm-adjusted probabilities of no difference and of one beyond the margin. */
      readonly adjustedPValue: number;
      readonly adjustedEquivalencePValue: number;
    }
);

/** Judges all questions together; the answers are in the same order. */
export function judgeComparisons(
  questions: readonly ComparisonQuestion[],
  confidence: number = CONFIDENCE_DEFAULT,
): ComparisonAnswer[] {
  const comparisons = questions.map((question) => compare(question, confidence));
  const tested = comparisons.filter((one) => one.kind === "paired");
  const different = holmAdjusted(tested.map(({ pValue }) => pValue));
  const equivalent = holmAdjusted(tested.map(({ equivalencePValue }) => equivalencePValue));
  return questions.map(({ measure, alternative, direction }, at) => {
    const comparison = comparisons[at]!;
    if (comparison.kind === "incomparable")
      return { measure, alternative, comparison, verdict: null };
    const place = tested.indexOf(comparison);
    const adjustedPValue = different[place]!;
    const adjustedEquivalencePValue = equivalent[place]!;
    const level = 1 - confidence;
    const verdict: Verdict =
      adjustedEquivalencePValue <= level
        ? { kind: "equivalent" }
        : adjustedPValue <= level
          ? { kind: sideOf(comparison.difference, direction) }
          : { kind: "inconclusive", countNeeded: countStillNeeded(comparison) };
    return {
      measure,
      alternative,
      comparison,
      verdict,
      adjustedPValue,
      adjustedEquivalencePValue,
    };
  });
}

function compare(
  question: ComparisonQuestion,
  confidence: number,
): PairedDifference | Incomparable {
  const { pairing, margin, obstacle } = question;
  const comparison = comparePairs(pairing, { margin, confidence });
  if (obstacle === null) return comparison;
  // Of runs that are all one run the difference is known; of unstable ones there is no mean.
  const firsts = [pairing.alternative[0], pairing.baseline[0]];
  const [alternative, baseline] = firsts;
  const isKnown =
    obstacle === "nothing-varies" &&
    typeof alternative === "number" &&
    typeof baseline === "number";
  const count = pairing.baseline.length;
  const difference = isKnown ? alternative - baseline : null;
  return { kind: "incomparable", reason: obstacle, count, affectedCount: count, difference };
}

function sideOf(difference: number, direction: Direction): "better" | "worse" | "higher" | "lower" {
  assert(difference !== 0, "what differs significantly differs");
  const isHigher = difference > 0;
  if (direction === "neither") return isHigher ? "higher" : "lower";
  return isHigher === (direction === "higher") ? "better" : "worse";
}

// An interval as wide as the margin on either side can still hold both 0 and the margin; of half that
// width it cannot, which takes about four times as many.
function countStillNeeded({ count, countNeeded }: PairedDifference): number | null {
  if (countNeeded === null || countNeeded > count) return countNeeded;
  return Math.max(count + 1, 4 * countNeeded);
}
