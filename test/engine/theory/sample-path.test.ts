// Exact: every customer starts when the recursions say, to the microsecond.
//
// Lindley for one server, Kiefer and Wolfowitz for several. No statistics are involved; both sides
// use the same draws.

import { describe, expect, it } from "vitest";
import { constant, exponential, gamma, uniform } from "../../../src/base/index.ts";
import type { Law } from "../../../src/base/index.ts";
import { runStation } from "./station.ts";
import type { StationHistory, StationSetting } from "./station.ts";

/** Waits by Lindley: W' = max(0, W + S - A). */
function lindleyWaits({ arrivedUs, serviceUs }: StationHistory): Float64Array {
  const waits = new Float64Array(arrivedUs.length);
  for (let n = 1; n < waits.length; n++) {
    const gap = arrivedUs[n]! - arrivedUs[n - 1]!;
    waits[n] = Math.max(0, waits[n - 1]! + serviceUs[n - 1]! - gap);
  }
  return waits;
}

/** Waits by Kiefer and Wolfowitz: the ordered vector of work in front of each server. */
function kieferWolfowitzWaits(history: StationHistory, servers: number): Float64Array {
  const { arrivedUs, serviceUs } = history;
  const waits = new Float64Array(arrivedUs.length);
  const work = new Float64Array(servers); // ascending
  for (let n = 1; n < waits.length; n++) {
    const gap = arrivedUs[n]! - arrivedUs[n - 1]!;
    work[0] = work[0]! + serviceUs[n - 1]!;
    for (let server = 0; server < servers; server++) {
      work[server] = Math.max(0, work[server]! - gap);
    }
    work.sort();
    waits[n] = work[0]!;
  }
  return waits;
}

/** Customers whose wait differs from the recursion. */
function countDiffering(setting: StationSetting): number {
  const history = runStation(setting, 7);
  const { servers } = setting;
  const expected = servers === 1 ? lindleyWaits(history) : kieferWolfowitzWaits(history, servers);
  return expected.reduce((count, wait, n) => {
    return count + (history.startedUs[n]! - history.arrivedUs[n]! === wait ? 0 : 1);
  }, 0);
}

const laws: [string, Law][] = [
  ["exponential", exponential({ mean: 1 })],
  ["constant", constant({ value: 1 })],
  ["uniform", uniform({ min: 0, max: 2 })],
  ["Erlang-2", gamma({ shape: 2, scale: 0.5 })],
];

describe.each(laws)("service %s", (_name, service) => {
  it.each([1, 2, 5, 20])("%i servers", (servers) => {
    const interarrival = exponential({ mean: 1 / (0.9 * servers) });
    expect(countDiffering({ customers: 20_000, interarrival, service, servers })).toBe(0);
  });
});

it("overload and arrivals on a grid, where ends and arrivals meet", () => {
  const grid = { interarrival: constant({ value: 0.25 }), service: constant({ value: 1 }) };
  expect(countDiffering({ customers: 5_000, servers: 4, ...grid })).toBe(0);
  expect(countDiffering({ customers: 5_000, servers: 3, ...grid })).toBe(0);
  expect(countDiffering({ customers: 5_000, servers: 1, ...grid })).toBe(0);
});

it("Little's law holds on the path, exactly: time in the station is counted alike both ways", () => {
  const history = runStation(
    {
      customers: 20_000,
      interarrival: exponential({ mean: 0.3 }),
      service: laws[0]![1],
      servers: 4,
    },
    3,
  );
  const stays = history.startedUs.reduce((sum, startedUs, n) => {
    return sum + startedUs + history.serviceUs[n]! - history.arrivedUs[n]!;
  }, 0);
  expect(history.customerUs).toBe(stays);
  expect(stays).toBeLessThan(Number.MAX_SAFE_INTEGER);
});

describe("mutants that must differ", () => {
  const base = {
    customers: 5_000,
    interarrival: exponential({ mean: 1 / 0.9 }),
    service: exponential({ mean: 1 }),
    servers: 1,
  };
  it("last in, first out", () => {
    expect(countDiffering({ ...base, wrongOrder: "lifo" })).toBeGreaterThan(100);
  });
  it("one server more", () => {
    const history = runStation({ ...base, servers: 2 }, 7);
    const expected = lindleyWaits(history);
    expect(history.startedUs.some((us, n) => us - history.arrivedUs[n]! !== expected[n])).toBe(
      true,
    );
  });
});
