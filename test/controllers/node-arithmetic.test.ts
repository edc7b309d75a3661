// The pure rules around nodes: zone states, pass grids, leases, token buckets.
import { describe, expect, it } from "vitest";
import {
  lastRenewalUs,
  leaseGrid,
  nextRenewalUs,
  DEFAULT_LEASE_RENEWAL,
} from "../../src/controllers/lease-phase.ts";
import { PassGrid } from "../../src/controllers/pass-grid.ts";
import { TokenBucket } from "../../src/controllers/token-bucket.ts";
import { evictionRateOf, zoneStateOf } from "../../src/controllers/zone-state.ts";

const SECOND = 1_000_000;

describe("zone state", () => {
  const rows: [ready: number, notReady: number, state: string][] = [
    [0, 1, "FullDisruption"],
    [0, 9, "FullDisruption"],
    [0, 0, "Normal"],
    [1, 2, "Normal"], // two silent nodes never make a zone partial
    [2, 3, "PartialDisruption"], // 0.6
    [9, 11, "PartialDisruption"], // 0.55 exactly, as float32 on both sides
    [46, 54, "Normal"],
    [7, 3, "Normal"],
  ];
  it.each(rows)("of %i ready and %i silent nodes is %s", (ready, notReady, state) => {
    expect(zoneStateOf(ready, notReady, 0.55)).toBe(state);
  });

  it("slows a small partial zone to a stop and a large one to a tenth", () => {
    const rates = { normalPerSecond: 0.1, secondaryPerSecond: 0.01, largeClusterSizeThreshold: 50 };
    expect(evictionRateOf("PartialDisruption", 50, rates)).toBe(0);
    expect(evictionRateOf("PartialDisruption", 51, rates)).toBe(0.01);
    expect(evictionRateOf("FullDisruption", 10, rates)).toBe(0.1);
  });
});

describe("pass grid", () => {
  it("answers with its own instants, before, on and after them", () => {
    const grid = new PassGrid(100, 10, 1000);
    expect(grid.atOrAfter(0)).toBe(100);
    expect(grid.atOrAfter(101)).toBe(110);
    expect(grid.atOrAfter(110)).toBe(110);
    expect(grid.after(110)).toBe(120);
  });

  it("starts anew after a long pass and still knows the passes before it", () => {
    const grid = new PassGrid(0, 10, 1000);
    grid.restart(50, 63);
    expect(grid.atOrAfter(41)).toBe(50);
    expect(grid.atOrAfter(51)).toBe(63);
    expect(grid.after(63)).toBe(73);
    grid.restart(73, 83); // the usual length: nothing changes
    expect(grid.after(73)).toBe(83);
  });
});

describe("lease grid", () => {
  it("renews at most 10.4 s apart and answers both ways round an instant", () => {
    for (const draw of [0.001, 0.3, 0.77, 0.999]) {
      const grid = leaseGrid(DEFAULT_LEASE_RENEWAL, draw, 1 - draw);
      expect(grid.intervalUs).toBeGreaterThanOrEqual(10 * SECOND);
      expect(grid.intervalUs).toBeLessThanOrEqual(10.4 * SECOND);
      const now = 123_456_789;
      const last = lastRenewalUs(grid, 0, now);
      expect(last).toBeLessThanOrEqual(now);
      expect(nextRenewalUs(grid, now)).toBe(last + grid.intervalUs);
    }
  });

  it("counts the lease made at registration as a renewal", () => {
    expect(
      lastRenewalUs({ phaseUs: 9 * SECOND, intervalUs: 10 * SECOND }, 2 * SECOND, 5 * SECOND),
    ).toBe(2 * SECOND);
  });
});

describe("token bucket", () => {
  it("lets the burst through, then one per interval", () => {
    const bucket = new TokenBucket(20, 3);
    expect([0, 0, 0, 0, 0].map((now) => bucket.reserve(now))).toEqual([0, 0, 0, 50_000, 100_000]);
  });

  it("saves up no more than its burst", () => {
    const bucket = new TokenBucket(1, 2);
    for (let i = 0; i < 2; i++) expect(bucket.tryTake(0)).toBe(true);
    expect(bucket.tryTake(0)).toBe(false);
    expect(bucket.tryTake(100 * SECOND)).toBe(true);
    expect(bucket.tryTake(100 * SECOND)).toBe(true);
    expect(bucket.tryTake(100 * SECOND)).toBe(false);
    expect(bucket.tryTake(101 * SECOND)).toBe(true);
  });

  it("gives one every 10 s at 0.1 per second, and none at 0", () => {
    const slow = new TokenBucket(0.1, 1);
    expect(slow.tryTake(0)).toBe(true);
    expect(slow.nextTokenUs(0)).toBe(10 * SECOND);
    expect(new TokenBucket(0, 1).tryTake(5)).toBe(false);
    expect(new TokenBucket(0.1, 1, 7).nextTokenUs(7)).toBe(7 + 10 * SECOND);
  });
});
