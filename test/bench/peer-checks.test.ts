// The workloads shared with other simulators give the check values that those simulators give.
//
// podsim's clock is an integer, so waits are rounded to 2^-32 (E1: 2^-40) of a unit: times agree to
// about six digits after the point, orders and counts exactly. The bare queue holds plain doubles and agrees
// to the last digit.

import { describe, expect, it } from "vitest";
import type { Congruential } from "../../bench/engine/congruential.ts";
import { fillQueue, runHolds, runObjectHolds, warmUpHolds } from "../../bench/engine/hold.ts";
import { runMm1, runObjectMm1 } from "../../bench/engine/mm1.ts";
import { runObjectTimeouts, runTies, runTimeouts } from "../../bench/engine/timeouts.ts";
import { calibrate, E0_DRAWS } from "../../bench/harness/machine.ts";
import { placeMachines } from "../../bench/scheduler/placement.ts";
import { ln } from "../../src/base/index.ts";

it("E0: the calibration loop", () => {
  expect(calibrate(E0_DRAWS)).toBeCloseTo(20001861.086599696, 4);
});

it("E1: 1,000 processes, 100 random waits each", () => {
  const result = runTimeouts(1_000, 100);
  expect(result.clock).toBeCloseTo(134.23228722157123, 6);
  expect(runObjectTimeouts(1_000, 100, false)).toEqual(result);
});

it("E1: 1,000 processes, 1,000 random waits each", () => {
  expect(runTimeouts(1_000, 1_000).clock).toBeCloseTo(1117.8612055326112, 5);
});

it("E2: 1,000 processes, 100 equal waits each, first in, first out among ties", () => {
  const result = { clock: 100, order: 2321877840 };
  expect(runTies(1_000, 100)).toEqual(result);
  expect(runObjectTimeouts(1_000, 100, true)).toEqual(result);
});

it("E2: 1,000 processes, 1,000 equal waits each", () => {
  expect(runTies(1_000, 1_000)).toEqual({ clock: 1_000, order: 3217895712 });
});

describe("E3: one server", () => {
  it.each([
    [20_000, 22194.031709949555, 10.276458797756915],
    [200_000, 222166.82295974082, 9.889475867631507],
  ])("%d customers", (customers, clock, mean) => {
    const result = runMm1(customers);
    expect(result.clock).toBeCloseTo(clock, 4);
    expect(result.mean).toBeCloseTo(mean, 5);
    expect(runObjectMm1(customers)).toEqual(result);
  });
});

describe("E4: the hold model, a million holds", () => {
  const HOLDS = 1_000_000;

  function lastOfQueue(size: number, draw?: (draws: Congruential) => number): number {
    const queue = fillQueue(size, draw);
    queue.hold(warmUpHolds(HOLDS));
    return queue.hold(HOLDS);
  }

  it.each([
    [1_000, 1100.6696287240645],
    [100_000, 11.01162279803216],
  ])("bare queue of %d items, with either logarithm", (size, last) => {
    expect(lastOfQueue(size)).toBe(last);
    expect(lastOfQueue(size, (draws) => -ln(draws.uniform()))).toBe(last);
  });

  it.each([
    [1_000, 1000.5724117099471],
    [100_000, 10.0030050555097],
  ])("engine with %d items", (size, last) => {
    const instant = runHolds(size, HOLDS);
    expect(instant).toBeCloseTo(last, 5);
    if (size === 1_000) expect(runObjectHolds(size, HOLDS)).toBe(instant);
  });
});

describe("V1: 10,000 machines onto 1,000 hosts", () => {
  it.each([
    ["first-fit", 1506221502],
    ["first-fit-from-last", 3317566842],
  ] as const)("%s", (rule, order) => {
    const expected = { placed: 10_000, cores: 37_858, order, endedUs: 100_000_000 };
    expect(placeMachines(1_000, 10_000, rule)).toEqual(expected);
  });
});
