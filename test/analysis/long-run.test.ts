import { describe, expect, it } from "vitest";
import { ln, seededStream } from "../../src/base/index.ts";
import { estimateByBatches, vonNeumannRatio } from "../../src/analysis/batch-means.ts";
import { judgeLoad } from "../../src/analysis/overload.ts";
import {
  averageAcross,
  compareHalves,
  findStudyWarmUp,
  findWarmUp,
} from "../../src/analysis/warm-up.ts";

/** Values around 0 that forget a share of the past at each step; `start` decays. */
function wandering(name: string, count: number, memory: number, start = 0): number[] {
  const stream = seededStream(name);
  let value = start;
  return Array.from({ length: count }, () => {
    value = memory * value + stream.nextUnit() - 0.5;
    return value;
  });
}

describe("MSER-5", () => {
  it("has the statistic of its definition at every cut", () => {
    const series = wandering("definition", 400, 0.5, 10);
    const { curve } = findWarmUp(series);
    const batches = Array.from({ length: 80 }, (_, at) =>
      series.slice(5 * at, 5 * at + 5).reduce((sum, value) => sum + value / 5, 0),
    );
    expect(curve).toHaveLength(41);
    for (const [d, found] of curve.entries()) {
      const kept = batches.slice(d);
      const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
      const squares = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      expect(found).toBeCloseTo(squares / kept.length ** 2, 10);
    }
  });

  it("cuts a start that lies apart, and hardly anything of a series that starts as it goes on", () => {
    const late = [...Array.from({ length: 50 }, () => 40), ...wandering("rest", 950, 0)];
    expect(findWarmUp(late)).toMatchObject({ kind: "cut", observationsCount: 50 });
    const level = findWarmUp(wandering("level", 2_000, 0));
    expect(level.kind === "cut" && level.observationsCount < 400).toBe(true);
  });

  it("says so when the run is too short: a steady climb never settles", () => {
    const climb = Array.from({ length: 500 }, (_, at) => at);
    expect(findWarmUp(climb).kind).toBe("too-short");
    expect(findWarmUp([1, 2, 3]).kind).toBe("too-short");
    expect(findWarmUp([]).kind).toBe("too-short");
  });

  it("doubles runs that are too short, at most four times, and takes the largest cut of all", () => {
    const asked: number[] = [];
    const settles = (length: number, atLength: number) =>
      length >= atLength
        ? [...Array.from({ length: 100 }, () => 9), ...wandering("s", 100 * length, 0)]
        : Array.from({ length: 100 * length }, (_, at) => at);
    const found = findStudyWarmUp((lengthFactor) => {
      asked.push(lengthFactor);
      return [settles(10 * lengthFactor, 40), wandering("other", 1_000 * lengthFactor, 0)];
    });
    expect(asked).toEqual([1, 2, 4]);
    expect(found).toMatchObject({ kind: "cut", lengthFactor: 4 });
    expect(found.kind === "cut" && found.observationsCount >= 100).toBe(true);
    const never = findStudyWarmUp((lengthFactor) => [settles(10 * lengthFactor, 1_000)]);
    expect(never).toEqual({ kind: "too-short", lengthFactor: 16 });
  });

  it("averages across replications, and compares the halves of what is kept", () => {
    expect(
      averageAcross([
        [1, 2, 3],
        [3, 4, 8],
      ]),
    ).toEqual([2, 3, 5.5]);
    const level = Array.from({ length: 10 }, (_, at) => wandering(`half ${at}`, 400, 0));
    const halves = compareHalves(level, 0);
    expect(halves.kind === "interval" && halves.low < 0 && halves.high > 0).toBe(true);
    const falling = level.map((series) => series.map((value, at) => value - at / 100));
    const found = compareHalves(falling, 100);
    expect(found.kind === "interval" && found.high < -1).toBe(true);
  });
});

describe("batch means", () => {
  it("widen the interval as neighbours cling: a tenfold variance of the mean is found", () => {
    const memory = 0.9;
    const series = wandering("batches", 200_000, memory);
    const { estimate, vonNeumannRatio: ratio, batchesCount } = estimateByBatches(series);
    if (estimate.kind !== "interval") throw new Error(estimate.kind);
    // Long-run standard deviation: that of a step over (1 - memory).
    const truth = Math.sqrt(1 / 12) / (1 - memory) / Math.sqrt(200_000);
    expect(estimate.standardError / truth).toBeGreaterThan(0.6);
    expect(estimate.standardError / truth).toBeLessThan(1.5);
    expect(ratio).toBeGreaterThan(1.6);
    expect(batchesCount).toBe(20);
  });

  it("give no interval where even 100 batches cling, nor for a level line", () => {
    expect(estimateByBatches(wandering("short", 500, 0.99)).estimate).toMatchObject({
      kind: "absent",
      reason: "too-short",
    });
    expect(estimateByBatches([4, 4, 4]).estimate).toMatchObject({ kind: "point", value: 4 });
    expect(estimateByBatches([]).estimate).toMatchObject({ kind: "absent", reason: "no-values" });
  });

  it("von Neumann's ratio by hand", () => {
    expect(vonNeumannRatio([1, 2, 4])).toBeCloseTo((1 + 4) / (14 / 3), 12);
  });
});

describe("overload", () => {
  /** Unfinished work of a queue with one server at this load, seen at every arrival. */
  function work(name: string, load: number, count: number): number[] {
    const stream = seededStream(name);
    let left = 0;
    return Array.from({ length: count }, () => {
      left = Math.max(0, left - -ln(stream.nextUnit()) / load) + -ln(stream.nextUnit());
      return left;
    });
  }

  it("is seen at a load above one, and not at a load below", () => {
    const verdicts = (load: number) =>
      Array.from({ length: 50 }, (_, at) => judgeLoad(work(`${load} ${at}`, load, 20_000)).kind);
    const unstable = (load: number) => verdicts(load).filter((kind) => kind === "unstable").length;
    expect(unstable(1.1)).toBeGreaterThanOrEqual(48);
    expect(unstable(0.7)).toBeLessThanOrEqual(2);
  });

  it("is not judged on fewer than forty observations", () => {
    expect(judgeLoad(Array.from({ length: 39 }, (_, at) => at)).kind).toBe("too-short");
    expect(judgeLoad(Array.from({ length: 40 }, (_, at) => at)).kind).toBe("unstable");
    expect(judgeLoad(Array.from({ length: 40 }, () => 3)).kind).toBe("stable");
  });
});
