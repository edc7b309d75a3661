// The same pods on podsim's engine: arrivals from a source, constant delays in lanes, lifetimes in
// the general queue, pods in recycled rows of typed arrays.

import type { Duration, Instant } from "../../src/base/index.ts";
import { RANK, Simulation } from "../../src/engine/index.ts";
import type { SimulationOptions } from "../../src/engine/index.ts";
import { ResultHash } from "../harness/result-hash.ts";
import { CYCLE_DELAY_US, NODE_COUNT, nodeOf, PodStream, START_DELAY_US } from "./pod-stream.ts";

/** Most pods alive at a time; the workload has about 30,000. */
const LIVE_PODS_MAX = 65_536;

/** Runs the pods to their end; the hash covers every start and end with node and instant. */
export function runColumnEngine(podCount: number, options: SimulationOptions = {}): string {
  const simulation = new Simulation(options);
  const stream = new PodStream();
  const hash = new ResultHash();
  const freeRows = Int32Array.from({ length: LIVE_PODS_MAX }, (_, row) => row); // stack
  let freeCount = LIVE_PODS_MAX;
  const ordinalColumn = new Int32Array(LIVE_PODS_MAX);
  const nodeColumn = new Int32Array(LIVE_PODS_MAX);
  const lifetimeUsColumn = new Float64Array(LIVE_PODS_MAX);
  const podCountOnNode = new Int32Array(NODE_COUNT);
  let ended = 0;

  const note = (row: number): void => {
    hash.add(ordinalColumn[row]!);
    hash.add(podCountOnNode[nodeColumn[row]!]!);
    hash.addWide(simulation.nowUs);
  };
  const finish = simulation.defineKind("finish", RANK.machine, (row) => {
    podCountOnNode[nodeColumn[row]!]!--;
    note(row);
    freeRows[freeCount++] = row;
    ended++;
  });
  const start = simulation.defineKind("start", RANK.machine, (row) => {
    note(row);
    simulation.after(lifetimeUsColumn[row]! as Duration, finish, row);
  });
  const starts = simulation.lane(start, START_DELAY_US as Duration);
  const cycle = simulation.defineKind("cycle", RANK.scheduler, (row) => {
    const node = nodeOf(ordinalColumn[row]!);
    nodeColumn[row] = node;
    podCountOnNode[node]!++;
    starts.push(row);
  });
  const cycles = simulation.lane(cycle, CYCLE_DELAY_US as Duration);
  const arrival = simulation.defineKind("arrival", RANK.workload, (ordinal) => {
    if (freeCount === 0) throw new Error("More pods alive than rows.");
    const row = freeRows[--freeCount]!;
    ordinalColumn[row] = ordinal;
    lifetimeUsColumn[row] = pods.lifetimeUs;
    cycles.push(row);
  });
  const pods = new PodCursor(stream, podCount);
  simulation.arrivals(arrival, pods);
  simulation.runUntilDrained();
  hash.addWide(simulation.stats.fired);
  hash.add(podCount - ended);
  return hash.hex();
}

/**
 * Arrivals drawn one ahead. The gap to a pod is drawn before the lifetime of the pod before it,
 * as in the object engine, where each arrival schedules the next one first.
 */
class PodCursor {
  atUs: Instant = 0 as Instant;
  a = -1;
  readonly b = 0;
  /** Lifetime of the pod that arrives now: the one before the cursor's. */
  lifetimeUs = 0;
  private readonly stream: PodStream;
  private readonly podCount: number;

  constructor(stream: PodStream, podCount: number) {
    this.stream = stream;
    this.podCount = podCount;
  }

  next(): boolean {
    const ordinal = this.a + 1;
    const hasNext = ordinal < this.podCount;
    if (hasNext) this.atUs = (this.atUs + this.stream.nextGapUs()) as Instant;
    if (ordinal > 0) this.lifetimeUs = this.stream.nextLifetimeUs();
    this.a = ordinal;
    return hasNext;
  }
}
