// Renewal theory and machine repair: availability, the binomial law of machines up, limited crews.

import { describe, expect, it } from "vitest";
import { constant, exponential, uniform } from "../../../src/base/index.ts";
import type { Law } from "../../../src/base/index.ts";
import { runRepairShop } from "./repair-shop.ts";
import type { RepairSetting } from "./repair-shop.ts";
import { REPLICATIONS, worst, Z_MAX, zScores } from "./significance.ts";

type Quantity = "availability" | "downMean" | "allUp" | "atMost1Down";

function scoresOf<Q extends Quantity>(setting: RepairSetting, theory: Record<Q, number>) {
  const { machines } = setting;
  const runs = Array.from({ length: REPLICATIONS }, (_, r) => {
    const share = runRepairShop(setting, r);
    const upMean = share.reduce((sum, part, up) => sum + part * up, 0);
    return {
      availability: upMean / machines,
      downMean: machines - upMean,
      allUp: share[machines]!,
      atMost1Down: share[machines]! + share[machines - 1]!,
    };
  });
  return zScores<Q>(runs, theory);
}

const setting = (machines: number, crews: number, up: Law, repair: Law): RepairSetting => {
  const cycleSeconds = up.mean() + repair.mean();
  const seconds = Math.ceil((4_000 * cycleSeconds) / machines);
  return { machines, crews, up, repair, warmUpSeconds: Math.ceil(10 * cycleSeconds), seconds };
};
const rare = exponential({ mean: 1_000 });
const mend = exponential({ mean: 10 });

describe("alternating renewal", () => {
  it("ten machines: availability and the binomial law", () => {
    const scores = scoresOf(setting(10, 10, rare, mend), {
      availability: 0.990099,
      allUp: 0.905287,
      atMost1Down: 0.995816,
    });
    expect(worst(scores)).toBeLessThan(Z_MAX);
  });

  it("availability depends on the means alone", () => {
    const laws = setting(1, 1, uniform({ min: 0, max: 200 }), constant({ value: 10 }));
    expect(worst(scoresOf(laws, { availability: 0.909091 }))).toBeLessThan(Z_MAX);
  });

  it("a repair that takes a tenth longer is caught", () => {
    const laws = setting(1, 1, uniform({ min: 0, max: 200 }), constant({ value: 11 }));
    expect(worst(scoresOf(laws, { availability: 0.909091 }))).toBeGreaterThan(Z_MAX);
  });
});

describe("machine repair with few crews", () => {
  it("50 machines, 1 crew", () => {
    const theory = { availability: 0.981391, downMean: 0.930468 };
    expect(worst(scoresOf(setting(50, 1, rare, mend), theory))).toBeLessThan(Z_MAX);
  });

  const busy = exponential({ mean: 100 });
  const twenty = { availability: 0.827395, downMean: 3.452094 };
  it("20 machines, 2 crews", () => {
    expect(worst(scoresOf(setting(20, 2, busy, mend), twenty))).toBeLessThan(Z_MAX);
  });

  it("one crew more is caught", () => {
    expect(worst(scoresOf(setting(20, 3, busy, mend), twenty))).toBeGreaterThan(Z_MAX);
  });
});
