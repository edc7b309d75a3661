// CPU when there is too little of it: division by weight, and work that takes longer.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divideCpu } from "../../../src/controllers/kubelet/cpu-division.ts";
import type { Json } from "../rig.ts";
import { type OneNode, oneNode, podOf } from "./one-node.ts";

const claim = (wanted: number, weight: number) => ({ wanted, weight });

describe("cpu", () => {
  it.each([
    ["enough for all", 4000, [claim(1000, 1), claim(2000, 1)], [1000, 2000]],
    ["equal weights", 2000, [claim(2000, 1), claim(2000, 1)], [1000, 1000]],
    ["weights of 1 and 3", 2000, [claim(2000, 1), claim(2000, 3)], [500, 1500]],
    [
      "a small want leaves its rest",
      2000,
      [claim(200, 1), claim(2000, 1), claim(2000, 1)],
      [200, 900, 900],
    ],
  ])("is divided by weight: %s", (_name, capacity, claims, expected) => {
    expect(divideCpu(capacity, claims)).toEqual(expected);
  });

  it("is all used when it is short, and nobody gets more than he wants", () => {
    const claims = fc.array(
      fc.record({
        wanted: fc.integer({ min: 1, max: 5000 }),
        weight: fc.integer({ min: 2, max: 2000 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 8000 }), claims, (capacity, given) => {
        const granted = divideCpu(capacity, given);
        const total = given.reduce((sum, { wanted }) => sum + wanted, 0);
        const used = granted.reduce((sum, amount) => sum + amount, 0);
        expect(used).toBeCloseTo(Math.min(total, capacity), 6);
        for (const [i, amount] of granted.entries()) {
          expect(amount).toBeLessThanOrEqual(given[i]!.wanted + 1e-9);
        }
      }),
      { seed: 11 },
    );
  });
});

describe("work that needs cpu", () => {
  const run = (...pods: Json[]): OneNode => {
    const rig = oneNode({ binds: false });
    rig.apply({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "small" },
      status: { capacity: { cpu: "1", memory: "8Gi", pods: "20" } },
    });
    rig.runFor(1);
    rig.apply(...pods);
    rig.runFor(200);
    return rig;
  };
  const worker = (name: string, annotations: Json, requests: Json = {}): Json =>
    podOf(name, {
      main: [{ name, resources: { requests } }],
      annotations: { "podsim.dev/run": "20", "podsim.dev/usage": "cpu=1", ...annotations },
      more: { nodeName: "small", restartPolicy: "Never" },
    });
  const lengths = (rig: OneNode): Record<string, number> => {
    const starts = new Map<string, number>();
    const found: Record<string, number> = {};
    for (const line of rig.processes) {
      const [at, what, name] = line.split(" ") as [string, string, string];
      if (what === "start") starts.set(name, Number(at));
      else found[name] = Math.round((Number(at) - starts.get(name)!) * 10) / 10;
    }
    return found;
  };

  it("takes longer while others take their part, and no longer than that", () => {
    const bound = { "podsim.dev/cpu-bound": "true" };
    expect(lengths(run(worker("a", bound)))).toEqual({ a: 20 });
    // both at half speed for 40 s
    expect(lengths(run(worker("a", bound), worker("b", bound)))).toEqual({ a: 40, b: 40 });
    // a at half speed while b uses cpu: 40 s from 0 to 40 would do half; b ends after its own 20 s
    expect(lengths(run(worker("a", bound), worker("b", {})))).toEqual({ a: 30, b: 20 });
  });

  it("has its part by its request", () => {
    const bound = { "podsim.dev/cpu-bound": "true" };
    const found = lengths(
      run(worker("a", bound, { cpu: "600m" }), worker("b", bound, { cpu: "200m" })),
    );
    // a has three quarters: 26.7 s; b a quarter of that time, then all: 6.7 s of work, 13.3 s left
    expect(found).toEqual({ a: 26.8, b: 40.1 });
  });

  it("follows a profile that changes", () => {
    const bound = { "podsim.dev/cpu-bound": "true" };
    const other = { "podsim.dev/run": "100", "podsim.dev/usage": "cpu=1m; 10s cpu=1; 20s cpu=1m" };
    const found = lengths(
      run(worker("a", { ...bound, "podsim.dev/usage": "cpu=999m" }), worker("b", other)),
    );
    expect(found["a"]).toBeCloseTo(25, 0);
  });
});
