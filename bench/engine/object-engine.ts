// An idiomatic object engine: event objects with closures in a binary heap, pods in a Map.
//
// The honest baseline of the event-loop benchmark, written as a careful programmer writes a
// simulator without thinking of columns. It obeys the same order (instant, rank, sequence).

import { ResultHash } from "../harness/result-hash.ts";
import { isEventBefore } from "./object-heap.ts";
import type { EventObject } from "./object-heap.ts";
import { CYCLE_DELAY_US, NODE_COUNT, nodeOf, PodStream, START_DELAY_US } from "./pod-stream.ts";

interface Pod {
  readonly name: string;
  readonly ordinal: number;
  readonly arrivedUs: number;
  readonly lifetimeUs: number;
  phase: "Pending" | "Bound" | "Running" | "Succeeded";
  node: Node | undefined;
}

interface Node {
  readonly name: string;
  readonly pods: Set<Pod>;
}

const RANK = { machine: 2, workload: 6, scheduler: 8 };

/** The whole of an object engine: a clock, a heap of events and a loop. */
export class ObjectEngine {
  nowUs = 0;
  fired = 0;
  private sequence = 0;
  private readonly heap: EventObject[] = [];

  after(delayUs: number, rank: number, run: () => void): void {
    this.push({ atUs: this.nowUs + delayUs, rank, sequence: this.sequence++, run });
  }

  run(): void {
    for (let event = this.pop(); event !== undefined; event = this.pop()) {
      this.nowUs = event.atUs;
      this.fired++;
      event.run();
    }
  }

  private push(event: EventObject): void {
    const { heap } = this;
    let child = heap.length;
    heap.push(event);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isEventBefore(event, heap[parent]!)) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = event;
  }

  private pop(): EventObject | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isEventBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isEventBefore(heap[child]!, last)) break;
      heap[parent] = heap[child]!;
      parent = child;
    }
    heap[parent] = last;
    return first;
  }
}

/** Runs the pods to their end; the hash covers every start and end with node and instant. */
export function runObjectEngine(podCount: number): string {
  const engine = new ObjectEngine();
  const stream = new PodStream();
  const hash = new ResultHash();
  const pods = new Map<string, Pod>();
  const nodes = Array.from({ length: NODE_COUNT }, (_, index): Node => {
    return { name: `node-${index}`, pods: new Set() };
  });
  const note = (pod: Pod, node: Node): void => {
    hash.add(pod.ordinal);
    hash.add(node.pods.size);
    hash.addWide(engine.nowUs);
  };
  const finish = (pod: Pod): void => {
    pod.phase = "Succeeded";
    const node = pod.node!;
    node.pods.delete(pod);
    pods.delete(pod.name);
    note(pod, node);
  };
  const start = (pod: Pod): void => {
    pod.phase = "Running";
    note(pod, pod.node!);
    engine.after(pod.lifetimeUs, RANK.machine, () => finish(pod));
  };
  const schedule = (pod: Pod): void => {
    const node = nodes[nodeOf(pod.ordinal)]!;
    pod.node = node;
    pod.phase = "Bound";
    node.pods.add(pod);
    engine.after(START_DELAY_US, RANK.machine, () => start(pod));
  };
  const arrive = (ordinal: number): void => {
    if (ordinal + 1 < podCount) {
      engine.after(stream.nextGapUs(), RANK.workload, () => arrive(ordinal + 1));
    }
    const pod: Pod = {
      name: `pod-${ordinal}`,
      ordinal,
      arrivedUs: engine.nowUs,
      lifetimeUs: stream.nextLifetimeUs(),
      phase: "Pending",
      node: undefined,
    };
    pods.set(pod.name, pod);
    engine.after(CYCLE_DELAY_US, RANK.scheduler, () => schedule(pod));
  };
  engine.after(stream.nextGapUs(), RANK.workload, () => arrive(0));
  engine.run();
  hash.addWide(engine.fired);
  hash.add(pods.size);
  return hash.hex();
}
