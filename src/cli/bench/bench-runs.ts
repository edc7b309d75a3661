// The runs a regression gate is made of: `podsim run` of one build, one scenario, one seed, in a process.
//
// A process per run because then every build can be asked in the same way, this one, an older one, one
// with a planted fault; and because what is measured is what a user gets. Results go to a folder that is
// removed at the end.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchSample, benchSampleOf } from "../../experiment/index.ts";
import type { BenchedResult } from "../../metrics/index.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import { type MeasuredProcess, runMeasured, STEADY_FLAGS } from "./measured-process.ts";

/** One of the two that are compared. */
export interface BenchSide {
  /** As messages call it. */
  readonly label: string;
  /** Its program. */
  readonly main: string;
  /** Values of `-s`; none: what the scenario says. */
  readonly schedulers: readonly string[];
}

/** One run, read back. */
export interface BenchRun {
  readonly result: BenchedResult;
  readonly sample: BenchSample;
}

/** Runs scenarios with the same further arguments; `close` removes what they left. */
export class BenchRuns {
  private readonly passed: readonly string[];
  private readonly folder = mkdtempSync(join(tmpdir(), "podsim-bench-"));

  /** `passed`: arguments that every run gets. */
  constructor(passed: readonly string[]) {
    this.passed = passed;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Results and counts of one seed; undefined: the scenario's own. */
  async sample(side: BenchSide, scenario: string, seed: string | undefined): Promise<BenchRun> {
    const flags = seed === undefined ? [] : ["--seed", seed];
    await this.run(side, scenario, flags, []);
    const read = (name: string): string => readFileSync(join(this.folder, "run", name), "utf8");
    const result = JSON.parse(read("summary.json")) as BenchedResult;
    return { result, sample: benchSampleOf(result, read("decisions.csv")) };
  }

  /** Processor time of one run in microseconds. */
  async time(side: BenchSide, scenario: string, seed: string | undefined): Promise<number> {
    const flags = seed === undefined ? [] : ["--seed", seed];
    const { cpuUs } = await this.run(side, scenario, flags, STEADY_FLAGS);
    return cpuUs;
  }

  /** One run under a program that counts, such as `perf stat`; `isStartup`: ended after one event. */
  async count(
    side: BenchSide,
    scenario: string,
    counter: readonly string[],
    isStartup: boolean,
  ): Promise<void> {
    const flags = isStartup ? ["--max-events", "1"] : [];
    await this.run(side, scenario, flags, STEADY_FLAGS, counter);
  }

  private async run(
    side: BenchSide,
    scenario: string,
    flags: readonly string[],
    nodeFlags: readonly string[],
    counter: readonly string[] = [],
  ): Promise<MeasuredProcess> {
    const schedulers = side.schedulers.flatMap((name) => ["-s", name]);
    const output = ["--output-dir", join(this.folder, "run"), "--force", "-q", "-o", "name"];
    const args = ["run", scenario, ...this.passed, ...schedulers, ...flags, ...output];
    const ended = await runMeasured(side.main, args, { nodeFlags, counter });
    const isCutOnPurpose = flags.includes("--max-events") && ended.exitCode === EXIT.limit;
    // A gate of the scenario's own may say no; its results are whole.
    if (ended.exitCode === EXIT.ok || ended.exitCode === EXIT.gate || isCutOnPurpose) return ended;
    const code = ended.exitCode ?? EXIT.internal;
    const text = `${side.label}: podsim run ${scenario} ended with ${code}\n${ended.stderr.trim()}`;
    throw new CommandFailure(isExitCode(code) ? code : EXIT.internal, text);
  }
}

function isExitCode(code: number): code is ExitCode {
  return (Object.values(EXIT) as number[]).includes(code);
}
