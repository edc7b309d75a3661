// Tier A: the same results, to the byte; or, for two strategies, measures compared over paired seeds.
//
// Equality needs no tolerance because runs are deterministic. Strategies are meant to differ, so there
// a measure fails only when the whole table, corrected for its length, says that it got worse.

import {
  type ComparisonAnswer,
  type ComparisonQuestion,
  type Direction,
  judgeComparisons,
} from "../../analysis/index.ts";
import type { BenchedResult, MeasureFinding, TierFinding } from "../../metrics/index.ts";
import type { BenchSample } from "./bench-sample.ts";

/** Fewest seeds on which two strategies are judged. */
export const STRATEGY_SEEDS_MIN = 20;

/** Compares runs of the same seeds, part by part; both lists are in the same order. */
export function judgeEquality(
  base: readonly BenchSample[],
  head: readonly BenchSample[],
): TierFinding {
  const differences: { seed: string; part: string }[] = [];
  let isSameInput = true;
  for (const [at, sample] of head.entries()) {
    const before = base[at]!;
    if (before.inputHash !== sample.inputHash) isSameInput = false;
    for (const [part, hash] of before.parts) {
      if (sample.parts.get(part) !== hash) differences.push({ seed: sample.seed, part });
    }
  }
  const same = `${head.length} of ${head.length} seeds gave the same results`;
  const parts = [...new Set(differences.map(({ part }) => part))];
  const seeds = new Set(differences.map(({ seed }) => seed)).size;
  const changed = `${parts.join(", ")} changed in ${seeds} of ${head.length} seeds`;
  return {
    tier: "A",
    verdict: differences.length === 0 ? "pass" : "fail",
    reason:
      differences.length === 0
        ? same
        : `${changed}${isSameInput ? "" : "; the inputs changed as well"}`,
    differences,
    measures: [],
  };
}

interface BenchedMeasure {
  readonly name: string;
  readonly direction: Direction;
  read(result: BenchedResult): number | null;
}

/** What strategies are judged by. Utilization is told and not judged: more is neither. */
const MEASURES: readonly BenchedMeasure[] = [
  { name: "pending.avgUs", direction: "lower", read: ({ pending }) => pending.avgUs },
  { name: "pending.p95Us", direction: "lower", read: ({ pending }) => pending.p95Us },
  { name: "pending.maxUs", direction: "lower", read: ({ pending }) => pending.maxUs },
  { name: "startup.avgUs", direction: "lower", read: ({ startup }) => startup.avgUs },
  {
    name: "podsUnschedulableAtEnd",
    direction: "lower",
    read: ({ counts }) => counts.podsUnschedulableAtEnd,
  },
  { name: "podsPendingAtEnd", direction: "lower", read: ({ counts }) => counts.podsPendingAtEnd },
  { name: "podsFailed", direction: "lower", read: ({ counts }) => counts.podsFailed },
  {
    name: "preemptedCount",
    direction: "lower",
    read: ({ departures }) => departures.preemptedCount,
  },
  { name: "lostWork.coreUs", direction: "lower", read: ({ lostWork }) => lostWork.coreUs },
  { name: "availabilityRatio", direction: "higher", read: (result) => result.availabilityRatio },
  { name: "utilization.cpu", direction: "neither", read: (result) => requestedOf(result, "cpu") },
  {
    name: "utilization.memory",
    direction: "neither",
    read: (result) => requestedOf(result, "memory"),
  },
];

/** Compares two strategies over the same seeds; both lists are in the same order. */
export function judgeStrategies(
  base: readonly BenchedResult[],
  head: readonly BenchedResult[],
): TierFinding {
  const count = head.length;
  if (count < STRATEGY_SEEDS_MIN) {
    const reason = `${count} seeds are too few to judge strategies; at least ${STRATEGY_SEEDS_MIN}`;
    return { tier: "A", verdict: "inconclusive", reason, differences: [], measures: [] };
  }
  const questions = MEASURES.map(
    ({ name, direction, read }): ComparisonQuestion => ({
      measure: name,
      alternative: "head",
      direction,
      margin: { kind: "relative", ratio: 0 },
      pairing: { baseline: base.map(read), alternative: head.map(read) },
      obstacle: null,
    }),
  );
  const measures = judgeComparisons(questions).map(findingOf);
  const namesOf = (wanted: MeasureFinding["verdict"]): string[] =>
    measures.filter(({ verdict }) => verdict === wanted).map(({ measure }) => measure);
  const worse = namesOf("worse");
  const better = namesOf("better");
  const told = [
    ...(worse.length > 0 ? [`worse: ${worse.join(", ")}`] : []),
    ...(better.length > 0 ? [`better: ${better.join(", ")}`] : []),
  ];
  return {
    tier: "A",
    verdict: worse.length > 0 ? "fail" : "pass",
    reason: told.length > 0 ? told.join("; ") : `no measure got worse over ${count} seeds`,
    differences: [],
    measures,
  };
}

function findingOf({ measure, comparison, verdict }: ComparisonAnswer): MeasureFinding {
  if (comparison.kind === "incomparable") {
    const none = { baseMean: null, headMean: null, low: null, high: null };
    return { measure, ...none, verdict: "undecided" };
  }
  const { interval, equalRatio, baselineMean, alternativeMean } = comparison;
  const isSame = equalRatio === 1 || verdict?.kind === "equivalent";
  const isDecided = verdict !== null && verdict.kind !== "inconclusive";
  return {
    measure,
    baseMean: baselineMean,
    headMean: alternativeMean,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    verdict: isSame ? "same" : isDecided ? (verdict.kind as "better" | "worse") : "undecided",
  };
}

function requestedOf({ utilization }: BenchedResult, resource: string): number | null {
  return utilization.find((use) => use.resource === resource)?.requestedRatio ?? null;
}
