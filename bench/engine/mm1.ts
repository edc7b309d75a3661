// E3: one source of customers, one first-in-first-out server; a queue of theory, M/M/1 at 0.9.
//
// The source draws from its own generator, the server from another; a customer's service is drawn
// when it starts. The mean time in system comes close to 10.

import type { Duration, Instant } from "../../src/base/index.ts";
import { RANK, Simulation } from "../../src/engine/index.ts";
import { Congruential, UNIT } from "./congruential.ts";
import { ObjectEngine } from "./object-engine.ts";

const ARRIVALS_PER_SERVICE = 0.9;
const SOURCE_SEED = 42;
const SERVER_SEED = 4242;

/** Clock at the end and mean time in system, in the workload's units. */
export interface Mm1Result {
  readonly clock: number;
  readonly mean: number;
}

/** E3 on podsim: both delays go through the general queue. */
export function runMm1(customers: number): Mm1Result {
  const simulation = new Simulation();
  const source = new Congruential(SOURCE_SEED);
  const server = new Congruential(SERVER_SEED);
  const arrivedAt = new Float64Array(customers);
  let arrived = 0;
  let served = 0;
  let total = 0;
  const nextGap = (): Duration =>
    Math.round((source.exponential() / ARRIVALS_PER_SERVICE) * UNIT) as Duration;
  const startService = (): void => {
    simulation.after(server.exponentialTicks() as Duration, departure);
  };
  const arrival = simulation.defineKind("arrival", RANK.workload, () => {
    arrivedAt[arrived++] = simulation.nowUs;
    if (arrived < customers) simulation.after(nextGap(), arrival);
    if (arrived - served === 1) startService();
  });
  const departure = simulation.defineKind("departure", RANK.workload, () => {
    total += simulation.nowUs - arrivedAt[served++]!;
    if (served < arrived) startService();
  });
  simulation.at(nextGap() as number as Instant, arrival);
  simulation.runUntilDrained();
  return { clock: simulation.nowUs / UNIT, mean: total / customers / UNIT };
}

/** E3 on the object engine: a customer is an object, the waiting line an array. */
export function runObjectMm1(customers: number): Mm1Result {
  const engine = new ObjectEngine();
  const source = new Congruential(SOURCE_SEED);
  const server = new Congruential(SERVER_SEED);
  const line: { readonly arrivedUs: number }[] = [];
  let head = 0;
  let total = 0;
  const nextGap = (): number => Math.round((source.exponential() / ARRIVALS_PER_SERVICE) * UNIT);
  const depart = (): void => {
    total += engine.nowUs - line[head++]!.arrivedUs;
    if (head < line.length) engine.after(server.exponentialTicks(), 0, depart);
  };
  const arrive = (): void => {
    line.push({ arrivedUs: engine.nowUs });
    if (line.length < customers) engine.after(nextGap(), 0, arrive);
    if (line.length - head === 1) engine.after(server.exponentialTicks(), 0, depart);
  };
  engine.after(nextGap(), 0, arrive);
  engine.run();
  return { clock: engine.nowUs / UNIT, mean: total / customers / UNIT };
}
