// V1: machines onto hosts by first fit, with the resource filter of the default profile.

import type { Benchmark } from "../harness/benchmark.ts";
import { placeMachines } from "./placement.ts";

const MACHINES_PER_HOST = 10;

/** Workload V1; both rules place the same machines. */
export const benchmark: Benchmark = {
  name: "scheduler/placement",
  title: "V1: first fit of machines onto equal hosts, ten per host",
  operation: "machine",
  sizeName: "hosts",
  sizes: { small: [5, 10, 20], full: [10, 100, 1_000] },
  baseline: "from the first host",
  variants: (hosts) => {
    const operations = hosts * MACHINES_PER_HOST;
    const run = (rule: "first-fit" | "first-fit-from-last") => (): string => {
      const { placed, cores, endedUs } = placeMachines(hosts, operations, rule);
      return `${placed} ${cores} ${endedUs}`;
    };
    return [
      { name: "from the first host", operations, run: run("first-fit") },
      { name: "from the last host", operations, run: run("first-fit-from-last") },
    ];
  },
};
