// E4: the hold model. N items pend; each hold takes the least out and puts it in again later.
//
// Variant q is a bare queue with times as plain doubles: its last popped time is prescribed to the last
// digit. Variant e is a whole engine, whose clock is an integer.

import type { Duration } from "../../src/base/index.ts";
import { PackageHeap, RANK, Simulation } from "../../src/engine/index.ts";
import { Congruential, UNIT } from "./congruential.ts";
import { ObjectEngine } from "./object-engine.ts";

const SEED = 42;
const WARM_UP_MAX = 100_000;

/** A filled queue: `hold` makes so many holds and gives the last popped time. */
export interface FilledQueue {
  hold(count: number): number;
}

/** Holds before the timed ones of variant q. */
export function warmUpHolds(holds: number): number {
  return Math.min(holds, WARM_UP_MAX);
}

/** Variant q on podsim's queue: slots whose keys stand in columns. `exponential` draws mean 1. */
export function fillQueue(
  size: number,
  exponential: (draws: Congruential) => number = (draws) => draws.exponential(),
): FilledQueue {
  const draws = new Congruential(SEED);
  const time = new Float64Array(size);
  const sequence = new Float64Array(size);
  const queue = new PackageHeap((left, right) =>
    time[left] === time[right] ? sequence[left]! < sequence[right]! : time[left]! < time[right]!,
  );
  for (let slot = 0; slot < size; slot++) {
    time[slot] = exponential(draws);
    sequence[slot] = slot;
    queue.push(slot);
  }
  let next = size;
  return {
    hold: (count) => {
      let last = 0;
      for (let k = 0; k < count; k++) {
        const slot = queue.pop();
        last = time[slot]!;
        time[slot] = last + exponential(draws);
        sequence[slot] = next++;
        queue.push(slot);
      }
      return last;
    },
  };
}

/** Variant e on podsim: the instant of the last hold. */
export function runHolds(size: number, holds: number): number {
  const simulation = new Simulation();
  const draws = new Congruential(SEED);
  let left = holds;
  const hold = simulation.defineKind("hold", RANK.workload, (item) => {
    if (--left === 0) simulation.stop("all holds are made");
    simulation.after(draws.exponentialTicks() as Duration, hold, item);
  });
  for (let item = 0; item < size; item++) {
    simulation.after(draws.exponentialTicks() as Duration, hold, item);
  }
  simulation.runUntilDrained();
  return simulation.nowUs / UNIT;
}

/** Variant e on the object engine; what still pends at the end is let go without doing anything. */
export function runObjectHolds(size: number, holds: number): number {
  const engine = new ObjectEngine();
  const draws = new Congruential(SEED);
  let left = holds;
  let last = 0;
  const hold = (): void => {
    if (left === 0) return;
    left--;
    last = engine.nowUs;
    if (left > 0) engine.after(draws.exponentialTicks(), 0, hold);
  };
  for (let item = 0; item < size; item++) engine.after(draws.exponentialTicks(), 0, hold);
  engine.run();
  return last / UNIT;
}
