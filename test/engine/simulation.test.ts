// The loop: what fires when, what cancels, when a run ends, what is refused.

import { describe, expect, it } from "vitest";
import type { Duration, Instant } from "../../src/base/index.ts";
import { EventLog, NO_HANDLE, RANK, Simulation } from "../../src/engine/index.ts";

const at = (us: number): Instant => us as Instant;
const us = (span: number): Duration => span as Duration;

/** A simulation with one recording kind per rank name used. */
function recording(options: ConstructorParameters<typeof Simulation>[0] = { check: true }) {
  const simulation = new Simulation(options);
  const seen: string[] = [];
  const kind = (name: string, rank: keyof typeof RANK) =>
    simulation.defineKind(name, RANK[rank], (a, b) => {
      seen.push(`${simulation.nowUs}:${name}:${a}:${b}`);
    });
  return { simulation, seen, kind };
}

describe("order", () => {
  it("is by instant, then rank, then insertion", () => {
    const { simulation, seen, kind } = recording();
    const scheduler = kind("scheduler", "scheduler");
    const fault = kind("fault", "faultBegin");
    simulation.at(at(2), fault, 1);
    simulation.at(at(1), scheduler, 2);
    simulation.at(at(1), fault, 3);
    simulation.at(at(1), scheduler, 4);
    simulation.at(at(1), fault, 5);
    simulation.runUntilDrained();
    expect(seen).toEqual([
      "1:fault:3:0",
      "1:fault:5:0",
      "1:scheduler:2:0",
      "1:scheduler:4:0",
      "2:fault:1:0",
    ]);
  });

  it("an event may cause one of a lower rank at its own instant, which runs next", () => {
    const simulation = new Simulation({ check: true });
    const seen: string[] = [];
    simulation.callAt(at(5), RANK.scheduler, "first", () => {
      seen.push("scheduler");
      simulation.callAfter(us(0), RANK.api, "caused", () => seen.push("api"));
    });
    simulation.callAt(at(5), RANK.scheduler, "second", () => seen.push("scheduler again"));
    simulation.runUntilDrained();
    expect(seen).toEqual(["scheduler", "api", "scheduler again"]);
  });

  it("100,000 events at one instant keep insertion order within a rank", () => {
    const simulation = new Simulation();
    const fired: number[] = [];
    const kinds = [RANK.watch, RANK.api].map((rank) =>
      simulation.defineKind("k", rank, (a) => {
        fired.push(a);
      }),
    );
    for (let i = 0; i < 100_000; i++) simulation.at(at(9), kinds[i % 2]!, i);
    simulation.runUntilDrained();
    const odd = fired.slice(0, 50_000);
    const even = fired.slice(50_000);
    expect(odd.every((value, i) => value === 2 * i + 1)).toBe(true);
    expect(even.every((value, i) => value === 2 * i)).toBe(true);
  });

  it("the end of time is an instant, and a delay of 1 us is exact there", () => {
    const { simulation, seen, kind } = recording();
    const api = kind("api", "api");
    const last = Number.MAX_SAFE_INTEGER;
    simulation.at(at(last), api, 1);
    simulation.at(at(last - 1), api, 2);
    expect(simulation.runUntil(at(last)).reason).toBe("horizon");
    expect(seen).toEqual([`${last - 1}:api:2:0`, `${last}:api:1:0`]);
    expect(() => simulation.after(us(1), api)).toThrow("after the end of time");
  });
});

describe("sources", () => {
  it("lanes, arrivals and the general queue merge into one order", () => {
    const { simulation, seen, kind } = recording();
    const lane = simulation.lane(kind("lane", "api"), us(10));
    const slow = simulation.lane(kind("slow", "kubelet"), us(20));
    const pod = kind("pod", "workload");
    let next = 0;
    const instants = [5, 10, 10, 20];
    simulation.arrivals(pod, {
      next: () => next++ < instants.length,
      get atUs() {
        return at(instants[next - 1]!);
      },
      get a() {
        return next;
      },
      b: 7,
    });
    slow.push(1);
    lane.push(1);
    simulation.at(at(10), kind("late", "measurement"), 0);
    simulation.at(at(10), kind("early", "faultBegin"), 0);
    lane.push(2, -2);
    expect([lane.size, slow.size]).toEqual([2, 1]);
    simulation.runUntilDrained();
    expect(seen).toEqual([
      "5:pod:1:7",
      "10:early:0:0",
      "10:lane:1:0",
      "10:lane:2:-2",
      "10:pod:2:7",
      "10:pod:3:7",
      "10:late:0:0",
      "20:slow:1:0",
      "20:pod:4:7",
    ]);
  });

  it("a lane grows and wraps without losing or swapping anything", () => {
    const simulation = new Simulation({ check: true });
    const seen: number[] = [];
    const lane = simulation.lane(
      simulation.defineKind("lane", RANK.api, (a) => {
        seen.push(a);
      }),
      us(100),
    );
    let pushed = 0;
    const feed = simulation.defineKind("feed", RANK.workload, (count) => {
      for (let i = 0; i < count; i++) lane.push(pushed++);
    });
    for (let i = 0; i < 400; i++) simulation.at(at(i * 7), feed, (i * 13) % 30);
    simulation.runUntilDrained();
    expect(seen).toEqual(Array.from({ length: pushed }, (_, i) => i));
    expect(lane.size).toBe(0);
  });

  it("refuses arrivals that go back in time, by name", () => {
    const simulation = new Simulation();
    const instants = [10, 9];
    let next = 0;
    simulation.arrivals(
      simulation.defineKind("trace", RANK.workload, () => {}),
      {
        next: () => next++ < 2,
        get atUs() {
          return at(instants[next - 1]!);
        },
        a: 0,
        b: 0,
      },
    );
    expect(() => simulation.runUntilDrained()).toThrow('Arrivals "trace" are not in order: 9 us');
  });
});

describe("cancel", () => {
  it("a cancelled event does not fire, and a handle cancels once", () => {
    const { simulation, seen, kind } = recording();
    const api = kind("api", "api");
    const gone = simulation.at(at(1), api, 1);
    simulation.at(at(2), api, 2);
    expect([simulation.cancel(gone), simulation.cancel(gone)]).toEqual([true, false]);
    expect(simulation.isPending(gone)).toBe(false);
    simulation.runUntilDrained();
    expect(seen).toEqual(["2:api:2:0"]);
    expect(simulation.stats).toEqual({
      scheduled: 2,
      fired: 1,
      cancelled: 1,
      pending: 0,
      foregroundPending: 0,
    });
  });

  it("a stale handle never touches the event that took over its slot", () => {
    const { simulation, seen, kind } = recording();
    const api = kind("api", "api");
    const fired = simulation.at(at(1), api, 1);
    simulation.runUntil(at(1));
    const later = simulation.at(at(2), api, 2);
    expect(later).not.toBe(fired);
    expect([simulation.isPending(fired), simulation.cancel(fired)]).toEqual([false, false]);
    simulation.runUntilDrained();
    expect(seen).toEqual(["1:api:1:0", "2:api:2:0"]);
  });

  it("NO_HANDLE and handles never given cancel nothing", () => {
    const { simulation, kind } = recording();
    expect(simulation.cancel(NO_HANDLE)).toBe(false);
    const handle = simulation.at(at(1), kind("api", "api"));
    expect(simulation.cancel((handle + 1) as typeof handle)).toBe(false);
    expect(simulation.isPending(handle)).toBe(true);
  });

  it("a cancelled closure is not called and its place is used again", () => {
    const simulation = new Simulation({ check: true });
    const seen: string[] = [];
    const first = simulation.callAt(at(1), RANK.api, "first", () => seen.push("first"));
    simulation.cancel(first);
    simulation.callAt(at(1), RANK.api, "second", () => seen.push("second"));
    simulation.runUntilDrained();
    expect(seen).toEqual(["second"]);
  });

  it("a timer that is moved a million times keeps memory flat", () => {
    const simulation = new Simulation();
    const kind = simulation.defineKind("timeout", RANK.controller, () => {});
    const work = simulation.defineKind("work", RANK.workload, (left) => {
      simulation.cancel(handle);
      handle = simulation.after(us(40_000_000), kind);
      if (left > 0) simulation.after(us(10), work, left - 1);
    });
    let handle = simulation.after(us(40_000_000), kind);
    simulation.at(at(0), work, 1_000_000);
    simulation.runUntilDrained();
    const { table, pending } = simulation as unknown as {
      table: { capacity: number };
      pending: { size: number };
    };
    expect(simulation.stats.cancelled).toBe(1_000_001);
    expect(table.capacity).toBeLessThanOrEqual(4_096);
    expect(pending.size).toBe(0);
  });
});

describe("ends of a run", () => {
  it("runUntil includes its instant and leaves the clock there", () => {
    const { simulation, seen, kind } = recording();
    const api = kind("api", "api");
    for (const instant of [1, 5, 6]) simulation.at(at(instant), api);
    const outcome = simulation.runUntil(at(5));
    expect(outcome).toMatchObject({ reason: "horizon", atUs: 5, firedCount: 2 });
    expect(seen).toHaveLength(2);
    expect(simulation.runUntil(at(100))).toMatchObject({ reason: "horizon", atUs: 100 });
    expect(() => simulation.runUntil(at(99))).toThrow("in the past");
  });

  it("a longer horizon only adds to what a shorter one saw", () => {
    const seenUntil = (...horizons: number[]) => {
      const { simulation, seen, kind } = recording();
      const api = kind("api", "api");
      for (let i = 0; i < 50; i++) simulation.at(at((i * 37) % 50), api, i);
      for (const horizon of horizons) simulation.runUntil(at(horizon));
      return seen;
    };
    const long = seenUntil(40);
    expect(seenUntil(10, 20, 40)).toEqual(long);
    expect(long.slice(0, seenUntil(20).length)).toEqual(seenUntil(20));
  });

  it("drained means that only background events are left", () => {
    const simulation = new Simulation({ check: true });
    const seen: number[] = [];
    const beat = simulation.every(us(10), RANK.kubelet, "beat", () => seen.push(simulation.nowUs));
    simulation.callAt(at(35), RANK.api, "work", () => {});
    expect(simulation.runUntilDrained()).toMatchObject({ reason: "drained", atUs: 35 });
    expect(seen).toEqual([10, 20, 30]);
    expect(simulation.stats).toMatchObject({ pending: 1, foregroundPending: 0 });
    expect(beat.nextAtUs).toBe(40);
  });

  it("drained at once when there is nothing to do; horizon 0 fires what is due at 0", () => {
    expect(new Simulation().runUntilDrained()).toMatchObject({ reason: "drained", atUs: 0 });
    const { simulation, seen, kind } = recording();
    simulation.at(at(0), kind("api", "api"));
    simulation.runUntil(at(0));
    expect(seen).toEqual(["0:api:0:0"]);
  });

  it("limits of one call and of the whole simulation", () => {
    const { simulation, kind } = recording({ limits: { maxEvents: 7 } });
    const api = kind("api", "api");
    for (let i = 0; i < 10; i++) simulation.at(at(i), api);
    expect(simulation.runUntilDrained({ maxEvents: 3 })).toMatchObject({
      reason: "limit",
      firedCount: 3,
    });
    expect(simulation.runUntilDrained({ untilUs: at(4) })).toMatchObject({
      reason: "horizon",
      atUs: 4,
    });
    expect(simulation.runUntilDrained()).toMatchObject({ reason: "limit", firedCount: 2 });
  });

  it("stop ends the run after the running event, with its reason", () => {
    const simulation = new Simulation({ check: true });
    simulation.callAt(at(1), RANK.api, "stop", () => simulation.stop("enough"));
    simulation.callAt(at(1), RANK.api, "next", () => {});
    expect(simulation.runUntilDrained()).toMatchObject({
      reason: "stopped",
      detail: "enough",
      firedCount: 1,
    });
    expect(simulation.runUntilDrained()).toMatchObject({ reason: "drained", firedCount: 1 });
  });

  it("step fires one event at a time", () => {
    const { simulation, seen, kind } = recording();
    const api = kind("api", "api");
    simulation.at(at(3), api, 1);
    simulation.at(at(4), api, 2);
    expect([simulation.step(), seen.length, simulation.nowUs]).toEqual([true, 1, 3]);
    expect([simulation.step(), simulation.step()]).toEqual([true, false]);
  });

  it("an exception of a handler ends the run and leaves the rest pending", () => {
    const { simulation, seen, kind } = recording();
    simulation.callAt(at(1), RANK.api, "wrong", () => {
      throw new Error("handler broke");
    });
    simulation.at(at(2), kind("api", "api"));
    expect(() => simulation.runUntilDrained()).toThrow("handler broke");
    simulation.runUntilDrained();
    expect(seen).toEqual(["2:api:0:0"]);
  });
});

describe("refusals", () => {
  const simulation = new Simulation();
  const kind = simulation.defineKind("pod", RANK.api, () => {});
  simulation.runUntil(at(100));
  it.each([
    ["the past", () => simulation.at(at(99), kind), 'Event "pod" at 99 us is before the present'],
    ["a negative delay", () => simulation.after(us(-1), kind), "before the present"],
    ["a fraction", () => simulation.at(at(100.5), kind), "is not an integer"],
    ["not a number", () => simulation.at(at(Number.NaN), kind), "before the present"],
    ["a payload beyond 32 bits", () => simulation.at(at(100), kind, 2 ** 31), "32-bit"],
    ["a fractional payload", () => simulation.at(at(100), kind, 0, 0.5), "32-bit"],
    ["a negative lane delay", () => simulation.lane(kind, us(-1)), "non-negative"],
    ["a lane of an unknown kind", () => simulation.lane(99 as never, us(1)), "was not defined"],
    ["a rank that is none", () => simulation.defineKind("x", 11 as never, () => {}), "ranks are"],
    ["stop outside a run", () => simulation.stop("x"), "running simulation"],
    ["a period of zero", () => simulation.every(us(0), RANK.api, "x", () => {}), "positive"],
  ])("%s", (_what, wrong, message) => {
    expect(wrong).toThrow(message);
  });

  it("a label per object, once there are more than 65,536", () => {
    const crowded = new Simulation();
    const label = (pod: number) => crowded.callAt(at(1), RANK.api, `pod ${pod}`, () => {});
    for (let pod = 0; pod < 65_536; pod++) label(pod);
    expect(() => label(65_536)).toThrow("labels of calls must not name single objects");
  });

  it("a run inside a run", () => {
    const nested = new Simulation();
    nested.callAt(at(0), RANK.api, "nest", () => nested.runUntil(at(5)));
    expect(() => nested.runUntilDrained()).toThrow("already running");
  });
});

describe("event log", () => {
  it("keeps the last events with their names, oldest first", () => {
    const log = new EventLog(3);
    const simulation = new Simulation({ log });
    const kind = simulation.defineKind("tick", RANK.controller, () => {});
    for (let i = 0; i < 5; i++) simulation.at(at(i * 1_000_000), kind, i, -i);
    simulation.callAt(at(4_000_000), RANK.measurement, "sample", () => {});
    simulation.runUntilDrained();
    expect(log.count).toBe(6);
    expect(log.recent().map(({ kind: name, a, sequence }) => [name, a, sequence])).toEqual([
      ["tick", 3, 4],
      ["tick", 4, 5],
      ["sample", 0, 6],
    ]);
    expect(log.format().at(0)).toBe("3s rank 7 #4 tick (3, -3)");
  });
});
