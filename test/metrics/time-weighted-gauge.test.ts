// The integral against BigInt arithmetic on steps far beyond 2^53.

import { describe, expect, it } from "vitest";
import { ratioOf, TimeWeightedGauge } from "../../src/metrics/time-weighted-gauge.ts";

describe("TimeWeightedGauge", () => {
  it("integrates exactly, also beyond 2^53", () => {
    const gauge = new TimeWeightedGauge(0, 0);
    let expected = 0n;
    let value = 0;
    let nowUs = 0;
    for (let step = 1; step <= 1000; step++) {
      const nextUs = nowUs + step * 977;
      expected += BigInt(value) * BigInt(nextUs - nowUs);
      nowUs = nextUs;
      value = (step * 68_719_476_736) % 4_398_046_511_104;
      gauge.set(value, nowUs);
    }
    expect(gauge.integral(nowUs)).toBe(expected);
    expect(expected > 2n ** 60n).toBe(true);
  });

  it("counts nothing for changes within one instant", () => {
    const gauge = new TimeWeightedGauge(5, 10);
    gauge.set(100, 10);
    gauge.set(3, 10);
    expect(gauge.integral(20)).toBe(30n);
    expect(gauge.max).toBe(100);
  });

  it("refuses the past", () => {
    const gauge = new TimeWeightedGauge(1, 10);
    expect(() => gauge.set(2, 9)).toThrow();
  });

  it("gives no ratio over nothing", () => {
    expect(ratioOf(1n, 0n)).toBeNull();
    expect(ratioOf(1n, 4n)).toBe(0.25);
  });
});
