// Tiers C and D: a rise is told from noise, a restless machine gets no verdict, a miss must be seen twice.

import { describe, expect, it } from "vitest";
import { seededStream } from "../../../src/base/index.ts";
import {
  judgeInstructions,
  judgeRound,
  judgeTimes,
  type TimedPair,
} from "../../../src/experiment/bench/judge-times.ts";

/** Pairs whose head takes `ratio` times as long, each process off by up to `noise` either way. */
function pairs(count: number, ratio: number, noise: number, seed: string): TimedPair[] {
  const stream = seededStream(`judge-times/${seed}`);
  const off = (): number => 1 + noise * (2 * stream.nextUnit() - 1);
  return Array.from({ length: count }, () => ({ base: 1e6 * off(), head: 1e6 * ratio * off() }));
}

describe("judgeRound", () => {
  it.each<[what: string, ratio: number, noise: number, verdict: string]>([
    ["nothing changed", 1, 0.02, "pass"],
    ["a little faster", 0.9, 0.02, "pass"],
    ["a rise within the limit", 1.03, 0.02, "pass"],
    ["a rise beyond it", 1.2, 0.02, "fail"],
    ["a rise that drowns in noise", 1.1, 0.4, "inconclusive"],
  ])("%s", (_, ratio, noise, verdict) => {
    expect(judgeRound(pairs(12, ratio, noise, "a"), "x").verdict).toBe(verdict);
  });

  it("gives the same bytes for the same pairs", () => {
    const found = pairs(12, 1.02, 0.05, "b");
    expect(judgeRound(found, "x")).toEqual(judgeRound(found, "x"));
  });

  it("gives no interval, and so no verdict, on fewer than five pairs", () => {
    expect(judgeRound(pairs(4, 1.5, 0, "c"), "x").verdict).toBe("inconclusive");
  });

  it("calls a build slower than itself at most once in twenty times", () => {
    const seeds = Array.from({ length: 200 }, (_, at) => `null-${at}`);
    const flagged = seeds.filter(
      (seed) => judgeRound(pairs(8, 1, 0.15, seed), seed).verdict === "fail",
    );
    expect(flagged.length).toBeLessThanOrEqual(10);
  });
});

describe("judgeTimes", () => {
  const round = (verdict: "pass" | "fail" | "inconclusive") => ({
    pairsCount: 12,
    ratio: 1,
    low: 1,
    high: 1,
    verdict,
  });

  it("fails only when both rounds do", () => {
    expect(judgeTimes([round("pass")]).verdict).toBe("pass");
    expect(judgeTimes([round("fail"), round("fail")]).verdict).toBe("fail");
    expect(judgeTimes([round("fail"), round("pass")]).verdict).toBe("pass");
    expect(judgeTimes([round("fail"), round("inconclusive")]).verdict).toBe("inconclusive");
    expect(judgeTimes([round("fail")]).verdict).toBe("inconclusive");
  });
});

describe("judgeInstructions", () => {
  const of = (baseWhole: number, headWhole: number) => ({
    base: { whole: baseWhole, startup: 1000 },
    head: { whole: headWhole, startup: 1000 },
  });

  it("leaves the start-up out", () => {
    expect(judgeInstructions(of(2000, 2005))).toMatchObject({ verdict: "pass", ratio: 1.005 });
    expect(judgeInstructions(of(2000, 2020))).toMatchObject({ verdict: "fail", ratio: 1.02 });
  });

  it("says why there is no count", () => {
    expect(judgeInstructions("no counter")).toMatchObject({
      verdict: "unavailable",
      reason: "no counter",
      ratio: null,
    });
    expect(judgeInstructions(of(900, 900)).verdict).toBe("unavailable");
  });
});
