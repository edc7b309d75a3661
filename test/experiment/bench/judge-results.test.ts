// Tier A: equal means equal in every part; strategies are judged by paired differences over enough seeds.

import { describe, expect, it } from "vitest";
import type { BenchSample } from "../../../src/experiment/bench/bench-sample.ts";
import { judgeEquality, judgeStrategies } from "../../../src/experiment/bench/judge-results.ts";
import type { BenchedResult } from "../../../src/metrics/index.ts";

function sample(seed: string, parts: Record<string, string>, inputHash = "in"): BenchSample {
  return {
    seed,
    inputHash,
    decisionsCount: 10,
    parts: new Map(Object.entries(parts)),
    operations: undefined,
  };
}

describe("judgeEquality", () => {
  const base = [sample("1", { decisions: "a", pending: "b" }), sample("2", { decisions: "c" })];

  it("passes the same hashes", () => {
    expect(judgeEquality(base, base)).toMatchObject({ verdict: "pass", differences: [] });
  });

  it("names what changed and in which seeds", () => {
    const head = [sample("1", { decisions: "x", pending: "y" }), base[1]!];
    expect(judgeEquality(base, head)).toMatchObject({
      verdict: "fail",
      reason: "decisions, pending changed in 1 of 2 seeds",
      differences: [
        { seed: "1", part: "decisions" },
        { seed: "1", part: "pending" },
      ],
    });
  });

  it("fails on a part that is gone, and lets a new one be", () => {
    const gone = [sample("1", { decisions: "a" }), base[1]!];
    expect(judgeEquality(base, gone).verdict).toBe("fail");
    const more = [sample("1", { decisions: "a", pending: "b", fresh: "z" }), base[1]!];
    expect(judgeEquality(base, more).verdict).toBe("pass");
  });

  it("says so when the inputs are not those of the baseline", () => {
    const head = [sample("1", { decisions: "x" }, "other"), base[1]!];
    expect(judgeEquality([sample("1", { decisions: "a" }), base[1]!], head).reason).toContain(
      "the inputs changed as well",
    );
  });
});

/** A result with these waits; everything else alike. */
function resultWith(avgUs: number, cpuRatio = 0.5): BenchedResult {
  const span = { avgUs, p95Us: 5, maxUs: 9 };
  return {
    pending: span,
    startup: { avgUs: 1 },
    counts: { podsUnschedulableAtEnd: 0, podsPendingAtEnd: 0, podsFailed: 0 },
    departures: { preemptedCount: 0 },
    lostWork: { coreUs: 0 },
    availabilityRatio: null,
    utilization: [{ resource: "cpu", requestedRatio: cpuRatio, peakRatio: 1 }],
  } as unknown as BenchedResult;
}

describe("judgeStrategies", () => {
  const base = Array.from({ length: 20 }, (_, at) => resultWith(100 + 7 * (at % 5), 0.5));

  it("fails when a measure got worse in every world", () => {
    const head = base.map(({ pending }, at) => resultWith((pending.avgUs ?? 0) + 10 + (at % 3)));
    const finding = judgeStrategies(base, head);
    expect(finding.verdict).toBe("fail");
    expect(finding.reason).toContain("worse: pending.avgUs");
  });

  it("passes when it got better, and tells", () => {
    const head = base.map(({ pending }, at) => resultWith((pending.avgUs ?? 0) - 10 - (at % 3)));
    expect(judgeStrategies(base, head)).toMatchObject({
      verdict: "pass",
      reason: "better: pending.avgUs",
    });
  });

  it("calls more or less utilization neither good nor bad", () => {
    const head = base.map(({ pending }, at) =>
      resultWith(pending.avgUs ?? 0, 0.6 + 0.01 * (at % 2)),
    );
    const finding = judgeStrategies(base, head);
    expect(finding.verdict).toBe("pass");
    expect("measures" in finding && finding.measures.map((one) => one.verdict)).toContain("higher");
  });

  it("finds nothing in two that are the same, and lets what does not exist be", () => {
    const finding = judgeStrategies(base, base);
    expect(finding).toMatchObject({
      verdict: "pass",
      reason: "no measure got worse over 20 seeds",
    });
    const verdicts = "measures" in finding ? finding.measures : [];
    expect(verdicts.find(({ measure }) => measure === "pending.avgUs")?.verdict).toBe("same");
    expect(verdicts.find(({ measure }) => measure === "availabilityRatio")?.verdict).toBe(
      "undecided",
    );
  });

  it("gives no verdict on fewer than twenty seeds", () => {
    const few = base.slice(1);
    expect(judgeStrategies(few, few).verdict).toBe("inconclusive");
  });
});
