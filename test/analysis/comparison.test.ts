import { describe, expect, it } from "vitest";
import { seededStream } from "../../src/base/index.ts";
import { comparePairs, type Margin } from "../../src/analysis/paired-comparison.ts";
import { rankAlternatives } from "../../src/analysis/ranks.ts";
import { auditTies } from "../../src/analysis/tie-audit.ts";
import { type ComparisonQuestion, judgeComparisons } from "../../src/analysis/verdicts.ts";

const BASELINE = [10, 12, 9, 11, 14, 13, 10, 12];
const ONE_PERCENT: Margin = { kind: "relative", ratio: 0.01 };
const asked = { margin: ONE_PERCENT, confidence: 0.95 };
const plus = (values: readonly number[], by: (at: number) => number): number[] =>
  values.map((value, at) => value + by(at));
const pairedOf = (...args: Parameters<typeof comparePairs>) => {
  const found = comparePairs(...args);
  if (found.kind !== "paired") throw new Error(found.reason);
  return found;
};

describe("a paired comparison", () => {
  const alternative = plus(BASELINE, (at) => [2, 1, 2, 3, 2, 1, 2, 3][at]!);

  it("has the paired t interval and its probability, by hand", () => {
    const found = pairedOf({ baseline: BASELINE, alternative }, asked);
    const error = Math.sqrt(4 / 7) / Math.sqrt(8); // differences: mean 2, sum of squares 4
    expect(found.difference).toBe(2);
    expect(found.interval!.low).toBeCloseTo(2 - 2.364624252 * error, 8); // t(0.975, 7)
    expect(found.interval!.high).toBeCloseTo(2 + 2.364624252 * error, 8);
    expect(found.relativeDifference).toBeCloseTo(2 / 11.375, 12);
    expect([found.lowerRatio, found.equalRatio, found.higherRatio]).toEqual([0, 0, 1]);
    expect(found.pValue).toBeLessThan(0.001);
    expect(found.ranks).toBeNull();
  });

  it("says what pairing gained: variance of independent runs over that of the pairs", () => {
    const found = pairedOf({ baseline: BASELINE, alternative }, asked);
    const variance = (values: readonly number[]): number => {
      const mean = values.reduce((a, b) => a + b) / values.length;
      return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    };
    const factor = (variance(BASELINE) + variance(alternative)) / (4 / 7);
    expect(found.gain.varianceReductionFactor).toBeCloseTo(factor, 10);
    expect(found.gain.correlation).toBeGreaterThan(0.85);
  });

  it("brings ranks along where differences are skewed", () => {
    const skewed = plus(BASELINE, (at) => [0.1, 0.2, 0.1, 0.3, 0.2, 0.1, 0.4, 40][at]!);
    const found = pairedOf({ baseline: BASELINE, alternative: skewed }, asked);
    expect(found.skewness).toBeGreaterThan(1);
    expect(found.interval!.low).toBeLessThan(0); // the outlier hides it from t
    expect(found.ranks!.pValue).toBeLessThan(0.01);
  });

  it("names the replications that would make the interval as narrow as the margin", () => {
    const found = pairedOf(
      { baseline: BASELINE, alternative },
      { margin: { kind: "absolute", amount: 0.3 }, confidence: 0.95 },
    );
    // spread 0.756: n = 27 gives 2.056 * 0.756 / sqrt(27) = 0.2991, n = 26 gives 0.3053
    expect(found.countNeeded).toBe(27);
  });

  it.each([
    ["fewer than five pairs", [1, 2, 3, 4], [2, 3, 4, 5], "few", 4, 1],
    ["no pairs", [], [], "no-values", 0, null],
    ["missing values", [1, 2, null, 4, 5], [1, null, 3, 4, 5], "missing-values", 2, null],
  ] as const)(
    "is refused with %s",
    (_title, baseline, other, reason, affectedCount, difference) => {
      expect(comparePairs({ baseline, alternative: other }, asked)).toMatchObject({
        kind: "incomparable",
        reason,
        affectedCount,
        difference,
      });
    },
  );

  it("of equal differences rests on their signs alone and shows no interval", () => {
    const found = pairedOf({ baseline: BASELINE, alternative: plus(BASELINE, () => 1) }, asked);
    expect(found.interval).toBeNull();
    expect(found.pValue).toBe(2 / 2 ** 8);
    const five = BASELINE.slice(0, 5);
    const few = pairedOf({ baseline: five, alternative: plus(five, () => 1) }, asked);
    expect(few.pValue).toBe(2 / 2 ** 5); // 6 %: five equal differences decide nothing
  });
});

describe("verdicts", () => {
  const noise = (name: string, count: number, size: number): number[] => {
    const stream = seededStream(name);
    return Array.from({ length: count }, () => (stream.nextUnit() - 0.5) * size);
  };
  const base = plus(noise("worlds", 20, 40), () => 100);
  const question = (
    alternative: readonly number[],
    more: Partial<ComparisonQuestion> = {},
  ): ComparisonQuestion => ({
    measure: "pending.p95",
    alternative: "b",
    direction: "lower",
    margin: ONE_PERCENT,
    pairing: { baseline: base, alternative },
    obstacle: null,
    ...more,
  });
  const shifted = (by: number, size = 1): number[] => {
    const own = noise(`own ${by}`, 20, size);
    return plus(base, (at) => by + own[at]!);
  };
  const verdictOf = (asking: ComparisonQuestion) => judgeComparisons([asking])[0]!.verdict;

  it.each([
    ["better", -5, "lower"],
    ["worse", 5, "lower"],
    ["better", 5, "higher"],
    ["worse", -5, "higher"],
    ["higher", 5, "neither"],
    ["lower", -5, "neither"],
  ] as const)("%s for %d where %s is better", (kind, by, direction) => {
    expect(verdictOf(question(shifted(by), { direction }))).toEqual({ kind });
  });

  it("equivalent within the margin, even where the difference is not 0", () => {
    expect(verdictOf(question(shifted(0.3, 0.5)))).toEqual({ kind: "equivalent" });
    expect(verdictOf(question(base))).toEqual({ kind: "equivalent" });
  });

  it("inconclusive names the replications needed, and more where the margin's number was not enough", () => {
    const wide = verdictOf(question(shifted(0, 30)));
    if (wide?.kind !== "inconclusive") throw new Error(wide?.kind);
    expect(wide.countNeeded).toBeGreaterThan(100);
    const between = plus(base, (at) => (at % 2 === 0 ? 2.3 : -1.5)); // 0.4 +- 0.91, margin 1
    const verdict = verdictOf(question(between));
    expect(verdict?.kind).toBe("inconclusive");
    expect((verdict as { countNeeded: number }).countNeeded).toBeGreaterThan(20);
    const margin: Margin = { kind: "absolute", amount: 0 };
    expect(verdictOf(question(shifted(0, 30), { margin }))).toEqual({
      kind: "inconclusive",
      countNeeded: null,
    });
  });

  it("a verdict among many needs stronger evidence than alone", () => {
    const mild = plus(base, (at) => (at % 4 === 0 ? 1.6 : -1.6)); // p = 2 %
    const alone = judgeComparisons([question(mild)])[0]!;
    expect(alone.verdict!.kind).toBe("better");
    const many = judgeComparisons([
      question(mild),
      ...Array.from({ length: 9 }, (_, at) => question(shifted(at / 100, 30))),
    ]);
    expect(many[0]!.verdict!.kind).toBe("inconclusive");
  });

  it("are withheld from unstable runs and from runs that are all one", () => {
    const [unstable] = judgeComparisons([question(shifted(5), { obstacle: "unstable" })]);
    expect(unstable).toMatchObject({ verdict: null, comparison: { difference: null } });
    const same = { baseline: [3, 3, 3, 3, 3], alternative: [4, 4, 4, 4, 4] };
    const [fixed] = judgeComparisons([question([], { pairing: same, obstacle: "nothing-varies" })]);
    expect(fixed).toMatchObject({
      verdict: null,
      comparison: { reason: "nothing-varies", difference: 1 },
    });
  });

  it("identical schedulers are told apart in at most 5 % of tables, however many alternatives", () => {
    const stream = seededStream("comparison test A/A");
    const draw = (): number => stream.nextUnit() + stream.nextUnit() - stream.nextUnit();
    let tables = 0;
    for (let run = 0; run < 2_000; run++) {
      const values = Array.from({ length: 4 }, () => Array.from({ length: 12 }, draw));
      const answers = judgeComparisons(
        values.slice(1).map((alternative) =>
          question([], {
            pairing: { baseline: values[0]!, alternative },
            margin: { kind: "absolute", amount: 0 },
          }),
        ),
      );
      if (answers.some(({ verdict }) => verdict!.kind !== "inconclusive")) tables += 1;
    }
    expect(tables / 2_000).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 2_000));
    expect(tables).toBeGreaterThan(20); // a test that never claims anything would pass too
  });
});

describe("ranks", () => {
  it("are intervals: places that cannot be told apart are shared", () => {
    const world = [5, 9, 4, 7, 6, 8, 5, 7];
    const wobble = (scale: number) => (at: number) => ((at * 5) % 8) * scale;
    const ranks = rankAlternatives(
      [
        plus(world, (at) => 10 + wobble(0.01)(at)),
        plus(world, wobble(0.03)),
        plus(world, (at) => 0.1 - wobble(0.001)(at)),
      ],
      "lower",
    );
    expect(ranks.map(({ best, worst }) => [best, worst])).toEqual([
      [3, 3],
      [1, 2],
      [1, 2],
    ]);
  });
});

describe("the tie audit", () => {
  const interval = (value: number, halfWidth: number) =>
    ({
      kind: "interval",
      method: "student",
      count: 20,
      value,
      standardError: halfWidth / 2,
      degreesOfFreedom: 19,
      low: value - halfWidth,
      high: value + halfWidth,
      confidence: 0.95,
    }) as const;

  it("warns where shuffled ties move a measure beyond its half-width", () => {
    expect(auditTies(interval(10, 1), interval(10.9, 1)).kind).toBe("insensitive");
    expect(auditTies(interval(10, 1), interval(11.1, 1))).toMatchObject({ kind: "sensitive" });
    const point = { kind: "point", reason: "nothing-varies", count: 1, value: 10 } as const;
    expect(auditTies(point, interval(12, 1))).toEqual({ kind: "unknown", movement: 2 });
  });
});
