// A service station on the engine: customers, some servers, a waiting line. No cluster.
//
// One unit of theory is one second, so a draw is rounded by less than a millionth. Interarrival
// and service times are drawn by customer, from streams of their own, and kept, so that exact
// recursions can replay the very same draws. The wrong* options are mutants for the power tests.

import { seededStream, streamName } from "../../../src/base/index.ts";
import type { Duration, Instant, Law } from "../../../src/base/index.ts";
import { RANK, Simulation } from "../../../src/engine/index.ts";

export interface StationSetting {
  readonly customers: number;
  readonly interarrival: Law;
  readonly service: Law;
  readonly servers: number;
  /** Customers that fit in all, those in service included; more are refused. */
  readonly capacity?: number;
  readonly wrongOrder?: "lifo";
  readonly wrongStream?: boolean;
  readonly wrongPrecision?: "seconds";
  /** Customers that stand in line when the station opens. */
  readonly wrongStart?: number;
}

/** What happened to each customer; microseconds. */
export interface StationHistory {
  readonly arrivedUs: Float64Array;
  readonly serviceUs: Float64Array;
  /** -1 for customers that were refused. */
  readonly startedUs: Float64Array;
  /** Customers in the station at arrival, without the one that arrives. */
  readonly seenCount: Int32Array;
  /** Integral over time of the number of customers in the station. */
  customerUs: number;
}

export function runStation(setting: StationSetting, replication: number): StationHistory {
  const history = drawCustomers(setting, replication);
  const { arrivedUs, serviceUs, startedUs, seenCount } = history;
  const { customers, servers, capacity = Number.POSITIVE_INFINITY } = setting;
  const isLifo = setting.wrongOrder === "lifo";
  const simulation = new Simulation();
  const line = new Int32Array(customers);
  let first = 0;
  let last = 0;
  let inStation = 0;

  let countedToUs = 0;
  const count = (): void => {
    history.customerUs += inStation * (simulation.nowUs - countedToUs);
    countedToUs = simulation.nowUs;
  };
  const begin = (customer: number): void => {
    startedUs[customer] = simulation.nowUs;
    simulation.after(serviceUs[customer]! as Duration, end, customer);
  };
  const end = simulation.defineKind("end", RANK.machine, () => {
    count();
    inStation--;
    if (first < last) begin(isLifo ? line[--last]! : line[first++]!);
  });
  const arrival = simulation.defineKind("arrival", RANK.workload, (customer) => {
    count();
    seenCount[customer] = inStation;
    if (inStation >= capacity) return;
    if (inStation++ < servers) begin(customer);
    else line[last++] = customer;
  });
  let next = -1;
  simulation.arrivals(arrival, {
    next: () => ++next < customers,
    get atUs() {
      return arrivedUs[next]! as Instant;
    },
    get a() {
      return next;
    },
    b: 0,
  });
  simulation.runUntilDrained();
  return history;
}

function drawCustomers(setting: StationSetting, replication: number): StationHistory {
  const { customers, interarrival, service, wrongStart = 0 } = setting;
  const gaps = seededStream(streamName("theory", replication, "interarrival"));
  const spans = setting.wrongStream
    ? seededStream(streamName("theory", replication, "interarrival"))
    : seededStream(streamName("theory", replication, "service"));
  const grainUs = setting.wrongPrecision === "seconds" ? 1_000_000 : 1;
  const inUs = (seconds: number): number => Math.floor((seconds * 1e6) / grainUs) * grainUs;
  const nextGap = (): number => gaps.nextUnit();
  const nextSpan = (): number => spans.nextUnit();
  const arrivedUs = new Float64Array(customers);
  const serviceUs = new Float64Array(customers);
  let atUs = 0;
  for (let customer = 0; customer < customers; customer++) {
    const gapUs = inUs(interarrival.sample(nextGap));
    if (customer >= wrongStart) atUs += gapUs;
    arrivedUs[customer] = atUs;
    serviceUs[customer] = inUs(service.sample(nextSpan));
  }
  const startedUs = new Float64Array(customers).fill(-1);
  const seenCount = new Int32Array(customers);
  return { arrivedUs, serviceUs, startedUs, seenCount, customerUs: 0 };
}
