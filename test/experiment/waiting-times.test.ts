// Claims about waiting with unbound pods counted in: who counts, for how long, and when it is told.

import { describe, expect, it } from "vitest";
import { survivalCurve, type CompareRecord } from "../../src/analysis/index.ts";
import { DurationSample } from "../../src/metrics/index.ts";
import { runScenario } from "../../src/experiment/index.ts";
import { waitingEstimates } from "../../src/experiment/study/more-estimates.ts";
import type { CellResult } from "../../src/experiment/study/study-cell.ts";
import {
  neededSurvival,
  type WaitingPercentiles,
  waitingPercentilesOf,
} from "../../src/experiment/waiting-times.ts";
import { formatSummary } from "../../src/report/index.ts";
import { waitingText } from "../../src/report/beside-text.ts";

function sample(values: readonly number[]): DurationSample {
  const durations = new DurationSample();
  for (const value of values) durations.add(value);
  return durations;
}

const UP_TO_90 = Array.from({ length: 90 }, (_, at) => at + 1);
const TEN_AT_95 = Array.from({ length: 10 }, () => 95);

describe("waits", () => {
  it("counted one by one or by how often they came make the same curve", () => {
    const values = [3, 1, 3, 3, 7, 1];
    const one = values.map((durationUs, at) => ({ durationUs, isCensored: at % 2 === 1 }));
    const many = [
      { durationUs: 3, isCensored: false, durationsCount: 2 },
      { durationUs: 3, isCensored: true, durationsCount: 1 },
      { durationUs: 1, isCensored: true, durationsCount: 2 },
      { durationUs: 7, isCensored: false, durationsCount: 1 },
    ];
    expect(survivalCurve(many)).toEqual(survivalCurve(one));
  });

  it("of a sample are its values with their counts, ascending, exact or not", () => {
    expect(sample([5, 2, 5]).steps()).toEqual([
      { durationUs: 2, count: 1 },
      { durationUs: 5, count: 2 },
    ]);
    const large = sample(Array.from({ length: 70_000 }, (_, at) => (at % 7) * 1_000_000));
    const steps = large.steps();
    expect(steps.map(({ count }) => count)).toEqual(new Array(7).fill(10_000));
    expect(steps[0]!.durationUs).toBe(0);
    expect(Math.abs(steps[3]!.durationUs / 3_000_000 - 1)).toBeLessThan(1 / 2048);
  });

  it("say nothing more where at most one in a hundred was never bound", () => {
    const bound = sample(Array.from({ length: 99 }, (_, at) => at));
    expect(neededSurvival({ bound, unbound: sample([5]) })).toEqual({});
    expect(neededSurvival({ bound, unbound: sample([5, 5]) })).toHaveProperty("pendingSurvival");
  });

  it("have percentiles up to where anybody was seen, and none beyond", () => {
    const { pendingSurvival } = neededSurvival({
      bound: sample(UP_TO_90),
      unbound: sample(TEN_AT_95),
    });
    expect(pendingSurvival).toMatchObject({
      ...{ count: 100, censoredCount: 10, p50Us: 50, p90Us: 90, p95Us: null, longestUs: 95 },
    });
    expect(pendingSurvival!.curve).toHaveLength(18);
    expect(pendingSurvival!.curve[0]).toEqual({ us: 5, waitingRatio: expect.closeTo(0.95, 12) });
    expect(waitingPercentilesOf({ bound: sample(UP_TO_90), unbound: sample([]) })).toEqual({
      ...{ count: 90, censoredCount: 0, p50Us: 45, p95Us: 86 },
    });
  });
});

const pod = (name: string, cpu: string): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "c", image: "job:1", resources: { requests: { cpu } } }] },
});

describe("a run", () => {
  const value = {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "full" },
    run: { horizon: "10m" },
    cluster: { nodePools: [{ name: "n", count: 1, allocatable: { cpu: "4", pods: "50" } }] },
    controlPlane: { preset: "instant" },
    workload: {
      manifests: [{ objects: [pod("a", "1"), pod("b", "1"), pod("wide", "9"), pod("gone", "9")] }],
      edits: [{ at: "2m", delete: { object: "pod/gone" } }],
    },
  };

  it("counts pods that still wait, and those deleted while they waited, for as long as they did", () => {
    const result = runScenario(value);
    expect(result.pendingSurvival).toMatchObject({
      ...{ count: 4, censoredCount: 2, p50Us: 0, p90Us: null, longestUs: 600_000_000 },
    });
    expect(formatSummary(result)).toMatch(
      /^ {2}with 2 never bound \(Kaplan-Meier\) +0s +not reached +not reached +>= 10m0s$/m,
    );
  });

  it("in which all were bound says nothing", () => {
    const fits = { ...value, workload: { manifests: [{ objects: [pod("a", "1")] }] } };
    const result = runScenario(fits);
    expect(result).not.toHaveProperty("pendingSurvival");
    expect(formatSummary(result)).not.toContain("never bound");
  });
});

describe("replications", () => {
  const study = { kind: "terminating", varied: ["arrivals"] } as const;
  const cells = (waits: readonly Partial<WaitingPercentiles>[]): CellResult[] =>
    waits.map(
      (wait): CellResult => ({
        ...{ end: "horizon", fingerprint: "f", inputHash: "i", podsCreatedCount: 300 },
        ...{ podsPendingAtEndCount: 0, attemptsCount: 1, tiedCount: 0, isUnstable: false },
        measures: [],
        waiting: { count: 300, censoredCount: 9, p50Us: 1_000_000, p95Us: 9_000_000, ...wait },
      }),
    );
  const textOf = (waits: readonly Partial<WaitingPercentiles>[]): string[] =>
    waitingText(waitingEstimates(study, cells(waits), 0.95).waiting);

  it("have a mean of each percentile, with an interval where it varies", () => {
    const found = textOf([1, 2, 3, 4, 5].map((p95) => ({ p95Us: p95 * 1_000_000 })));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      /^with the 45 of 1500 that were never bound .* p50 is 1s, p95 3s \[1\.037s, 4\.963s\]$/,
    );
  });

  it("name the runs that do not reach a percentile, or have too few pods for it", () => {
    const one = { censoredCount: 30 };
    expect(textOf([one, { ...one, p95Us: null }, one, one, one])[0]).toContain(
      "p95 not reached in 1 of 5 runs",
    );
    expect(textOf([one, { ...one, count: 150 }, one, one, one])[0]).toContain(
      "p95 n/a (too few pods)",
    );
  });

  it("say nothing where nearly all were bound, or nobody asked", () => {
    expect(textOf([{ censoredCount: 0 }, { censoredCount: 3 }])).toEqual([]);
    const unasked = cells([{}]).map(({ waiting: _, ...rest }) => rest);
    expect(waitingEstimates(study, unasked, 0.95)).toEqual({});
    const record: Pick<CompareRecord["alternatives"][number], "waiting"> = {};
    expect(waitingText(record.waiting)).toEqual([]);
  });
});
