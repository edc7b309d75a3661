// The machine a benchmark ran on, and the calibration loop E0 that carries figures to another.

import os from "node:os";
import { cpuMs } from "./slices.ts";
import { median } from "./statistics.ts";

/** Draws in the full calibration loop E0. */
export const E0_DRAWS = 20_000_000;

/** What figures depend on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  /** Load average over one minute when the benchmark began. */
  readonly load: number;
  /** CPU seconds of E0 here, scaled from a part of it. */
  readonly e0CpuSeconds: number;
}

/** Describes this machine; calibrates with a part of E0, three times. */
export function describeMachine(calibrationDraws: number): Machine {
  const cpus = os.cpus();
  const timings: number[] = [];
  for (let i = 0; i < 3; i++) {
    const startMs = cpuMs();
    calibrate(calibrationDraws);
    timings.push(cpuMs() - startMs);
  }
  return {
    cpu: cpus[0]?.model.trim() ?? "unknown",
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    load: os.loadavg()[0] ?? 0,
    e0CpuSeconds: (median(timings) / 1000) * (E0_DRAWS / calibrationDraws),
  };
}

/** E0: sums exponential draws of a 32-bit congruential generator that starts at 42. */
export function calibrate(draws: number): number {
  let state = 42;
  let sum = 0;
  for (let i = 0; i < draws; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    sum += -Math.log((state + 0.5) / 4294967296);
  }
  return sum;
}

/** One line for reports. */
export function formatMachine(machine: Machine): string {
  return (
    `machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ` +
    `${machine.platform}, Node ${machine.node}, load ${machine.load.toFixed(1)}, ` +
    `E0 ${machine.e0CpuSeconds.toFixed(3)} CPU s`
  );
}
