// Claims about the search of a warm-up: one cut for all, honest bins, doubling, and what it refuses.

import { describe, expect, it } from "vitest";
import { averageAcross } from "../../../src/analysis/index.ts";
import { EntityDraws, entityHash } from "../../../src/base/index.ts";
import {
  decodeScenario,
  prepareRun,
  runStudyCell,
  searchWarmUp,
} from "../../../src/experiment/index.ts";
import type { BinnedSeries } from "../../../src/experiment/study/steady-series.ts";

const BINS = 400;
const HORIZON_US = 400_000_000;
const noise = new EntityDraws("test warm-up search");
const unit = (run: number, bin: number): number => noise.unit(entityHash(`run ${run}`, bin), 0);

/** A measure that climbs to 10 within `bins`, with noise, over bins of weight 1. */
function climbing(measure: string, run: number, bins: number): BinnedSeries {
  const sums = Array.from(
    { length: BINS },
    (_, bin) => Math.min(1, bin / bins) * 10 + unit(run, bin) - 0.5,
  );
  return { measure, unit: "count", sums, weights: sums.map(() => 1) };
}

const pilot = (alternative: string, of: (run: number) => BinnedSeries[]) => ({
  ...{ alternative, horizonUs: HORIZON_US, runs: [0, 1, 2, 3, 4].map(of) },
});

describe("the warm-up of a study", () => {
  it("is the largest cut over measures and alternatives", () => {
    const search = searchWarmUp(
      [
        pilot("a", (run) => [climbing("queue", run, 40), climbing("pending.avg", run, 20)]),
        pilot("b", (run) => [climbing("queue", run, 80), climbing("pending.avg", run, 20)]),
      ],
      1,
      [],
    );
    if (search.kind !== "cut") throw new Error("there is a cut");
    const { record } = search;
    const cuts = record.curves.map(({ cutUs }) => cutUs!);
    expect(record.warmUpUs).toBe(Math.max(...cuts));
    expect(cuts[2]).toBe(record.warmUpUs);
    expect(record.warmUpUs).toBeGreaterThanOrEqual(70_000_000);
    expect(record.warmUpUs).toBeLessThanOrEqual(110_000_000);
    expect(record.curves[0]!.values).toHaveLength(80);
    expect(record.curves.every(({ halves }) => halves.kind === "interval")).toBe(true);
  });

  it("looks at the measures that are judged, and always at the queue", () => {
    const all = ["queue", "pending.avg", "startup.avg", "utilization.cpu"];
    const of = (asked: string[]) => {
      const search = searchWarmUp(
        [pilot("a", (run) => all.map((name) => climbing(name, run, 20)))],
        1,
        asked,
      );
      return search.kind === "cut" ? search.record.curves.map(({ measure }) => measure) : [];
    };
    expect(of([])).toEqual(all);
    expect(of(["pending.p95"])).toEqual(["queue", "pending.avg"]);
    expect(of(["utilization"])).toEqual(["queue", "utilization.cpu"]);
  });

  it("joins bins without a value, and says which measure has too few for a curve", () => {
    const thin = (measure: string, every: number, run: number): BinnedSeries => {
      const weights = Array.from({ length: BINS }, (_, bin) => (bin % every === 0 ? 2 : 0));
      const sums = weights.map((weight, bin) => weight * (1 + unit(run, bin)));
      return { measure, unit: "us", sums, weights };
    };
    const search = searchWarmUp(
      [
        pilot("a", (run) => [
          climbing("queue", run, 20),
          thin("pending.avg", 4, run),
          thin("startup.avg", 50, run),
        ]),
      ],
      1,
      [],
    );
    if (search.kind !== "cut") throw new Error("there is a cut");
    const { curves, withoutCurve } = search.record;
    expect(withoutCurve).toEqual(["startup.avg of a"]);
    // Four bins make one value, five values one point.
    expect(curves[1]!.values).toHaveLength(20);
    for (const value of curves[1]!.values) expect(value).toBeGreaterThan(1);
  });

  it("is not found on what climbs to the end, nor on a queue that grows ever faster", () => {
    const growing = (run: number): BinnedSeries => {
      const { sums, weights } = climbing("queue", run, BINS);
      return { measure: "queue", unit: "count", sums: sums.map((sum) => sum * sum), weights };
    };
    for (const of of [(run: number) => climbing("queue", run, BINS), growing])
      expect(searchWarmUp([pilot("a", (run) => [of(run)])], 1, [])).toEqual({
        ...{ kind: "too-short", tooShort: ["queue of a"] },
      });
  });

  it("is nothing for a measure that never changes, whatever rounding does to it", () => {
    const flat = (run: number): BinnedSeries => ({
      ...{ measure: "utilization.cpu", unit: "ratio" },
      sums: Array.from({ length: BINS }, (_, bin) => 0.1 * 3 + (bin % 3) * 1e-17 + run * 1e-17),
      weights: new Array<number>(BINS).fill(0.7),
    });
    const search = searchWarmUp([pilot("a", (run) => [flat(run)])], 1, []);
    expect(search).toMatchObject({ kind: "cut", record: { warmUpUs: 0 } });
  });

  it("warns where the halves of what is kept differ", () => {
    const late = (run: number): BinnedSeries => {
      const sums = Array.from({ length: BINS }, (_, bin) => (bin > 300 ? 5 : 0) + unit(run, bin));
      return { measure: "pending.avg", unit: "us", sums, weights: sums.map(() => 1) };
    };
    const search = searchWarmUp([pilot("a", (run) => [late(run)])], 1, []);
    if (search.kind !== "cut") throw new Error("MSER does not see the step");
    const { halves } = search.record.curves[0]!;
    expect(halves.kind === "interval" && halves.low > 0).toBe(true);
  });
});

const FARM = (warmup: string) => ({
  ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "farm" } },
  run: { study: "steady-state", horizon: "10m", warmup, seed: "1" },
  controlPlane: { preset: "instant" },
  cluster: {
    nodePools: [{ name: "n", count: 4, allocatable: { cpu: "8", memory: "32Gi", pods: "110" } }],
  },
  workload: {
    generators: [
      {
        name: "jobs",
        arrivals: { process: "poisson", rate: 0.3 },
        duration: { law: "exponential", mean: "1m" },
        pod: {
          spec: {
            restartPolicy: "Never",
            containers: [{ name: "c", image: "job:1", resources: { requests: { cpu: "1" } } }],
          },
        },
      },
    ],
  },
});

const cell = (warmup: string, replication: number = 0) =>
  runStudyCell(prepareRun({ scenario: decodeScenario(FARM(warmup), { file: "s" }).scenario! }), {
    ...{ replication, varied: ["arrivals", "lifetimes"] },
  });

describe("the series of a pilot", () => {
  it("are the run's own measures, bin by bin", () => {
    const pilotCell = cell("auto");
    const whole = cell("0s");
    expect(pilotCell.fingerprint).toBe(whole.fingerprint);
    expect(pilotCell.batches).toBeUndefined();
    expect(whole.series).toBeUndefined();
    for (const name of ["utilization.cpu", "pending.avg"]) {
      const { sums, weights } = pilotCell.series!.find(({ measure }) => measure === name)!;
      const total = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0);
      const { value } = whole.measures.find(({ measure }) => measure === name)!;
      expect(Math.abs(total(sums) / total(weights) - value!)).toBeLessThan(
        name === "pending.avg" ? 1 : 1e-9,
      );
    }
  });

  it("of a farm that starts empty take the start out of the mean", () => {
    const runs = [0, 1, 2, 3, 4, 5, 6, 7].map((replication) => cell("auto", replication));
    const search = searchWarmUp(
      [{ alternative: "default", horizonUs: 600_000_000, runs: runs.map((run) => run.series!) }],
      1,
      ["utilization.cpu"],
    );
    if (search.kind !== "cut") throw new Error("there is a cut");
    // 18 of 32 cores in the long run; jobs of a minute fill the farm within a few.
    const truth = 18 / 32;
    const cpu = runs.map(
      (run) => run.series!.find(({ measure }) => measure === "utilization.cpu")!,
    );
    const shares = averageAcross(
      cpu.map(({ sums, weights }) => sums.map((sum, bin) => sum / weights[bin]!)),
    );
    const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
    const cut = Math.ceil((search.record.warmUpUs / 600_000_000) * BINS);
    const [uncut, kept] = [mean(shares), mean(shares.slice(cut))];
    expect(search.record.warmUpUs).toBeGreaterThan(60_000_000);
    expect(uncut / truth).toBeLessThan(0.95);
    expect(Math.abs(kept / truth - 1)).toBeLessThan(0.05);
  });
});

describe("one long run", () => {
  it("has batches where they pass, and none in a pilot", () => {
    const { batches } = cell("2m");
    expect(batches!.map(({ measure }) => measure)).toEqual([
      ...["pending.avg", "startup.avg", "utilization.cpu", "utilization.memory"],
    ]);
    for (const { estimate, batchesCount } of batches!)
      expect(batchesCount).toBe(estimate.kind === "interval" ? 20 : 0);
  });
});
