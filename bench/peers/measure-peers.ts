// Runs podsim and the peers on one workload after the other, interleaved, each run in its own process.
//
// The order is turned round from round to round (ABBA), so that a drift of the machine's load falls on
// all alike. A peer that fails is left out of the rest of that workload with its reason.

import { execFileSync } from "node:child_process";
import os from "node:os";
import { median } from "../harness/statistics.ts";
import { type DriverReport, parseDriverReport } from "./driver-report.ts";
import { reasonOf } from "./install-peers.ts";
import { isPublishedResult, type PeerWorkload } from "./peer-workloads.ts";
import type { CommandLine } from "./peers.ts";

const RUN_MS_MAX = 180_000;

/** Somebody who takes part in a workload. */
export interface Entrant {
  readonly name: string;
  readonly version: string;
  readonly isSlow: boolean;
  readonly command: (workload: readonly string[]) => CommandLine;
}

/** What one entrant's runs came to. */
export interface EntrantFigures {
  readonly name: string;
  readonly version: string;
  /** Why there are no figures; "" when there are. */
  readonly failure: string;
  readonly runs: number;
  readonly events: number;
  /** Medians over the runs. */
  readonly loopCpu: number;
  readonly eventsPerCpuSecond: number;
  readonly processCpu: number;
  readonly maxRssMiB: number;
  /** Largest loop divided by smallest. */
  readonly spread: number;
  /** All runs gave the published results. */
  readonly isRight: boolean;
}

/** One workload's figures. */
export interface WorkloadFigures {
  readonly workload: PeerWorkload;
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly entrants: readonly EntrantFigures[];
}

/** Measures everybody on one workload. */
export function measureWorkload(
  workload: PeerWorkload,
  entrants: readonly Entrant[],
  rounds: number,
): WorkloadFigures {
  const lanes = entrants.map((entrant) => new Lane(entrant, workload));
  const loadBefore = os.loadavg()[0] ?? 0;
  for (let round = 0; round < rounds; round++) {
    for (const lane of round % 2 === 0 ? lanes : [...lanes].reverse()) lane.run();
  }
  const loadAfter = os.loadavg()[0] ?? 0;
  return { workload, loadBefore, loadAfter, entrants: lanes.map((lane) => lane.figures()) };
}

class Lane {
  private readonly entrant: Entrant;
  private readonly expected: readonly number[];
  private readonly commandLine: CommandLine;
  private readonly reports: DriverReport[] = [];
  private failure = "";

  constructor(entrant: Entrant, workload: PeerWorkload) {
    this.entrant = entrant;
    const size = entrant.isSlow ? (workload.tenth ?? workload) : workload;
    this.expected = size.check;
    this.commandLine = entrant.command(size.arguments);
  }

  run(): void {
    if (this.failure !== "") return;
    const [program, ...programArguments] = this.commandLine;
    try {
      const output = execFileSync(program, programArguments, {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        timeout: RUN_MS_MAX,
      });
      const report = parseDriverReport(output);
      if (report === undefined) this.failure = "its driver printed no report";
      else this.reports.push(report);
    } catch (error) {
      this.failure = reasonOf(error);
    }
  }

  figures(): EntrantFigures {
    const { name, version } = this.entrant;
    const { reports, failure } = this;
    const middle = (read: (report: DriverReport) => number): number =>
      reports.length === 0 ? 0 : median(reports.map(read));
    const loops = reports.map(({ loopCpu }) => loopCpu);
    return {
      name,
      version,
      failure,
      runs: reports.length,
      events: reports[0]?.events ?? 0,
      loopCpu: middle(({ loopCpu }) => loopCpu),
      eventsPerCpuSecond: middle(({ events, loopCpu }) => events / loopCpu),
      processCpu: middle(({ processCpu }) => processCpu),
      maxRssMiB: middle(({ maxRssMiB }) => maxRssMiB),
      spread: reports.length === 0 ? 0 : Math.max(...loops) / Math.min(...loops),
      isRight:
        reports.length > 0 && reports.every(({ check }) => isPublishedResult(check, this.expected)),
    };
  }
}
