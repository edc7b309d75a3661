// Periodic timers: the grid, the sleep after each pass, pauses, and their exact instants.

import { describe, expect, it } from "vitest";
import type { Duration, Instant } from "../../src/base/index.ts";
import { RANK, Simulation } from "../../src/engine/index.ts";
import type { PeriodicOptions, PeriodicTimer } from "../../src/engine/index.ts";

const at = (us: number): Instant => us as Instant;
const us = (span: number): Duration => span as Duration;

function ticking(periodUs: number, options: PeriodicOptions = {}, startUs = 0) {
  const simulation = new Simulation({ check: true });
  simulation.runUntil(at(startUs));
  const fired: number[] = [];
  const timer: PeriodicTimer = simulation.every(
    us(periodUs),
    RANK.controller,
    "tick",
    () => fired.push(simulation.nowUs),
    options,
  );
  const on = (instant: number, act: (timer: PeriodicTimer) => void): void => {
    simulation.callAt(at(instant), RANK.workload, "act", () => act(timer));
  };
  return { simulation, fired, timer, on };
}

describe("first firing", () => {
  it.each<[string, PeriodicOptions, number, number[]]>([
    ["one period from now by default", {}, 5, [15, 25, 35]],
    ["at a phase that is now", { phase: at(5) }, 5, [5, 15, 25, 35]],
    ["at a phase to come", { phase: at(17) }, 5, [17, 27]],
    ["at the next grid point for a phase long past", { phase: at(2) }, 25, [32]],
    ["on the grid point itself", { phase: at(5) }, 25, [25, 35]],
    ["at once in mode afterEnd for a phase past", { phase: at(2), mode: "afterEnd" }, 25, [25, 35]],
  ])("%s", (_what, options, startUs, expected) => {
    const { simulation, fired } = ticking(10, options, startUs);
    simulation.runUntil(at(35));
    expect(fired).toEqual(expected);
  });
});

describe("grid", () => {
  it("a paused timer loses the points it missed and stays on its grid", () => {
    const { simulation, fired, on, timer } = ticking(10);
    on(15, (paused) => paused.pause());
    on(16, (paused) => expect(paused.nextAtUs).toBeUndefined());
    on(37, (paused) => paused.resume());
    simulation.runUntil(at(50));
    expect(fired).toEqual([10, 40, 50]);
    expect(timer.nextAtUs).toBe(60);
  });

  it("resumed on a grid point fires there", () => {
    const { simulation, fired, on } = ticking(10);
    on(15, (paused) => paused.pause());
    on(30, (paused) => paused.resume());
    simulation.runUntil(at(30));
    expect(fired).toEqual([10, 30]);
  });

  it("paused before its own point and resumed before it, fires as if nothing had been", () => {
    const { simulation, fired, on } = ticking(10);
    on(12, (paused) => paused.pause());
    on(14, (paused) => paused.resume());
    simulation.runUntil(at(20));
    expect(fired).toEqual([10, 20]);
  });

  it("a stopped timer never fires again, also when it stops itself", () => {
    const simulation = new Simulation({ check: true });
    const fired: number[] = [];
    const timer = simulation.every(us(10), RANK.controller, "once", () => {
      fired.push(simulation.nowUs);
      timer.stop();
    });
    simulation.runUntil(at(100));
    timer.resume();
    simulation.runUntil(at(200));
    expect(fired).toEqual([10]);
    expect([timer.isStopped, timer.nextAtUs]).toEqual([true, undefined]);
  });
});

describe("afterEnd", () => {
  it("sleeps a whole period after a pass that took time", () => {
    const simulation = new Simulation({ check: true });
    const begun: number[] = [];
    const timer = simulation.every(
      us(10),
      RANK.controller,
      "pass",
      () => {
        begun.push(simulation.nowUs);
        timer.holdPass();
        expect(timer.nextAtUs).toBeUndefined();
        simulation.callAfter(us(3), RANK.api, "end", () => timer.endPass());
      },
      { mode: "afterEnd", phase: at(0) },
    );
    simulation.runUntil(at(40));
    expect(begun).toEqual([0, 13, 26, 39]);
  });

  it("resumes where its sleep ends, or at once if it ended during the pause", () => {
    const { simulation, fired, on } = ticking(10, { mode: "afterEnd" });
    on(12, (paused) => paused.pause());
    on(15, (paused) => paused.resume());
    on(22, (paused) => paused.pause());
    on(47, (paused) => paused.resume());
    simulation.runUntil(at(60));
    expect(fired).toEqual([10, 20, 47, 57]);
  });

  it("a pass that ends while paused sleeps from its end", () => {
    const simulation = new Simulation({ check: true });
    const begun: number[] = [];
    const timer = simulation.every(
      us(10),
      RANK.controller,
      "pass",
      () => {
        begun.push(simulation.nowUs);
        timer.holdPass();
        simulation.callAfter(us(5), RANK.api, "end", () => timer.endPass());
      },
      { mode: "afterEnd" },
    );
    simulation.callAt(at(12), RANK.api, "pause", () => timer.pause());
    simulation.callAt(at(18), RANK.api, "resume", () => timer.resume());
    simulation.runUntil(at(30));
    expect(begun).toEqual([10, 25]);
  });

  it("only passes of mode afterEnd can be held, and only while they run", () => {
    const { timer } = ticking(10);
    expect(() => timer.holdPass()).toThrow("mode afterEnd");
    const { timer: sleeping } = ticking(10, { mode: "afterEnd" });
    expect(() => sleeping.holdPass()).toThrow("inside a pass");
    expect(() => sleeping.endPass()).toThrow("after holdPass");
  });
});

it("is background unless it says otherwise", () => {
  const { simulation, fired } = ticking(10, { background: false });
  expect(simulation.runUntilDrained({ untilUs: at(30) }).reason).toBe("horizon");
  expect(fired).toEqual([10, 20, 30]);
});
