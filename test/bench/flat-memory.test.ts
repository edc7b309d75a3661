// What a run holds depends on the pods that are there, not on those that have passed through.
//
// Counted, not timed: everything that can be reached from the run's parts is walked, and the sizes
// of arrays, maps, sets and columns are added up by the place where they hang.

import { describe, expect, it } from "vitest";
import { finishPodsOnNodes, startPodsOnNodes } from "../../bench/cluster/pods-on-nodes.ts";
import type { ActiveRun } from "../../src/experiment/index.ts";

/** 200 pods at a time on 50 nodes; finished ones are kept for a while. */
const LOAD = { nodes: 50, rate: 100, meanLifetime: 2, finishedMax: 300 } as const;

/** Elements of arrays, maps, sets and typed arrays by path; numbers in a path are left out. */
function censusOf(run: ActiveRun): Map<string, number> {
  const sizes = new Map<string, number>();
  const seen = new Set<object>();
  const waiting: { value: unknown; path: string }[] = [{ value: run, path: "run" }];
  const add = (path: string, size: number): void =>
    void sizes.set(path, (sizes.get(path) ?? 0) + size);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { value, path } = at;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      add(path, value.byteLength);
      continue;
    }
    if (value instanceof Map || value instanceof Set) {
      add(path, value.size);
      for (const entry of value) waiting.push({ value: entry, path: `${path}[]` });
      continue;
    }
    if (Array.isArray(value)) add(path, value.length);
    for (const [key, member] of Object.entries(value)) {
      waiting.push({ value: member, path: Array.isArray(value) ? `${path}[]` : `${path}.${key}` });
    }
  }
  return sizes;
}

function censusAfter(pods: number, scheduler: "null" | "default"): Map<string, number> {
  const run = startPodsOnNodes({ ...LOAD, pods, scheduler });
  finishPodsOnNodes(run, pods);
  return censusOf(run);
}

describe("memory of a long run", () => {
  it.each([
    ["a scheduler that binds in turn", "null"],
    ["the full default profile", "default"],
  ] as const)(
    "under %s, 20,000 pods leave no more rows, records and entries than 5,000",
    {
      timeout: 60_000,
    },
    (_, scheduler) => {
      const short = censusAfter(5_000, scheduler);
      const long = censusAfter(20_000, scheduler);
      expect(short.size).toBeGreaterThan(100);
      const sum = (census: Map<string, number>): number =>
        [...census.values()].reduce((a, b) => a + b, 0);
      // A column doubles when the peak of 20,000 pods is a little above that of 5,000.
      const grown = [...long].filter(([path, size]) => size > 2 * (short.get(path) ?? 0) + 64);
      // Durations are kept one by one up to 65,536, after that as a histogram: bounded, and exact before.
      expect(grown.map(([path]) => path).sort()).toEqual([
        "run.collector.pendingTimes.exact",
        "run.collector.startupTimes.exact",
      ]);
      const samples = grown.reduce((total, [, size]) => total + size, 0);
      expect(sum(long) - samples).toBeLessThan(1.3 * sum(short));
    },
  );
});
