// podsim on the workloads of the peers, in a process of its own: prints the line that every driver prints.
//
// node dist-bench/bench/main.js podsim-driver e1 1000 1000

import { fillQueue, runHolds, warmUpHolds } from "../engine/hold.ts";
import { runMm1 } from "../engine/mm1.ts";
import { runTies, runTimeouts } from "../engine/timeouts.ts";
import { cpuMs } from "../harness/slices.ts";
import { placeMachines } from "../scheduler/placement.ts";
import type { DriverReport } from "./driver-report.ts";

type Work = (a: number, b: number) => { readonly events: number; readonly check: number[] };

const WORKLOADS: Readonly<Record<string, Work>> = {
  e1: (processes, waits) => ({
    events: processes * waits,
    check: [runTimeouts(processes, waits).clock],
  }),
  e2: (processes, waits) => {
    const { clock, order } = runTies(processes, waits);
    return { events: processes * waits, check: [clock, order] };
  },
  e3: (customers) => {
    const { clock, mean } = runMm1(customers);
    return { events: 2 * customers, check: [clock, mean] };
  },
  e4e: (size, holds) => ({ events: holds, check: [runHolds(size, holds)] }),
  v1: (hosts, machines) => {
    const result = placeMachines(hosts, machines, "first-fit-from-last");
    return { events: result.placed, check: [result.placed, result.cores, result.order] };
  },
};

/** Runs one workload at the given sizes; `args` are its name and sizes. */
export function runPodsimDriver([name = "", first, second]: readonly string[]): void {
  const [a, b] = [Number(first), Number(second)];
  const result = name === "e4q" ? holdQueue(a, b) : runAll(WORKLOADS[name]!, a, b);
  console.log(JSON.stringify(result));
}

/** The set-up of a small world counts: nobody's set-up can be told apart from inside in the same way. */
function runAll(work: Work, first: number, second: number): DriverReport {
  const startMs = cpuMs();
  const { events, check } = work(first, second);
  return report(events, startMs, check);
}

/** Filling and warming up are left out, as the workload says. */
function holdQueue(size: number, holds: number): DriverReport {
  const queue = fillQueue(size);
  queue.hold(warmUpHolds(holds));
  const startMs = cpuMs();
  const last = queue.hold(holds);
  return report(holds, startMs, [last]);
}

function report(events: number, startMs: number, check: readonly number[]): DriverReport {
  const loopCpu = (cpuMs() - startMs) / 1_000;
  const maxRssMiB = process.resourceUsage().maxRSS / 1024;
  return { events, loopCpu, processCpu: cpuMs() / 1_000, maxRssMiB, check };
}
