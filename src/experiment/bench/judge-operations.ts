// Tier B: operation counts per decision, which may not rise by more than half a percent.
//
// Deterministic, so one run says it all and any rise is the code's. Divided by decisions, so that a
// scenario which decides more often is not called slower.

import type { CountFinding, TierFinding } from "../../metrics/index.ts";
import type { BenchSample } from "./bench-sample.ts";

/** Largest rise that passes. */
const RISE_RATIO_MAX = 0.005;
/** Quotients of counts are off by so much at most. */
const ROUNDING = 1e-9;

/** Compares the counts of the same seeds, all of them together. */
export function judgeOperations(
  base: readonly BenchSample[],
  head: readonly BenchSample[],
): TierFinding {
  const before = perDecision(base);
  const after = perDecision(head);
  if (before === undefined || after === undefined) {
    const reason = `${before === undefined ? "the base" : "this build"} does not count operations`;
    return { tier: "B", verdict: "unavailable", reason, counts: [] };
  }
  const counts = [...after].map(([name, count]): CountFinding => {
    const known = before.get(name) ?? null;
    return { name, base: known, head: count, verdict: verdictOf(known, count) };
  });
  const over = counts.filter(({ verdict }) => verdict === "too-many");
  const fewer = counts.filter(({ verdict }) => verdict === "fewer");
  const names = (list: readonly CountFinding[]): string => list.map(({ name }) => name).join(", ");
  return {
    tier: "B",
    verdict: over.length > 0 ? "fail" : "pass",
    reason:
      over.length > 0
        ? `more than ${RISE_RATIO_MAX * 100} % up: ${names(over)}`
        : fewer.length > 0
          ? `fewer: ${names(fewer)}`
          : `${counts.length} counts did not rise`,
    counts,
  };
}

function verdictOf(base: number | null, head: number): CountFinding["verdict"] {
  if (base === null) return "new";
  if (head === base) return "same";
  if (head < base) return "fewer";
  return head / base - 1 > RISE_RATIO_MAX + ROUNDING ? "too-many" : "more";
}

/** Totals over all samples divided by all their decisions; undefined if one does not count. */
function perDecision(samples: readonly BenchSample[]): Map<string, number> | undefined {
  const totals = new Map<string, number>();
  let decisions = 0;
  for (const { operations, decisionsCount } of samples) {
    if (operations === undefined) return undefined;
    decisions += decisionsCount;
    for (const [name, count] of operations) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  const divisor = Math.max(1, decisions);
  return new Map([...totals].map(([name, total]) => [name, total / divisor]));
}
