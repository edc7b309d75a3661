// E3: a single server, podsim against the object engine.

import type { Benchmark } from "../harness/benchmark.ts";
import { type Mm1Result, runMm1, runObjectMm1 } from "./mm1.ts";

const EVENTS_PER_CUSTOMER = 2;

const hashOf = ({ clock, mean }: Mm1Result): string => `${clock} ${mean}`;

/** Workload E3. */
export const benchmark: Benchmark = {
  name: "engine/mm1",
  title: "E3: customers, one first-in-first-out server at 0.9 load",
  operation: "event",
  sizeName: "customers",
  sizes: { small: [100, 1_000, 10_000], full: [2_000, 20_000, 200_000] },
  baseline: "object engine",
  variants: (customers) => {
    const operations = customers * EVENTS_PER_CUSTOMER;
    return [
      { name: "object engine", operations, run: () => hashOf(runObjectMm1(customers)) },
      { name: "podsim", operations, run: () => hashOf(runMm1(customers)) },
    ];
  },
};
