// Zero-delay loops end and name themselves; honest crowds at one instant pass.

import { expect, it } from "vitest";
import type { Duration, Instant } from "../../src/base/index.ts";
import { RANK, Simulation } from "../../src/engine/index.ts";
import type { EventKind } from "../../src/engine/index.ts";

const NOW = 0 as Duration;
const at = (us: number): Instant => us as Instant;

it("a loop of three kinds ends after 100,000 steps and names its repeating part", () => {
  const simulation = new Simulation();
  const kinds: EventKind[] = [];
  const names = ["sync", "patch", "notice"];
  for (const [index, name] of names.entries()) {
    const rank = [RANK.controller, RANK.api, RANK.watch][index]!;
    kinds.push(
      simulation.defineKind(name, rank, () => simulation.after(NOW, kinds[(index + 1) % 3]!)),
    );
  }
  simulation.at(at(7), kinds[0]!);
  const outcome = simulation.runUntilDrained();
  expect(outcome).toMatchObject({ reason: "zero-delay-loop", atUs: 7, firedCount: 100_001 });
  expect(outcome.loop.map(({ kind }) => kind).sort()).toEqual(["notice", "patch", "sync"]);
  expect(outcome.detail).toContain("more than 100000 steps without delay in one instant: ");
  expect(outcome.detail.split(": ")[1]).toBe("notice -> sync -> patch -> ...");
});

it("finds a loop through a zero-delay lane, the way into it not included", () => {
  const simulation = new Simulation({ limits: { maxZeroDelaySteps: 100 } });
  const loop = simulation.defineKind("loop", RANK.api, () => lane.push(5, 6));
  const lane = simulation.lane(loop, NOW);
  const enter = simulation.defineKind("enter", RANK.workload, (left) => {
    if (left > 0) simulation.after(NOW, enter, left - 1);
    else lane.push(5, 6);
  });
  simulation.at(at(0), enter, 10);
  const outcome = simulation.runUntilDrained();
  expect(outcome.reason).toBe("zero-delay-loop");
  expect(outcome.loop).toEqual([{ kind: "loop", a: 5, b: 6 }]);
});

it("a chain of exactly the limit is no loop; one step more is", () => {
  const run = (steps: number) => {
    const simulation = new Simulation({ limits: { maxZeroDelaySteps: 1_000 } });
    const kind = simulation.defineKind("chain", RANK.api, (left) => {
      if (left > 0) simulation.after(NOW, kind, left - 1);
    });
    simulation.at(at(0), kind, steps);
    return simulation.runUntilDrained().reason;
  };
  expect([run(1_000), run(1_001)]).toEqual(["drained", "zero-delay-loop"]);
});

it("depth begins anew at the next instant", () => {
  const simulation = new Simulation({ limits: { maxZeroDelaySteps: 10 } });
  const kind = simulation.defineKind("step", RANK.api, (left) => {
    if (left > 0) simulation.after((left % 8 === 0 ? 1 : 0) as Duration, kind, left - 1);
  });
  simulation.at(at(0), kind, 10_000);
  expect(simulation.runUntilDrained()).toMatchObject({ reason: "drained", firedCount: 10_001 });
});

it("1,000,000 arrivals at one instant, and the cycles for them without delay, pass", () => {
  const count = 1_000_000;
  const simulation = new Simulation();
  const queuedDepth = new Int32Array(count);
  let arrived = 0;
  let served = 0;
  let isBusy = false;
  const cycle = simulation.defineKind("cycle", RANK.scheduler, () => {
    if (served === arrived) {
      isBusy = false;
      return;
    }
    simulation.takeUp(queuedDepth[served++]!, at(3));
    simulation.after(NOW, cycle);
  });
  const arrival = simulation.defineKind("arrival", RANK.workload, (pod) => {
    queuedDepth[pod] = simulation.causalDepth;
    arrived++;
    if (!isBusy) simulation.after(NOW, cycle);
    isBusy = true;
  });
  let next = -1;
  simulation.arrivals(arrival, {
    next: () => ++next < count,
    atUs: at(3),
    get a() {
      return next;
    },
    b: 0,
  });
  expect(simulation.runUntilDrained()).toMatchObject({ reason: "drained", atUs: 3 });
  expect(served).toBe(count);
});

it("a worker that puts its own item back without delay is still a loop", () => {
  const simulation = new Simulation({ limits: { maxZeroDelaySteps: 1_000 } });
  const queue: number[] = [];
  const cycle = simulation.defineKind("cycle", RANK.scheduler, () => {
    simulation.takeUp(queue.shift()!, simulation.nowUs);
    simulation.after(NOW, cycle);
    queue.push(simulation.causalDepth + 1); // what a commit caused by this cycle would carry
  });
  simulation.callAt(at(0), RANK.workload, "submit", () => {
    queue.push(simulation.causalDepth);
    simulation.after(NOW, cycle);
  });
  expect(simulation.runUntilDrained().reason).toBe("zero-delay-loop");
});

it("an item queued at an earlier instant brings no depth along", () => {
  const simulation = new Simulation();
  const depths: number[] = [];
  simulation.callAt(at(1), RANK.api, "outer", () => {
    simulation.callAfter(NOW, RANK.api, "inner", () => {
      depths.push(simulation.causalDepth);
      simulation.takeUp(77, at(0));
      depths.push(simulation.causalDepth);
      simulation.takeUp(77, at(1));
      depths.push(simulation.causalDepth);
    });
  });
  simulation.runUntilDrained();
  expect(depths).toEqual([1, 0, 77]);
  expect(simulation.causalDepth).toBe(-1);
});
