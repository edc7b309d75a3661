// Antithetic pairs: two replications with opposed draws, which count as one.
//
// The two of a pair depend on each other, so every mean and interval is over pairs. That is right
// whether or not they oppose each other in what is measured; only if they do, it is narrower.

import { type AntitheticAnswer, correlationOf } from "../../analysis/index.ts";
import type { MeasuredValue } from "../compare/compare-measures.ts";
import type { CellResult } from "./study-cell.ts";

/** Pairs of a pilot. */
const PILOT_PAIRS = 5;

/** Replications of the pilot of a study of so many: its first pairs. */
export function pilotCount(replicationsCount: number): number {
  return Math.min(2 * PILOT_PAIRS, replicationsCount);
}

/** Each pair as one run: means of values, sums of what ratios are taken over; a last odd one is left out. */
export function blockedPairs<Run extends CellResult>(runs: readonly Run[]): Run[] {
  const pairs = Array.from({ length: Math.floor(runs.length / 2) }, (_, pair) => pair);
  return pairs.map((pair) => {
    const [left, right] = [runs[2 * pair]!, runs[2 * pair + 1]!];
    return {
      ...left,
      isUnstable: left.isUnstable || right.isUnstable,
      measures: left.measures.map((one, at) => together(one, right.measures[at]!)),
      ...(left.waiting !== undefined &&
        right.waiting !== undefined && {
          waiting: {
            count: left.waiting.count + right.waiting.count,
            censoredCount: left.waiting.censoredCount + right.waiting.censoredCount,
            p50Us: meanOrNull(left.waiting.p50Us, right.waiting.p50Us),
            p95Us: meanOrNull(left.waiting.p95Us, right.waiting.p95Us),
          },
        }),
    };
  });
}

function together(left: MeasuredValue, right: MeasuredValue): MeasuredValue {
  const { quotient: one, ...rest } = left;
  const { quotient: other } = right;
  return {
    ...rest,
    value: meanOrNull(left.value, right.value),
    isThin: left.isThin || right.isThin,
    ...(one !== undefined &&
      other !== undefined && {
        quotient: {
          numerator: one.numerator + other.numerator,
          denominator: one.denominator + other.denominator,
        },
      }),
  };
}

function meanOrNull(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : (left + right) / 2;
}

/** Whether runs in pairs opposed each other, on each of these measures. */
export function opposedMeasures(
  runs: readonly CellResult[],
  measures: readonly string[],
): AntitheticAnswer[] {
  return measures.map((measure) =>
    opposition(
      measure,
      runs.map((run) => run.measures.find((one) => one.measure === measure)?.value ?? null),
    ),
  );
}

/** Whether values in pairs, one per replication, opposed each other. */
export function opposition(measure: string, values: readonly (number | null)[]): AntitheticAnswer {
  const count = Math.floor(values.length / 2);
  const known = values.flatMap((value) => value ?? []);
  const side = (odd: 0 | 1): number[] =>
    Array.from({ length: count }, (_, pair) => known[2 * pair + odd]!);
  const isWhole = known.length === values.length && count > 1;
  const correlation = isWhole ? correlationOf(side(0), side(1)) : null;
  return { measure, correlation, isOpposed: correlation !== null && correlation < 0 };
}
