// The event queue alone, in the hold model: pop the least, push it again a random span later.
//
// What is stored decides more than the library does: integer slots with keys in typed arrays
// against event objects in the same package, and a plain sorted array at small sizes.

import { PackageHeap, SortedArrayEvents } from "../../src/engine/index.ts";
import type { PendingEvents, PendingEventsFactory } from "../../src/engine/index.ts";
import type { Benchmark, Variant } from "../harness/benchmark.ts";
import { ResultHash } from "../harness/result-hash.ts";
import { createObjectHeap } from "./object-heap.ts";
import type { EventObject } from "./object-heap.ts";

const HOLDS = 100_000;
const SPAN_US = 1_000_000;
/** Three hours into a run: instants beyond 2^31 us are doubles in objects, as they are in practice. */
const START_US = 10_800_000_000;
const SORTED_ARRAY_SIZE_MAX = 1_000;

/** The event queue in the hold model. */
export const benchmark: Benchmark = {
  name: "engine/event-queue",
  title: "hold model: integer slots against event objects in the same package",
  operation: "hold",
  sizeName: "pending events",
  sizes: { small: [10, 100, 1_000], full: [1_000, 10_000, 100_000] },
  baseline: "package, event objects",
  variants: (size) => [
    objectVariant(size),
    slotVariant("package, integer slots", size, (isBefore) => new PackageHeap(isBefore)),
    ...(size > SORTED_ARRAY_SIZE_MAX
      ? []
      : [slotVariant("sorted array, integer slots", size, (o) => new SortedArrayEvents(o))]),
  ],
};

function slotVariant(name: string, size: number, create: PendingEventsFactory): Variant {
  const atUs = new Float64Array(size);
  const order = new Float64Array(size);
  let queue: PendingEvents;
  let random: Congruential;
  return {
    name,
    operations: HOLDS,
    begin: () => {
      random = new Congruential();
      queue = create((left, right) => {
        const leftUs = atUs[left]!;
        const rightUs = atUs[right]!;
        return leftUs !== rightUs ? leftUs < rightUs : order[left]! < order[right]!;
      });
      for (let slot = 0; slot < size; slot++) {
        atUs[slot] = START_US + random.below(SPAN_US);
        order[slot] = slot;
        queue.push(slot);
      }
    },
    run: () => {
      const hash = new ResultHash();
      for (let hold = 0; hold < HOLDS; hold++) {
        const slot = queue.pop();
        hash.add(order[slot]!);
        atUs[slot] = atUs[slot]! + random.below(SPAN_US);
        order[slot] = size + hold;
        queue.push(slot);
      }
      return hash.hex();
    },
  };
}

function objectVariant(size: number): Variant {
  let queue: ReturnType<typeof createObjectHeap>;
  let random: Congruential;
  const nothing = (): void => {};
  const event = (atUs: number, sequence: number): EventObject => ({
    atUs,
    rank: 0,
    sequence,
    run: nothing,
  });
  return {
    name: "package, event objects",
    operations: HOLDS,
    begin: () => {
      random = new Congruential();
      queue = createObjectHeap();
      for (let i = 0; i < size; i++) queue.add(event(START_US + random.below(SPAN_US), i));
    },
    run: () => {
      const hash = new ResultHash();
      for (let hold = 0; hold < HOLDS; hold++) {
        const first = queue.poll()!;
        hash.add(first.sequence);
        queue.add(event(first.atUs + random.below(SPAN_US), size + hold));
      }
      return hash.hex();
    },
  };
}

/** The generator of the engine workloads: one 32-bit state, seed 42. */
class Congruential {
  private state = 42;

  below(bound: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 4294967296) * bound);
  }
}
