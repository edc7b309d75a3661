// Ranks with intervals: which places each alternative can hold, instead of a sorted list of means.
//
// All pairs are tested with Holm's correction; an alternative is surely behind those that beat it and
// surely ahead of those that it beats, and everything between is open.

import { assert } from "../base/index.ts";
import { CONFIDENCE_DEFAULT } from "./estimate.ts";
import { meanOf } from "./moments.ts";
import type { Direction } from "./paired-comparison.ts";
import { judgeComparisons } from "./verdicts.ts";

/** The places from `best` to `worst` (1 = first) that an alternative can hold. */
export interface RankInterval {
  readonly alternative: number;
  readonly mean: number;
  readonly best: number;
  readonly worst: number;
}

/** Ranks of alternatives from one list of values each, by replication; in the order given. */
export function rankAlternatives(
  valuesByAlternative: readonly (readonly number[])[],
  direction: Exclude<Direction, "neither">,
  confidence: number = CONFIDENCE_DEFAULT,
): RankInterval[] {
  const m = valuesByAlternative.length;
  assert(m >= 1, "ranks are of at least one alternative");
  const pairs: [number, number][] = [];
  for (let a = 0; a < m; a++) for (let b = a + 1; b < m; b++) pairs.push([a, b]);
  const answers = judgeComparisons(
    pairs.map(([a, b]) => ({
      measure: "",
      alternative: "",
      direction,
      margin: { kind: "absolute", amount: 0 },
      pairing: { baseline: valuesByAlternative[a]!, alternative: valuesByAlternative[b]! },
      obstacle: null,
    })),
    confidence,
  );
  const beaten = new Array<number>(m).fill(0); // how many it beats
  const ahead = new Array<number>(m).fill(0); // how many beat it
  for (const [at, [a, b]] of pairs.entries()) {
    const kind = answers[at]!.verdict?.kind;
    if (kind !== "better" && kind !== "worse") continue;
    const [winner, loser] = kind === "better" ? [b, a] : [a, b];
    beaten[winner]! += 1;
    ahead[loser]! += 1;
  }
  return valuesByAlternative.map((values, alternative) => ({
    alternative,
    mean: meanOf(values),
    best: 1 + ahead[alternative]!,
    worst: m - beaten[alternative]!,
  }));
}
