// The record of a warm-up that was found: the cut, and the curves that it was found on.
//
// MSER-5 is known to fail on some queues, so the curves are part of every record and the halves of
// what is kept are compared. Versioned with the records that hold it.

import type { MeasureUnit } from "../metrics/index.ts";
import type { Estimate } from "./estimate.ts";

/** One measure of one alternative over time, averaged across replications. */
export interface WarmUpCurve {
  readonly alternative: string;
  readonly measure: string;
  readonly unit: MeasureUnit;
  /** Length of a bin of the curve, as MSER-5 sees it: five observations. */
  readonly binUs: number;
  /** Where MSER-5 cuts this curve; null where it says that the runs are too short. */
  readonly cutUs: number | null;
  /** One value per bin, from the start of the run. */
  readonly values: readonly number[];
  /** Second half minus first half of what the study's cut keeps; confidence shared among all curves. */
  readonly halves: Estimate;
}

/** A warm-up that a pilot found. Key order is the order of this declaration. */
export interface WarmUpRecord {
  readonly method: "MSER-5";
  /** The largest cut over all curves, deleted from every run of every alternative. */
  readonly warmUpUs: number;
  /** Times that the horizon was taken, because runs were too short to say: 1, 2, 4, 8 or 16. */
  readonly lengthFactor: number;
  /** Of the pilot, per alternative. */
  readonly replicationsCount: number;
  readonly curves: readonly WarmUpCurve[];
  /** Measures with too few pods for a curve, as "MEASURE of ALTERNATIVE". */
  readonly withoutCurve: readonly string[];
}
