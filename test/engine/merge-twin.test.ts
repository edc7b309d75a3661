// The clever merge (heap, lanes, arrivals) against its naive twin: every event in one sorted
// array. Random programs must fire the same events in the same order under both.

import { describe, expect, it } from "vitest";
import type { Duration, Instant } from "../../src/base/index.ts";
import { EventLog, RANK, Simulation, SortedArrayEvents } from "../../src/engine/index.ts";
import type { EventHandle, Lane, Rank } from "../../src/engine/index.ts";
import { SeededIntegers } from "./seeded-integers.ts";

const RANKS: readonly Rank[] = Object.values(RANK);
const DELAYS = [0, 1, 1, 5, 13, 100];

/** Runs a random program of 3,000 events; what it does depends on the seed alone. */
function firedBy(seed: number, isNaive: boolean, check = true): string[] {
  const random = new SeededIntegers(seed);
  const log = new EventLog(10_000);
  const simulation = new Simulation({
    log,
    check,
    ...(isNaive ? { pendingEvents: (isBefore) => new SortedArrayEvents(isBefore) } : {}),
  });
  let left = 3_000;
  const handles: EventHandle[] = [];
  const act = (): void => {
    for (let count = random.below(3); count > 0 && left > 0; count--, left--) {
      const way = random.below(4);
      if (way === 0)
        handles.push(simulation.after(random.below(30) as Duration, kinds[random.below(11)]!));
      else if (way === 1 && handles.length > 0)
        simulation.cancel(handles[random.below(handles.length)]!);
      else lanes[random.below(lanes.length)]!.push(left);
    }
  };
  const kinds = RANKS.map((rank) => simulation.defineKind(`kind ${rank}`, rank, act));
  const lanes = DELAYS.map((delay, index): Pick<Lane, "push"> => {
    const kind = simulation.defineKind(`lane ${index}`, RANKS[(index * 3) % 11]!, act);
    if (!isNaive) return simulation.lane(kind, delay as Duration);
    return { push: (a = 0, b = 0) => void simulation.after(delay as Duration, kind, a, b) };
  });
  const arrivals = simulation.defineKind("arrival", RANK.workload, act);
  const instants = Array.from({ length: 400 }, () => random.below(2_000)).sort((l, r) => l - r);
  if (isNaive) arriveByHand(simulation, arrivals, instants);
  else arriveFromSource(simulation, arrivals, instants);
  simulation.runUntilDrained();
  return log.format();
}

type Kind = ReturnType<Simulation["defineKind"]>;

function arriveFromSource(simulation: Simulation, kind: Kind, instants: readonly number[]): void {
  let next = -1;
  simulation.arrivals(kind, {
    next: () => ++next < instants.length,
    get atUs() {
      return instants[next]! as Instant;
    },
    get a() {
      return next;
    },
    b: 0,
  });
}

/** Each arrival schedules the next one before it acts, which is what an arrival queue promises. */
function arriveByHand(simulation: Simulation, kind: Kind, instants: readonly number[]): void {
  const { handlers } = (simulation as unknown as { kinds: { handlers: ((a: number) => void)[] } })
    .kinds;
  const act = handlers[kind]!;
  handlers[kind] = (index) => {
    const next = index + 1;
    const nextUs = instants[next];
    if (nextUs !== undefined) simulation.at(nextUs as Instant, kind, next);
    act(index);
  };
  simulation.at(instants[0]! as Instant, kind, 0);
}

describe("random programs fire alike", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])("seed %i", (seed) => {
    const fired = firedBy(seed, false);
    expect(fired.length).toBeGreaterThan(1_000);
    expect(fired).toEqual(firedBy(seed, true));
  });
});

it("checking invariants changes nothing", () => {
  expect(firedBy(77, false, false)).toEqual(firedBy(77, false, true));
});
