// Claims about comparisons as text: what must be known to trust a verdict stands beside it.

import { describe, expect, it } from "vitest";
import {
  COMPARE_SCHEMA_VERSION,
  type CompareRecord,
  estimateMean,
  judgeComparisons,
} from "../../src/analysis/index.ts";
import { COMPARE_FORMATS, formatCompare } from "../../src/report/index.ts";

const WAITS = [100_000, 120_000, 90_000, 110_000, 140_000, 130_000];
const SLOWER = WAITS.map((value, at) => value + 20_000 + (at % 3) * 1_000);
const NONE = WAITS.map(() => 0);
const ABSENT = WAITS.map(() => null);

function recordOf(): CompareRecord {
  const margin = { kind: "relative", ratio: 0.01 } as const;
  const question = (
    measure: string,
    baseline: (number | null)[],
    alternative: (number | null)[],
    direction: "lower" | "higher",
  ) => ({
    measure,
    alternative: "b",
    direction,
    margin,
    pairing: { baseline, alternative },
    obstacle: null,
  });
  const comparisons = judgeComparisons([
    question("pending.avg", WAITS, SLOWER, "lower"),
    question("failed", NONE, NONE, "lower"),
    question("recovery", ABSENT, ABSENT, "lower"),
    question(
      "utilization.cpu",
      [0.5, 0.52, 0.49, 0.5, 0.51, 0.5],
      [0.5, 0.5, 0.48, 0.52, 0.5, 0.69],
      "higher",
    ),
  ]);
  const summary = (name: string, pending: number, unstable: number) => ({
    name,
    digest: "d",
    podsCreatedCount: 200,
    podsPendingAtEndCount: pending,
    censoredRatio: pending / 200,
    tiedRatio: 0.25,
    unstableRunsCount: unstable,
  });
  const missing = {
    kind: "absent",
    reason: "missing-values",
    count: 6,
    affectedCount: 6,
  } as const;
  return {
    schemaVersion: COMPARE_SCHEMA_VERSION,
    scenario: { name: "s", inputHashes: ["1", "2"] },
    versions: { podsim: "1.2.3", kubernetes: "1.36.3", fingerprint: 1 },
    command: "podsim compare s.yaml -s a -s b",
    seed: "7",
    study: "terminating",
    warmUpUs: 0,
    horizonUs: 60_000_000,
    varied: ["arrivals"],
    replicationsCount: 6,
    confidence: 0.95,
    margin,
    correction: "Holm",
    testsCount: 3,
    baseline: "a",
    alternatives: [summary("a", 0, 0), summary("b", 8, 2)],
    measures: [
      {
        measure: "pending.avg",
        unit: "us",
        direction: "lower",
        estimates: [estimateMean(WAITS), estimateMean(SLOWER)],
        ranks: null,
      },
      {
        measure: "failed",
        unit: "count",
        direction: "lower",
        estimates: [estimateMean(NONE), estimateMean(NONE)],
        ranks: null,
      },
      {
        measure: "recovery",
        unit: "us",
        direction: "lower",
        estimates: [missing, missing],
        ranks: null,
      },
      {
        measure: "utilization.cpu",
        unit: "ratio",
        direction: "higher",
        estimates: [estimateMean([0.5]), estimateMean([0.51])],
        ranks: null,
      },
    ],
    comparisons,
  };
}

describe("a comparison", () => {
  const record = recordOf();
  const text = formatCompare(record, "table");

  it("opens with what was compared, what varied, and how it was judged", () => {
    expect(text).toMatch(/^COMPARE {2}b against a on s, seed 7\n/);
    expect(text).toContain("6 replications, varied: arrivals; terminating study of 1m");
    expect(text).toContain("95 % intervals, margin 1 % of the baseline, Holm over 3 tests");
  });

  it("shows each difference with its interval and verdict", () => {
    expect(text).toMatch(/pending\.avg +b +115ms +136ms +\+21ms \[\+20ms, \+22ms\] +worse\n/);
    expect(text).toMatch(
      /utilization\.cpu .*pp\] +inconclusive \(about \d+ replications needed\)\n/,
    );
  });

  it("names measures with nothing to show in one line, except in the wide form", () => {
    expect(text).toContain("\nidentical in every pair: failed\nno values: recovery\n");
    expect(text).not.toMatch(/^failed/m);
    const wide = formatCompare(record, "wide");
    expect(wide).toMatch(/^failed +b +0 +0 +0 +equivalent/m);
    expect(wide).toMatch(/^recovery .*no verdict: missing in 6 of 6 pairs/m);
  });

  it("states what takes away from the verdicts", () => {
    expect(text).toContain("b: 8 pods (4 %) still waited at the end and are in no waiting time");
    expect(text).toContain("b: work piles up in 2 of 6 runs: there is no long-run mean");
    expect(text).toContain("a: 25 % of attempts were ties");
    expect(text).toMatch(/utilization\.cpu of b: differences are skewed .* signed ranks say p = /);
  });

  it("has rows for tables, a matrix for pages and the record for programs", () => {
    const csv = formatCompare(record, "csv").trim().split("\n");
    expect(csv).toHaveLength(5);
    const columns = csv[0]!.split(",").length;
    for (const row of csv) expect(row.split(",")).toHaveLength(columns);
    expect(csv[1]).toContain('"worse"');
    expect(csv[3]).toContain('"none: missing-values"');
    const markdown = formatCompare(record, "markdown");
    expect(markdown).toContain("| measure | b - a |\n| --- | --- |\n| pending.avg | +21ms [");
    expect(markdown).toContain("varied: arrivals; n=6; Holm over 3; margin 1 % of the baseline");
    expect(JSON.parse(formatCompare(record, "json"))).toEqual(record);
    expect(formatCompare(record, "name")).toBe("compare/s\n");
    for (const format of COMPARE_FORMATS) expect(formatCompare(record, format)).not.toBe("");
  });
});
