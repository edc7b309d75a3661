// The registry runs what is registered when it should, and each of the engine's own invariants
// (5, 6, 20, 21, 27) is broken by a mutant made for it and by no sound run.

import { describe, expect, it } from "vitest";
import type { Duration, Instant } from "../../src/base/index.ts";
import {
  InvariantBroken,
  InvariantRegistry,
  PackageHeap,
  RANK,
  Simulation,
} from "../../src/engine/index.ts";
import type { EventHandle, Invariant, SlotOrder } from "../../src/engine/index.ts";
import { SeededIntegers } from "./seeded-integers.ts";

const at = (us: number): Instant => us as Instant;
const us = (span: number): Duration => span as Duration;

/** A busy little world: a chain of random timers, lanes, cancellations and same-instant calls. */
function buildBusy(simulation: Simulation, seed: number, steps: number, cancels = true): void {
  const random = new SeededIntegers(seed);
  const lane = simulation.lane(
    simulation.defineKind("lane", RANK.machine, () => {}),
    us(3),
  );
  const handles: EventHandle[] = [];
  const noise = simulation.defineKind("noise", RANK.api, () => {});
  const work = simulation.defineKind("work", RANK.controller, (left) => {
    for (let i = random.below(4); i > 0; i--) {
      handles.push(simulation.after(us(random.below(6)), noise, left));
    }
    if (random.below(3) === 0) lane.push(left);
    if (cancels && random.below(2) === 0 && handles.length > 0) simulation.cancel(handles.pop()!);
    if (left > 0) simulation.after(us(random.below(4)), work, left - 1);
  });
  simulation.at(at(0), work, steps);
}

/** The id of the invariant that a run breaks, or "none". */
function brokenBy(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InvariantBroken) return error.id;
    throw error;
  }
  return "none";
}

describe("sound runs break nothing", () => {
  it.each([1, 2, 3, 4, 5])("seed %i", (seed) => {
    const simulation = new Simulation({ check: "deep" });
    buildBusy(simulation, seed, 2_000);
    expect(brokenBy(() => simulation.runUntilDrained())).toBe("none");
    simulation.invariants.runAtEnd();
    expect(simulation.stats.fired).toBeGreaterThan(4_000);
    expect(simulation.stats.cancelled).toBeGreaterThan(10);
    expect(simulation.invariants.testsRun).toBeGreaterThan(5 * 4_000);
  });
});

describe("mutants", () => {
  class SwappingHeap extends PackageHeap {
    override pop(): number {
      const first = super.pop();
      const second = this.size > 0 ? super.pop() : -1;
      if (second < 0) return first;
      this.push(first);
      return second;
    }
  }

  class LosingHeap extends PackageHeap {
    private pushed = 0;
    override push(slot: number): void {
      this.pushed++;
      if (this.pushed !== 40) super.push(slot);
    }
  }

  const withHeap = (create: (isBefore: SlotOrder) => PackageHeap) => () => {
    const simulation = new Simulation({ check: true, pendingEvents: create });
    buildBusy(simulation, 9, 200, false);
    simulation.runUntilDrained();
  };

  /** Runs an act at instant 10 of a simulation whose inside was changed. */
  const withInside = (
    change: (inside: Inside) => void,
    act: (simulation: Simulation, inside: Inside) => void,
  ) => {
    return () => {
      const simulation = new Simulation({ check: true });
      const inside = simulation as unknown as Inside;
      change(inside);
      simulation.callAt(at(10), RANK.api, "act", () => act(simulation, inside));
      simulation.callAt(at(100), RANK.api, "end", () => {});
      simulation.runUntilDrained();
    };
  };
  interface Inside {
    cancelledCount: number;
    table: Record<"markCancelled" | "findSlot" | "add" | "atUs", (...args: number[]) => number>;
    admission: { sequence: number; nowUs: number };
    heads: { lower(source: number, atUs: number, order: number): void };
  }
  const unchanged = () => {};

  it.each<[string, string, () => void]>([
    ["I20", "a queue that gives the second event first", withHeap((o) => new SwappingHeap(o))],
    [
      "I20",
      "a queue ordered by the reverse of rank and sequence",
      withHeap((o) => new PackageHeap((l, r) => (Math.abs(l - r) === 1 ? o(r, l) : o(l, r)))),
    ],
    [
      "I20",
      "a clock that is set back",
      withInside(unchanged, (simulation, inside) => {
        inside.admission.nowUs = 5;
        simulation.callAt(at(6), RANK.api, "early", () => {});
      }),
    ],
    ["I5", "a queue that loses an event", withHeap((o) => new LosingHeap(o))],
    [
      "I5",
      "a cancellation that is not counted",
      withInside(unchanged, (simulation, inside) => {
        simulation.cancel(simulation.callAt(at(20), RANK.api, "x", () => {}));
        inside.cancelledCount--;
      }),
    ],
    [
      "I6",
      "a cancellation that forgets, so that the event fires",
      () => {
        const simulation = new Simulation({ check: true });
        const kind = simulation.defineKind("x", RANK.api, () => {});
        const handle = simulation.at(at(5), kind);
        (simulation as unknown as Inside).table.markCancelled = () => 0;
        simulation.cancel(handle);
        simulation.runUntil(at(5));
      },
    ],
    [
      "I6",
      "a handle that stays good after its cancellation",
      withInside(
        (inside) => {
          inside.table.findSlot = (handle) => handle! % 2 ** 26;
        },
        (simulation) => {
          const handle = simulation.callAt(at(20), RANK.api, "x", () => {});
          simulation.cancel(handle);
          simulation.cancel(handle);
        },
      ),
    ],
    [
      "I21",
      "an event in the past",
      withInside(unchanged, (simulation) => simulation.callAt(at(9), RANK.api, "x", () => {})),
    ],
    [
      "I21",
      "a sequence that is given twice",
      withInside(unchanged, (simulation, inside) => {
        simulation.callAt(at(20), RANK.api, "x", () => {});
        inside.admission.sequence--;
        simulation.callAt(at(21), RANK.api, "y", () => {});
      }),
    ],
    [
      "I27",
      "timers rounded up to milliseconds",
      withInside(
        (inside) => {
          const { table } = inside;
          const add = table.add.bind(table);
          table.add = (atUs, ...rest) => add(Math.ceil(atUs! / 1000) * 1000, ...rest);
        },
        (simulation) => simulation.callAfter(us(1), RANK.api, "x", () => {}),
      ),
    ],
  ])("%s catches %s", (id, _what, run) => {
    expect(brokenBy(run)).toBe(id);
  });

  it("without check nothing is tested", () => {
    const simulation = new Simulation({ pendingEvents: (o) => new SwappingHeap(o) });
    buildBusy(simulation, 9, 50);
    simulation.step();
    expect([simulation.isChecking, simulation.invariants.testsRun]).toEqual([false, 0]);
  });
});

describe("registry", () => {
  const invariant = (
    when: Invariant["when"],
    mode: Invariant["mode"],
    ran: string[],
  ): Invariant => ({
    id: "I99",
    mode,
    when,
    title: "a claim",
    test: () => {
      ran.push(`${mode} ${when}`);
      return undefined;
    },
  });

  it("runs each at its moment, deep ones at every stride and at the end", () => {
    const ran: string[] = [];
    const registry = new InvariantRegistry({ deep: true, deepStride: 3 });
    for (const when of ["event", "instant", "end"] as const) {
      registry.register(invariant(when, "check", ran));
      registry.register(invariant(when, "deep", ran));
    }
    for (let i = 0; i < 3; i++) registry.runAfterEvent();
    registry.runAfterInstant();
    expect(ran).toEqual([
      "check event",
      "check event",
      "check event",
      "deep event",
      "check instant",
    ]);
    ran.length = 0;
    registry.runAtEnd();
    expect(ran.sort()).toEqual(
      [
        "check end",
        "check event",
        "check instant",
        "deep end",
        "deep event",
        "deep instant",
      ].sort(),
    );
  });

  it("leaves deep ones out unless asked", () => {
    const ran: string[] = [];
    const registry = new InvariantRegistry();
    registry.register(invariant("event", "deep", ran));
    registry.runAfterEvent();
    registry.runAtEnd();
    expect([ran, registry.all.length]).toEqual([[], 1]);
  });

  it("throws with id and detail", () => {
    const registry = new InvariantRegistry();
    registry.register({ ...invariant("event", "check", []), test: () => "pod a is lost" });
    expect(() => registry.runAfterEvent()).toThrow(
      "Invariant I99 (a claim) is broken: pod a is lost",
    );
    expect(() => registry.register({ ...invariant("event", "check", []), id: "5" })).toThrow("id");
  });

  it("instants are tested once each, when the clock leaves them", () => {
    const simulation = new Simulation({ check: true });
    const seen: number[] = [];
    simulation.invariants.register({
      ...invariant("instant", "check", []),
      test: () => {
        seen.push(simulation.nowUs);
        return undefined;
      },
    });
    for (const instant of [5, 5, 9]) simulation.callAt(at(instant), RANK.api, "x", () => {});
    simulation.runUntil(at(20));
    expect(seen).toEqual([0, 5, 9]);
  });
});
