// Processes that only wait: the workloads E1 (random waits) and E2 (equal waits, all ties) on which
// other simulators publish figures.
//
// All processes share one 32-bit generator that starts at 42.

import type { Duration } from "../../src/base/index.ts";
import { RANK, Simulation } from "../../src/engine/index.ts";
import { Congruential } from "./congruential.ts";
import { ObjectEngine } from "./object-engine.ts";

/**
 * Ticks per unit, 2^40: the processes share one generator, so two wake-ups that rounding swapped would
 * change everything after; with 2^32 that happens within a million.
 */
const UNIT = 1099511627776;

/** Last clock in the workload's units, and the hash h of the order of wake-ups. */
export interface TimeoutsResult {
  readonly clock: number;
  readonly order: number;
}

/** E1 on podsim: waits go through the general queue. */
export function runTimeouts(processes: number, waits: number): TimeoutsResult {
  const simulation = new Simulation();
  const draws = new Congruential(42);
  const left = new Int32Array(processes).fill(waits);
  let order = 0;
  const wake = simulation.defineKind("wake", RANK.workload, (process) => {
    order = (Math.imul(order, 31) + process) | 0;
    if (--left[process]! > 0)
      simulation.after(draws.exponentialTicks(UNIT) as Duration, wake, process);
  });
  for (let i = 0; i < processes; i++)
    simulation.after(draws.exponentialTicks(UNIT) as Duration, wake, i);
  simulation.runUntilDrained();
  return { clock: simulation.nowUs / UNIT, order: order >>> 0 };
}

/** E2 on podsim: all waits are equal, so they go through a lane. */
export function runTies(processes: number, waits: number): TimeoutsResult {
  const simulation = new Simulation();
  const left = new Int32Array(processes).fill(waits);
  let order = 0;
  const wake = simulation.defineKind("wake", RANK.workload, (process) => {
    order = (Math.imul(order, 31) + process) | 0;
    if (--left[process]! > 0) lane.push(process);
  });
  const lane = simulation.lane(wake, UNIT as Duration);
  for (let i = 0; i < processes; i++) lane.push(i);
  simulation.runUntilDrained();
  return { clock: simulation.nowUs / UNIT, order: order >>> 0 };
}

/** E1 or E2 on the object engine, one closure per process. */
export function runObjectTimeouts(
  processes: number,
  waits: number,
  areEqual: boolean,
): TimeoutsResult {
  const engine = new ObjectEngine();
  const draws = new Congruential(42);
  const nextWait = (): number => (areEqual ? UNIT : draws.exponentialTicks(UNIT));
  let order = 0;
  for (let process = 0; process < processes; process++) {
    let left = waits;
    const wake = (): void => {
      order = (Math.imul(order, 31) + process) | 0;
      if (--left > 0) engine.after(nextWait(), 0, wake);
    };
    engine.after(nextWait(), 0, wake);
  }
  engine.run();
  return { clock: engine.nowUs / UNIT, order: order >>> 0 };
}
