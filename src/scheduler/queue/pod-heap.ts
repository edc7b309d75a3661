// PodHeap: a binary heap of queued pods that can also take out or re-sort a pod from its middle.
//
// Each record carries its own position (`heapIndex`), so a record is in at most one heap. The order
// given must be total (the queue's orders end in the arrival number), which makes the sequence of
// pops independent of the heap's inner layout.

import { assert } from "../../base/index.ts";
import type { QueuedPod } from "./queued-pod.ts";

/** True when `a` goes strictly before `b`; must be total over the records of one queue. */
export type QueuedPodOrder = (a: QueuedPod, b: QueuedPod) => boolean;

/** The first record by the given order, in logarithmic time. */
export class PodHeap {
  private readonly items: QueuedPod[] = [];
  private readonly before: QueuedPodOrder;

  constructor(before: QueuedPodOrder) {
    this.before = before;
  }

  get size(): number {
    return this.items.length;
  }

  peek(): QueuedPod | undefined {
    return this.items[0];
  }

  /** All records, in no particular order. */
  all(): readonly QueuedPod[] {
    return this.items;
  }

  push(record: QueuedPod): void {
    assert(record.heapIndex === -1, "a queued pod is already in a heap");
    record.heapIndex = this.items.length;
    this.items.push(record);
    this.up(record.heapIndex);
  }

  pop(): QueuedPod | undefined {
    const first = this.items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  remove(record: QueuedPod): void {
    const index = record.heapIndex;
    assert(this.items[index] === record, "a queued pod is not in this heap");
    const last = this.items.pop()!;
    record.heapIndex = -1;
    if (last === record) return;
    this.items[index] = last;
    last.heapIndex = index;
    this.settle(index);
  }

  /** Restores the order after the record's keys changed in place. */
  resort(record: QueuedPod): void {
    assert(this.items[record.heapIndex] === record, "a queued pod is not in this heap");
    this.settle(record.heapIndex);
  }

  private settle(index: number): void {
    if (!this.down(index)) this.up(index);
  }

  private up(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.before(this.items[index]!, this.items[parent]!)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private down(start: number): boolean {
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.items.length) break;
      const right = child + 1;
      if (right < this.items.length && this.before(this.items[right]!, this.items[child]!)) {
        child = right;
      }
      if (!this.before(this.items[child]!, this.items[index]!)) break;
      this.swap(index, child);
      index = child;
    }
    return index !== start;
  }

  private swap(i: number, j: number): void {
    const a = this.items[i]!;
    const b = this.items[j]!;
    this.items[i] = b;
    b.heapIndex = i;
    this.items[j] = a;
    a.heapIndex = j;
  }
}
