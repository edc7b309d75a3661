// Memory is flat in steady state: after a warm-up, a million further events take no new room.

import { expect, it } from "vitest";
import type { Duration, Instant } from "../../src/base/index.ts";
import { RANK, Simulation } from "../../src/engine/index.ts";

it("two million events through queue, lane and arrivals keep every array as long as it was", () => {
  const simulation = new Simulation();
  const finish = simulation.defineKind("finish", RANK.machine, () => {});
  const start = simulation.defineKind("start", RANK.machine, (pod) => {
    const handle = simulation.after((50_000 + ((pod * 7919) % 100_000)) as Duration, finish, pod);
    if (pod % 5 === 0) simulation.cancel(handle);
  });
  const starts = simulation.lane(start, 1_500 as Duration);
  const arrival = simulation.defineKind("arrival", RANK.workload, (pod) => starts.push(pod));
  const pods = { atUs: 0 as Instant, a: 0, b: 0, next: () => false };
  pods.next = () => {
    pods.atUs = (pods.atUs + 100) as Instant;
    pods.a++;
    return pods.a < 800_000;
  };
  simulation.arrivals(arrival, pods);

  const inside = simulation as unknown as {
    table: { capacity: number };
    lanes: ({ atUsRing: Float64Array } | undefined)[];
    pending: { heap: { array: number[] } };
  };
  const room = () => [
    inside.table.capacity,
    inside.lanes.map((lane) => lane?.atUsRing.length ?? 0),
    inside.pending.heap.array.length < 2_048,
  ];
  simulation.runUntil(5_000_000 as Instant);
  const roomBefore = room();
  const heapBytesBefore = process.memoryUsage().heapUsed;
  expect(simulation.runUntilDrained().firedCount).toBeGreaterThan(1_900_000);
  expect(room()).toEqual(roomBefore);
  expect(process.memoryUsage().heapUsed - heapBytesBefore).toBeLessThan(32 * 2 ** 20);
});
