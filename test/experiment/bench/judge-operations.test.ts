// Tier B: half a percent up passes, more fails, and what nobody counted before is held against nobody.

import { expect, it } from "vitest";
import type { BenchSample } from "../../../src/experiment/bench/bench-sample.ts";
import { judgeOperations } from "../../../src/experiment/bench/judge-operations.ts";

function sample(decisionsCount: number, operations?: Record<string, number>): BenchSample {
  return {
    seed: "1",
    inputHash: "in",
    decisionsCount,
    parts: new Map(),
    operations: operations === undefined ? undefined : new Map(Object.entries(operations)),
  };
}

it.each<[what: string, base: number, head: number, verdict: string, gate: string]>([
  ["the same", 1000, 1000, "same", "pass"],
  ["fewer", 1000, 990, "fewer", "pass"],
  ["half a percent more", 1000, 1005, "more", "pass"],
  ["a little more than that", 1000, 1006, "too-many", "fail"],
  ["something that was never needed", 0, 1, "too-many", "fail"],
])("%s", (_, base, head, verdict, gate) => {
  const finding = judgeOperations([sample(10, { filters: base })], [sample(10, { filters: head })]);
  expect(finding).toMatchObject({ verdict: gate, counts: [{ name: "filters", verdict }] });
});

it("counts per decision, over all seeds together", () => {
  const base = [sample(10, { filters: 100 }), sample(30, { filters: 300 })];
  const head = [sample(20, { filters: 200 }), sample(60, { filters: 600 })];
  expect(judgeOperations(base, head)).toMatchObject({
    verdict: "pass",
    counts: [{ base: 10, head: 10 }],
  });
});

it("names the counts that rose", () => {
  const finding = judgeOperations(
    [sample(1, { filters: 10, scores: 10 })],
    [sample(1, { filters: 11, scores: 10 })],
  );
  expect(finding.reason).toBe("more than 0.5 % up: filters");
});

it("shows a count that the base does not know, and does not judge it", () => {
  const finding = judgeOperations([sample(1, { a: 1 })], [sample(1, { a: 1, b: 9 })]);
  expect(finding.verdict).toBe("pass");
  expect("counts" in finding && finding.counts[1]).toEqual({
    name: "b",
    base: null,
    head: 9,
    verdict: "new",
  });
});

it("does not pass in silence when a build does not count", () => {
  expect(judgeOperations([sample(1)], [sample(1, { a: 1 })])).toMatchObject({
    verdict: "unavailable",
    reason: "the base does not count operations",
  });
});
