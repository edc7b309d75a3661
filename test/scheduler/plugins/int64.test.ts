// Resource plugins in numbers and in 64-bit integers: the same answers wherever both are exact.

import { describe, expect, it } from "vitest";
import { naturalLogarithm } from "../../../src/scheduler/plugins/topology-weight.ts";
import { scaledQuotient } from "../../../src/scheduler/plugins/resource-share.ts";
import { balanceOf } from "../../../src/scheduler/plugins/node-resources-balanced-allocation.ts";
import { shapeScore } from "../../../src/scheduler/plugins/scoring-strategy.ts";
import { node, pod, SmallCluster, withArgs } from "../small-cluster.ts";

const STRATEGIES = [
  { type: "LeastAllocated" },
  { type: "MostAllocated" },
  {
    type: "RequestedToCapacityRatio",
    requestedToCapacityRatio: {
      shape: [
        { utilization: 0, score: 10 },
        { utilization: 37, score: 2 },
        { utilization: 90, score: 7 },
      ],
    },
  },
];
const RESOURCES = [
  { name: "cpu", weight: 3 },
  { name: "memory", weight: 1 },
  { name: "ephemeral-storage", weight: 2 },
  { name: "example.com/gpu", weight: 5 },
];

describe("64-bit twin", () => {
  it("agrees with plain numbers on verdicts, scores and choices of random clusters", () => {
    const seed = 424242;
    let state = seed;
    const draw = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 9) % limit;
    };
    const amounts = (scale: number) => ({
      cpu: `${draw(8000 * scale)}m`,
      memory: String(draw(2 ** 31) * scale),
      ...(draw(2) === 0 && { "ephemeral-storage": String(draw(2 ** 30) * scale) }),
      ...(draw(2) === 0 && { "example.com/gpu": String(draw(4 * scale)) }),
    });
    for (let round = 0; round < 120; round++) {
      const strategy = { ...STRATEGIES[draw(3)], resources: RESOURCES };
      const config = withArgs("NodeResourcesFit", { scoringStrategy: strategy });
      const objects = Array.from({ length: 4 }, (_, at) => node(`n${at}`, amounts(4)));
      for (let at = 0; at < 5; at++) {
        objects.push(pod(`b${at}`, amounts(1), { nodeName: `n${draw(4)}` }));
      }
      const wish = pod("p", amounts(1));
      const narrow = new SmallCluster(objects, { config });
      // A huge pending pod, never scheduled, is what makes the cache keep 64-bit sums.
      const wide = new SmallCluster(objects, { config, pending: [pod("huge", { memory: "4Ei" })] });
      expect(narrow.world.cache.exact).toBeUndefined();
      expect(wide.world.cache.exact).toBeDefined();
      const a = narrow.decide(wish);
      const b = wide.decide(wish);
      const message = `seed ${seed}, round ${round}`;
      expect(b.message, message).toBe(a.message);
      expect(b.totals, message).toEqual(a.totals);
      expect(b.scores, message).toEqual(a.scores);
    }
  });

  it("wraps like int64 where upstream does: 100 times the free memory overflows", () => {
    // (2^60 - 200Mi) * 100 leaves int64; the wrapped product divided by 2^60 truncates to a score
    // that upstream then refuses or takes, but never to the mathematical 99.
    const cluster = new SmallCluster([node("n1", { cpu: "4", memory: "1Ei" })]);
    const raw = cluster.scoresOf(pod("p"), "NodeResourcesFit", "raw")["n1"]!;
    const free = 2n ** 60n - 209715200n;
    const memory = BigInt.asIntN(64, free * 100n) / 2n ** 60n;
    expect(raw).toBe(Number((97n + memory) / 2n));
  });
});

describe("arithmetic helpers", () => {
  it("a quotient is exact beyond the products a double can hold", () => {
    const part = 2 ** 52 + 1;
    const whole = 2 ** 53 - 1;
    const exact = Number((BigInt(part) * 100n) / BigInt(whole));
    expect(scaledQuotient(part, 100, whole)).toBe(exact);
  });

  it("balance of two shares is half their difference, of three a deviation", () => {
    expect(balanceOf([0.425, 0.216552734375])).toBe(89);
    expect(balanceOf([0.5])).toBe(100);
    expect(balanceOf([])).toBe(100);
    expect(balanceOf([0, 0.5, 1])).toBe(59);
  });

  it("a falling line truncates toward zero", () => {
    const shape = [
      { utilization: 0, score: 100 },
      { utilization: 30, score: 0 },
    ];
    expect([0, 1, 15, 29, 30, 80].map((at) => shapeScore(shape, at))).toEqual([
      100, 97, 50, 4, 0, 0,
    ]);
  });

  it("logarithms follow the portable scheme, within its last bit of the truth", () => {
    expect([4, 5, 6, 7].map(naturalLogarithm)).toEqual([
      1.3862943611198906, 1.6094379124341003, 1.791759469228055, 1.9459101490553132,
    ]);
    for (let value = 1; value <= 5002; value++) {
      const ours = naturalLogarithm(value);
      const error = Math.abs(ours - Math.log(value));
      expect(error, `ln ${value}`).toBeLessThanOrEqual(2.3e-16 * Math.max(1, ours));
    }
  });
});
