// The findings of a gate in every format: the same verdicts and figures, well-formed for who reads them.

import { describe, expect, it } from "vitest";
import { BENCH_SCHEMA_VERSION, type BenchReport } from "../../src/metrics/index.ts";
import { BENCH_FORMATS, formatBench, formatBenchAudit } from "../../src/report/index.ts";

const report: BenchReport = {
  schemaVersion: BENCH_SCHEMA_VERSION,
  comparedWith: { kind: "build", name: "../old" },
  verdict: "fail",
  scenarios: [
    {
      scenario: 'a & "b".yaml',
      seeds: ["1"],
      decisionsCount: 100,
      tiers: [
        {
          tier: "A",
          verdict: "pass",
          reason: "1 of 1 seeds gave the same results",
          differences: [],
          measures: [],
        },
        {
          tier: "B",
          verdict: "fail",
          reason: "more than 0.5 % up: filterCalls",
          counts: [
            { name: "filterCalls", base: 10, head: 12, verdict: "too-many" },
            { name: "events.heapPushes", base: 5, head: 5, verdict: "same" },
            { name: "queueMoves", base: 10, head: 10.01, verdict: "more" },
            { name: "treeSteps", base: 10, head: 8, verdict: "fewer" },
          ],
        },
        { tier: "C", verdict: "unavailable", reason: "no <perf>", ratio: null },
        {
          tier: "D",
          verdict: "inconclusive",
          reason: "+1.0 % [-8.0 %, +11.0 %] processor time over 6 pairs",
          rounds: [{ pairsCount: 6, ratio: 1.01, low: 0.92, high: 1.11, verdict: "inconclusive" }],
        },
      ],
    },
  ],
};

describe("formatBench", () => {
  it.each(BENCH_FORMATS)("%s ends its last line and shows the failure", (format) => {
    const text = formatBench(report, format);
    expect(text.endsWith("\n")).toBe(true);
    if (format !== "github" && format !== "bencher") expect(text.toLowerCase()).toContain("fail");
  });

  it("shows what moved below the table, and only that", () => {
    const text = formatBench(report, "table");
    expect(text).toContain("filterCalls per decision 10 -> 12 (+20.00 %) too-many");
    expect(text).toContain("treeSteps per decision 10 -> 8 (-20.00 %) fewer");
    expect(text).not.toContain("heapPushes");
    expect(text).not.toContain("queueMoves");
    expect(text.trimEnd().endsWith("FAIL: compared with the build ../old")).toBe(true);
  });

  it("writes JUnit with one case per tier and no loose characters", () => {
    const text = formatBench(report, "junit");
    expect(text.match(/<testcase /g)).toHaveLength(4);
    expect(text).toContain('name="a &amp; &quot;b&quot;.yaml" tests="4" failures="1"');
    expect(text).toContain('<failure message="more than 0.5 % up: filterCalls"/>');
    expect(text).toContain('<skipped message="unavailable: no &lt;perf&gt;"/>');
  });

  it("gives github-action-benchmark entries with name, unit and value", () => {
    const entries = JSON.parse(formatBench(report, "github")) as Record<string, unknown>[];
    expect(entries[0]).toEqual({
      name: 'a & "b".yaml: filterCalls',
      unit: "per decision",
      value: 12,
    });
    expect(entries.at(-1)).toMatchObject({ value: 1.01, range: "0.9200..1.1100" });
  });

  it("gives Bencher measures by slug, with bounds where there are any", () => {
    const metrics = JSON.parse(formatBench(report, "bencher")) as Record<string, object>;
    expect(metrics['a & "b".yaml']).toEqual({
      "filter-calls": { value: 12 },
      "events-heap-pushes": { value: 5 },
      "queue-moves": { value: 10.01 },
      "tree-steps": { value: 8 },
      "cpu-ratio": { value: 1.01, lower_value: 0.92, upper_value: 1.11 },
    });
  });
});

describe("formatBenchAudit", () => {
  it("fails an audit with more flags than allowed", () => {
    const tier = (tiers: string, flaggedCount: number, flaggedRatioMax: number) => ({
      tiers,
      trialsCount: 100,
      flaggedCount,
      inconclusiveCount: 3,
      flaggedRatioMax,
    });
    const text = formatBenchAudit({
      schemaVersion: BENCH_SCHEMA_VERSION,
      scenarios: ["a.yaml"],
      tiers: [tier("A,B", 1, 0), tier("D", 5, 0.05)],
    });
    expect(text).toMatch(/A,B +100 +1 +3 +0 % +FAIL/);
    expect(text).toMatch(/D +100 +5 +3 +5 % +pass/);
  });
});
