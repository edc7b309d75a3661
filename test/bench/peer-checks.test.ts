// The workloads shared with other simulators give the check values that those simulators give.

import { expect, it } from "vitest";
import { runObjectTimeouts, runTies, runTimeouts } from "../../bench/engine/timeouts.ts";
import { calibrate, E0_DRAWS } from "../../bench/harness/machine.ts";

it("E0: the calibration loop", () => {
  expect(calibrate(E0_DRAWS)).toBeCloseTo(20001861.086599696, 4);
});

it("E1: 1,000 processes, 100 random waits each", () => {
  const result = runTimeouts(1_000, 100);
  expect(result.clock).toBeCloseTo(134.23228722157123, 6); // spans rounded to 2^-32
  expect(runObjectTimeouts(1_000, 100, false)).toEqual(result);
});

it("E2: 1,000 processes, 100 equal waits each, first in, first out among ties", () => {
  const result = { clock: 100, order: 2321877840 };
  expect(runTies(1_000, 100)).toEqual(result);
  expect(runObjectTimeouts(1_000, 100, true)).toEqual(result);
});
