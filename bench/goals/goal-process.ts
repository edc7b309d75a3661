// One measurement in a process of its own: the parent starts it, the child prints findings as lines.
//
// A child that ends badly makes every goal that it had not reported on a failure, with its last words.

import { spawn } from "node:child_process";
import os from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describeMachine } from "../harness/machine.ts";
import type { Finding, GoalId, GoalSettings, Measured } from "./goal.ts";
import { MEASUREMENTS } from "./registry.ts";
import { judge } from "./verdict.ts";

/** What the parent needs to run one measurement. */
export interface MeasurementRun {
  readonly name: string;
  readonly goals: readonly GoalId[];
  readonly settings: GoalSettings;
  readonly note: (finding: Finding) => void;
  readonly signal: AbortSignal;
}

const WORDS_MAX = 300;
/** Before a line that holds a finding; all others are passed on. */
const PREFIX = "finding ";

/** The compiled main of the bench folder. */
export const mainPath: string = fileURLToPath(new URL("../main.js", import.meta.url));

/** Runs a measurement and notes its findings as they come. */
export async function runMeasurement(run: MeasurementRun): Promise<void> {
  const { name, goals, settings, note, signal } = run;
  const child = spawn(
    process.execPath,
    [mainPath, "goals", ...goals, "--as-child", name, ...flagsOf(settings)],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const onAbort = (): void => void child.kill();
  signal.addEventListener("abort", onAbort);
  const noted = new Set<GoalId>();
  let words = "";
  child.stderr.on("data", (data: Buffer) => {
    words = (words + data.toString()).slice(-4 * WORDS_MAX);
  });
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith(PREFIX)) {
      const finding = JSON.parse(line.slice(PREFIX.length)) as Finding;
      noted.add(finding.goal);
      note(finding);
    } else console.log(`    ${line}`);
  }
  const code = await closed;
  signal.removeEventListener("abort", onAbort);
  if (code === 0) {
    for (const goal of goals) {
      // Such as a workload that is only measured at sizes which were not asked for.
      if (!noted.has(goal)) note(without(goal, "not measured", "nothing at these sizes"));
    }
  } else if (signal.aborted) {
    for (const goal of goals) note(without(goal, "not measured", "stopped"));
  } else {
    const last = lastWords(words);
    for (const goal of goals) note(without(goal, "FAILED", `${name} ended with ${code}: ${last}`));
  }
}

function without(goal: GoalId, status: Finding["status"], note: string): Finding {
  const part = note === "stopped" ? "the rest" : "all";
  return { goal, part, unit: "", status, note, load: os.loadavg()[0] ?? 0 };
}

/** The line with the error, or the last one. */
function lastWords(words: string): string {
  const lines = words.split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((each) => each.includes("Error: ")) ?? lines.at(-1) ?? "no words";
  return line.trim().slice(0, WORDS_MAX);
}

function flagsOf(settings: GoalSettings): string[] {
  const { sizes, isLarge, slices, sliceMs, warmUpMs, program, data, peers } = settings;
  return [
    ...["--sizes", sizes.join(","), "--slices", String(slices), "--slice-ms", String(sliceMs)],
    ...["--warm-up-ms", String(warmUpMs), "--program", program, "--data", data],
    ...(isLarge ? ["--large"] : []),
    ...(peers === undefined ? [] : ["--peers", peers]),
  ];
}

/** The child's part. */
export async function measureAsChild(
  name: string,
  goals: readonly GoalId[],
  settings: GoalSettings,
): Promise<void> {
  const found = MEASUREMENTS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`No measurement is called ${name}.`);
  const measurement = await found.load();
  await measurement.measure({
    ...settings,
    mainPath,
    machine: describeMachine(4_000_000),
    wants: (goal) => goals.includes(goal),
    progress: (text) => console.log(text),
    report: (measured: Measured) => {
      const load = os.loadavg()[0] ?? 0;
      const finding: Finding = { ...measured, status: judge(measured), load };
      console.log(PREFIX + JSON.stringify(finding));
    },
  });
}
