// The shape of recorded cases and of the answer to "does podsim agree?".
//
// Cases of every kind are evaluated by functions with one contract; the command only counts. What
// cannot be evaluated is named, never counted as agreement. Types only: verify-report.ts compares and
// counts.

/** One recorded case: fields beyond these depend on its kind. */
export interface RecordedCase {
  readonly name: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** One thing that came out differently. Values are JSON texts or plain texts, ready to print. */
export interface Difference {
  readonly case: string;
  /** What was compared: a field of `expect`. */
  readonly what: string;
  readonly node?: string;
  readonly plugin?: string;
  readonly expected: string;
  readonly got: string;
}

/** A case that podsim cannot evaluate, and why (one reason, or the plugins that are not modelled). */
export interface UnsupportedCase {
  readonly unsupported: string | readonly string[];
}

/** A case about gates that are off or alpha in this release: named apart, fails nothing. */
export interface OutsideCase {
  readonly outside: readonly string[];
}

/** Nothing different is agreement. */
export type CaseOutcome = readonly Difference[] | UnsupportedCase | OutsideCase;

/** Evaluates cases of one kind. */
export type CaseEvaluator = (recorded: RecordedCase) => CaseOutcome;

/** What one file of cases came to. For trajectories a case is one scheduling cycle. */
export interface VerifyReport {
  readonly file: string;
  /** Cases that were evaluated. */
  readonly checked: number;
  /** Evaluated cases with at least one difference. */
  readonly differ: number;
  /** Reason to number of cases that could not be evaluated; one case may have several reasons. */
  readonly unsupported: ReadonlyMap<string, number>;
  /** How many cases could not be evaluated. */
  readonly unsupportedCases: number;
  /** Gate to number of cases about it, for gates that are off in this release: they fail nothing. */
  readonly outside: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
  /** What was left out of the comparison, in sentences. */
  readonly notes: readonly string[];
}

/** True when the case could not be evaluated. */
export function isUnsupported(outcome: CaseOutcome): outcome is UnsupportedCase {
  return "unsupported" in outcome;
}

/** True when the case is about gates that are off in this release. */
export function isOutside(outcome: CaseOutcome): outcome is OutsideCase {
  return "outside" in outcome;
}
