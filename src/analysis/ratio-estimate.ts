// The ratio of two means over replications, such as cost per pod or used over offered capacity.
//
// The mean of the ratios answers another question and is biased for this one; the jackknife removes
// the first-order bias of the ratio of means and gives its standard error.

import { assert } from "../base/index.ts";
import {
  absentEstimate,
  CONFIDENCE_DEFAULT,
  COUNT_MIN,
  type Estimate,
  studentEstimate,
} from "./estimate.ts";
import { isConstant, meanOf, standardDeviationOf, sumOf } from "./moments.ts";

/** Mean of numerators over mean of denominators, one pair per replication, by the jackknife. */
export function estimateRatio(
  numerators: readonly number[],
  denominators: readonly number[],
  confidence: number = CONFIDENCE_DEFAULT,
): Estimate {
  assert(numerators.length === denominators.length, "a ratio is of pairs");
  const count = numerators.length;
  if (count === 0) return absentEstimate("no-values", 0);
  const top = sumOf(numerators);
  const bottom = sumOf(denominators);
  const rests = denominators.map((value) => bottom - value);
  if (bottom === 0 || (count > 1 && rests.includes(0)))
    return absentEstimate("no-denominator", count, denominators.filter((d) => d === 0).length);
  if (count < COUNT_MIN) return { kind: "point", reason: "few", count, value: top / bottom };
  if (isConstant(numerators.map((value, at) => value / denominators[at]!)))
    return { kind: "point", reason: "constant", count, value: numerators[0]! / denominators[0]! };
  const without = numerators.map((value, at) => (top - value) / rests[at]!);
  const pseudo = without.map((value) => count * (top / bottom) - (count - 1) * value);
  const standardError = standardDeviationOf(pseudo) / Math.sqrt(count);
  const value = meanOf(pseudo);
  return studentEstimate("jackknife", { count, value, standardError }, count - 1, confidence);
}
