import { describe, expect, it } from "vitest";
import { parseQuantity, type Quantity, quantityOf } from "../../src/cluster/index.ts";
import {
  nextSegmentUs,
  readUsageProfile,
  usageAt,
  type UsageProfile,
} from "../../src/workload/usage-profile.ts";

const MI = 1024 * 1024;
const REQUESTS = new Map<string, Quantity>([
  ["cpu", parseQuantity("400m") as Quantity],
  ["memory", quantityOf(100 * MI)],
]);

function read(text: string): UsageProfile {
  const profile = readUsageProfile(text, { requests: REQUESTS, limits: new Map() });
  if (typeof profile === "string") throw new Error(profile);
  return profile;
}

const at = (text: string, seconds: number, draw = 0.5): readonly number[] => {
  const usage = usageAt(read(text), seconds * 1e6, draw);
  return [usage.milliCpu, usage.memoryBytes / MI, usage.diskBytes / MI, usage.processCount];
};

describe("podsim.dev/usage", () => {
  it.each([
    ["cpu=250m memory=64Mi", 100, [250, 64, 0, 0]],
    ["cpu=50% memory=80% pids=7", 0, [200, 80, 0, 7]],
    ["memory=64Mi+1Mi/s disk=2Mi", 30, [0, 94, 2, 0]],
    ["cpu=100m; 60s cpu=1; 5m cpu=200m", 59.9, [100, 0, 0, 0]],
    ["cpu=100m memory=1Mi; 60s cpu=1; 5m cpu=200m", 60, [1000, 1, 0, 0]],
    ["cpu=100m; 60s cpu=1; 5m cpu=200m", 4000, [200, 0, 0, 0]],
    ["cpu=100m; 30s cpu=1; repeat=60s", 615, [100, 0, 0, 0]],
    ["cpu=100m; 30s cpu=1; repeat=60s", 655, [1000, 0, 0, 0]],
    ["10s memory=8Mi+1Mi/s", 9, [0, 0, 0, 0]],
    ["10s memory=8Mi+1Mi/s", 12, [0, 10, 0, 0]],
  ])("%s at %d s", (text, seconds, expected) => {
    expect(at(text, seconds)).toEqual(expected);
  });

  it("spreads pods around the mean by a factor drawn once", () => {
    expect(at("cpu=500m spread=20%", 0, 0)[0]).toBe(400);
    expect(at("cpu=500m spread=20%", 0, 1)[0]).toBe(600);
  });

  it("names the next age at which anything may change, and none where nothing will", () => {
    const next = (text: string, seconds: number): number | undefined => {
      const us = nextSegmentUs(read(text), seconds * 1e6);
      return us === undefined ? undefined : us / 1e6;
    };
    expect(next("cpu=1", 0)).toBeUndefined();
    expect(next("cpu=1; 60s cpu=2", 10)).toBe(60);
    expect(next("cpu=1; 60s cpu=2", 60)).toBeUndefined();
    expect(next("cpu=1; 60s cpu=2; repeat=90s", 60)).toBe(90);
    expect(next("cpu=1; 60s cpu=2; repeat=90s", 100)).toBe(150);
    expect(next("cpu=1; repeat=90s", 100)).toBeUndefined();
  });

  it.each([
    ["", "does not begin with an age"],
    ["cpu=", "no quantity"],
    ["cpu=-1", "no quantity"],
    ["cpu=1; cpu=2", "needs the age"],
    ["cpu=1; 60s cpu=2; 30s cpu=1", "does not begin with an age after"],
    ["gpu=1", "is not cpu"],
    ["disk=50%", "the container lacks"],
    ["cpu=1; 60s cpu=2; repeat=30s", "no period after"],
    ["spread=10%", "names no resource"],
    ["cpu=1+2", "an amount and its growth"],
  ])("refuses %j", (text, reason) => {
    expect(readUsageProfile(text, { requests: REQUESTS, limits: new Map() })).toContain(reason);
  });
});
