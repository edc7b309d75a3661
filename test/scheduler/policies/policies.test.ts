// Claims about the built-in policies: the documented formulas, feasibility, ties by node order.

import { describe, expect, it } from "vitest";
import { POLICIES, STRATEGY_API_VERSION } from "../../../src/scheduler/index.ts";
import { strategyBench } from "../strategy/strategy-bench.ts";

function place(policy: string, pods: readonly (readonly [string, string])[], seed = "7"): string[] {
  const bench = strategyBench({ strategy: POLICIES.get(policy)!.create() }, undefined, seed);
  for (const [k, [cpu, memory]] of pods.entries()) {
    bench.submit(`p${k}`, cpu, memory);
    bench.run();
  }
  const placements = bench.placements();
  return pods.map((_, k) => placements[`p${k}`]!);
}

describe("policies", () => {
  // Nodes: small 2 cpu 4Gi, wide 8 cpu 8Gi, deep 4 cpu 32Gi.
  it.each([
    ["first-fit", ["small", "small", "wide"]],
    // After a 1 cpu / 1Gi pod: small (1/2 + 3/4), wide (7/8 + 7/8), deep (3/4 + 31/32).
    ["best-fit", ["small", "small", "deep"]],
    // wide 1.75 before deep 1.71875; then deep, wide is at 1.5; then wide, deep is at 1.4375.
    ["worst-fit", ["wide", "deep", "wide"]],
    // 1/2*1 + 1/4*1 = 0.75 on small, 0.25 on wide, 0.28125 on deep; then small is half full.
    ["dot-product", ["small", "small", "deep"]],
    ["round-robin", ["small", "wide", "deep"]],
  ])("%s follows its formula", (policy, expected) => {
    const one = ["1", "1Gi"] as const;
    expect(place(policy, [one, one, one])).toEqual(expected);
  });

  it("share the filters: a pod that fits one node goes there under each of them", () => {
    for (const policy of POLICIES.keys()) {
      expect(place(policy, [["6", "1Gi"]])).toEqual(["wide"]);
      expect(place(policy, [["1", "30Gi"]])).toEqual(["deep"]);
    }
  });

  it("report what fits nowhere as the default scheduler does", () => {
    for (const policy of POLICIES.values()) {
      const bench = strategyBench({ strategy: policy.create() });
      bench.submit("big", "100", "1Gi");
      bench.run();
      expect(bench.decisions[0]?.message).toMatch(
        /^0\/3 nodes are available: 3 Insufficient cpu\./,
      );
    }
  });

  it("random depends on the seed and the pod alone", () => {
    const pods = Array.from({ length: 30 }, () => ["100m", "64Mi"] as const);
    expect(place("random", pods, "a")).toEqual(place("random", pods, "a"));
    expect(place("random", pods, "a")).not.toEqual(place("random", pods, "b"));
    expect(new Set(place("random", pods, "a")).size).toBe(3);
  });

  it("are written against the version that strategies declare", () => {
    expect(STRATEGY_API_VERSION).toBe("podsim.dev/v1");
  });
});
