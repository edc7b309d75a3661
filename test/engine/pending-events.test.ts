// One contract for every event queue: the package, its plain twin, and any later heap.

import { describe, expect, it } from "vitest";
import { NO_SLOT, PackageHeap, SortedArrayEvents } from "../../src/engine/index.ts";
import type { PendingEventsFactory } from "../../src/engine/index.ts";
import { SeededIntegers } from "./seeded-integers.ts";

const implementations: [string, PendingEventsFactory][] = [
  ["PackageHeap", (isBefore) => new PackageHeap(isBefore)],
  ["SortedArrayEvents", (isBefore) => new SortedArrayEvents(isBefore)],
];

/** Slots ordered by a key per slot, ties by the slot itself, as events are by their sequence. */
function byKey(keys: readonly number[]): (left: number, right: number) => boolean {
  return (left, right) =>
    keys[left]! < keys[right]! || (keys[left] === keys[right] && left < right);
}

describe.each(implementations)("%s", (_name, create) => {
  it("gives nothing when empty", () => {
    const queue = create(byKey([]));
    expect([queue.size, queue.peek(), queue.pop()]).toEqual([0, NO_SLOT, NO_SLOT]);
  });

  it("gives the least slot, and equal keys in the order's own tie-break", () => {
    const keys = [5, 1, 5, 1, 0];
    const queue = create(byKey(keys));
    for (const slot of [0, 1, 2, 3, 4]) queue.push(slot);
    expect(queue.peek()).toBe(4);
    expect(drain(queue)).toEqual([4, 1, 3, 0, 2]);
  });

  it("slot 0 is a slot like any other", () => {
    const queue = create(byKey([7]));
    queue.push(0);
    expect([queue.size, queue.peek(), queue.pop(), queue.pop()]).toEqual([1, 0, 0, NO_SLOT]);
  });

  it("takes out every unwanted slot, asking once per slot, and keeps the order", () => {
    const random = new SeededIntegers(11);
    const keys = Array.from({ length: 500 }, () => random.below(40));
    const queue = create(byKey(keys));
    for (let slot = 0; slot < keys.length; slot++) queue.push(slot);
    const asked = new Map<number, number>();
    queue.removeWhere((slot) => {
      asked.set(slot, (asked.get(slot) ?? 0) + 1);
      return slot % 3 === 0;
    });
    expect([...asked.values()].every((times) => times === 1)).toBe(true);
    expect(asked.size).toBe(500);
    const kept = keys.map((_, slot) => slot).filter((slot) => slot % 3 !== 0);
    expect(drain(queue)).toEqual(kept.sort((l, r) => keys[l]! - keys[r]! || l - r));
  });

  it.each([1, 2, 3])("agrees with a sorted list on 8,000 random operations (seed %i)", (seed) => {
    const random = new SeededIntegers(seed);
    const keys: number[] = [];
    const isBefore = byKey(keys);
    const queue = create(isBefore);
    const model: number[] = [];
    for (let operation = 0; operation < 8_000; operation++) {
      if (random.below(100) < (operation < 4_000 ? 60 : 40)) {
        keys.push(random.below(200));
        const slot = keys.length - 1;
        queue.push(slot);
        model.push(slot);
        model.sort((left, right) => (isBefore(left, right) ? -1 : 1));
        if (model.length > 60) continue;
      }
      expect(queue.peek()).toBe(model[0] ?? NO_SLOT);
      expect(queue.pop()).toBe(model.shift() ?? NO_SLOT);
      expect(queue.size).toBe(model.length);
    }
  });
});

it("package and twin agree on 300,000 hold operations (seed 42)", () => {
  const random = new SeededIntegers(42);
  const keys: number[] = [];
  const heap = new PackageHeap(byKey(keys));
  const twin = new SortedArrayEvents(byKey(keys));
  for (let slot = 0; slot < 300_000; slot++) {
    keys.push((slot < 500 ? 0 : keys[slot - 500]!) + random.below(64));
    heap.push(slot);
    twin.push(slot);
    if (slot >= 500 && heap.pop() !== twin.pop()) expect.fail(`differ at operation ${slot}`);
  }
  expect(heap.size).toBe(twin.size);
});

function drain(queue: { pop(): number }): number[] {
  const slots: number[] = [];
  for (let slot = queue.pop(); slot !== NO_SLOT; slot = queue.pop()) slots.push(slot);
  return slots;
}
