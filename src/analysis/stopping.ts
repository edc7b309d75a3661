// When enough replications have been run: the rule with look-ahead of Hoad, Robinson and Davies (2010).
//
// Judged on complete prefixes 1..n of the replications only, so that more workers, or slower ones,
// never change where a study stops. For a comparison the values are the paired differences.

import { assert } from "../base/index.ts";
import { CONFIDENCE_DEFAULT } from "./estimate.ts";
import { criticalT } from "./student.ts";

/** When to stop. */
export interface StoppingOptions {
  /** Half-width over the size of the reference's mean; 0.05 unless told otherwise. */
  readonly precisionRatio?: number;
  readonly confidence?: number;
  /** Fewest and most replications: 10 and 500 unless told otherwise. */
  readonly countMin?: number;
  readonly countMax?: number;
}

/** One headline measure by replication. */
export interface StoppingSeries {
  readonly values: readonly number[];
  /** What the precision is relative to, such as the baseline's values; absent: the values themselves. */
  readonly reference?: readonly number[];
}

/** Where the rule stands after the replications given. */
export type StoppingState =
  | { readonly kind: "continue"; readonly count: number }
  /** The target was met at `reachedAtCount` and held through the look-ahead up to `count`. */
  | { readonly kind: "reached"; readonly reachedAtCount: number; readonly count: number }
  /** The cap was hit first: the target is not met, and reports must say so. */
  | { readonly kind: "capped"; readonly count: number };

const LOOK_AHEAD_MIN = 5;
const LOOK_AHEAD_PERCENT = 5;

/** Judges the longest prefix that all series have. */
export function judgeStopping(
  series: readonly StoppingSeries[],
  options: StoppingOptions = {},
): StoppingState {
  const { countMin = 10, countMax = 500 } = options;
  assert(series.length > 0, "a stopping rule looks at a measure");
  assert(countMin >= 2, "a spread needs two replications");
  const lengths = series.flatMap(({ values, reference }) => [
    values.length,
    reference?.length ?? values.length,
  ]);
  const complete = Math.min(countMax, ...lengths);
  const running = series.map((one) => new RunningPrecision(one, options));
  let reachedAtCount: number | undefined;
  for (let count = 1; count <= complete; count++) {
    const isMet = running.map((one) => one.addNext()).every(Boolean);
    if (count < countMin || !isMet) reachedAtCount = undefined;
    else {
      reachedAtCount ??= count;
      if (count >= reachedAtCount + lookAheadOf(reachedAtCount))
        return { kind: "reached", reachedAtCount, count };
    }
  }
  return { kind: complete >= countMax ? "capped" : "continue", count: complete };
}

/** Further replications over which the target must hold. */
function lookAheadOf(count: number): number {
  return Math.max(LOOK_AHEAD_MIN, Math.ceil((LOOK_AHEAD_PERCENT * count) / 100));
}

/** Mean and spread of a growing prefix (Welford). */
class RunningPrecision {
  private readonly series: StoppingSeries;
  private readonly precisionRatio: number;
  private readonly confidence: number;
  private count = 0;
  private mean = 0;
  private squares = 0;
  private referenceMean = 0;

  constructor(series: StoppingSeries, options: StoppingOptions) {
    this.series = series;
    this.precisionRatio = options.precisionRatio ?? 0.05;
    this.confidence = options.confidence ?? CONFIDENCE_DEFAULT;
  }

  /** Takes the next replication in; whether the target is met with it. */
  addNext(): boolean {
    const value = this.series.values[this.count]!;
    const reference = (this.series.reference ?? this.series.values)[this.count]!;
    assert(Number.isFinite(value) && Number.isFinite(reference), "replications have finite values");
    this.count += 1;
    const distance = value - this.mean;
    this.mean += distance / this.count;
    this.squares += distance * (value - this.mean);
    this.referenceMean += (reference - this.referenceMean) / this.count;
    if (this.count < 2) return false;
    const error = Math.sqrt(this.squares / (this.count - 1) / this.count);
    const halfWidth = criticalT(this.confidence, this.count - 1) * error;
    return halfWidth <= this.precisionRatio * Math.abs(this.referenceMean);
  }
}
