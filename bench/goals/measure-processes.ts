// Whole processes of the command line: two replications at once (P10), KubeSBS (P12), start-up (P13).

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { compareCommands } from "../harness/child-costs.ts";
import { median } from "../harness/statistics.ts";
import type { GoalContext, GoalId, Measurement } from "./goal.ts";

/** P13. */
export const startUp: Measurement = {
  name: "start-up",
  goals: ["P13"],
  measure: (context) => {
    const part = "podsim --help against node -e 0";
    if (!hasProgram("P13", part, context)) return;
    context.progress(`P13: ${part}`);
    const { execPath } = process;
    const { base, head, ratio } = compareCommands(
      [execPath, "-e", "0"],
      [execPath, context.program, "--help"],
      context.slices,
      5,
    );
    context.report({
      ...{ goal: "P13", part, figure: ratio, unit: "x the CPU", bar: { atMost: 1.5 } },
      note: `${(head * 1000).toFixed(0)} / ${(base * 1000).toFixed(0)} ms`,
    });
  },
};

/** P12. */
export const kubesbs: Measurement = {
  name: "kubesbs",
  goals: ["P12"],
  measure: (context) => {
    const part = "7,064 pods on 1,213 nodes";
    if (!hasProgram("P12", part, context)) return;
    if (!existsSync(context.data)) {
      context.report({
        goal: "P12",
        part,
        unit: "s",
        note: `${context.data} is not there (--data)`,
      });
      return;
    }
    inFolder((folder) => measureKubesbs(folder, part, context));
  },
};

/** Tells, when the process ends, what it took with all its threads. */
const METER = `data:text/javascript,${encodeURIComponent(
  "import { writeFileSync } from 'node:fs';" +
    "process.on('exit', () => { const u = process.resourceUsage();" +
    "writeFileSync(process.env.PODSIM_BENCH_METER, JSON.stringify([(u.userCPUTime + u.systemCPUTime) / 1e6, u.maxRSS / 1024])); });",
)}`;

function measureKubesbs(folder: string, part: string, context: GoalContext): void {
  const { execPath } = process;
  const { program, data } = context;
  const scenario = join(folder, "k1.yaml");
  const meter = join(folder, "meter.json");
  context.progress("P12: import kubesbs");
  execFileSync(execPath, [
    ...[program, "import", "kubesbs", data, "--point", "1200", "--workload", "k1"],
    ...["--output", scenario],
  ]);
  const cpu: number[] = [];
  const peaks: number[] = [];
  const fingerprints = new Set<string>();
  for (let run = 0; run < context.slices; run++) {
    context.progress(`P12: run ${run + 1} of ${context.slices}`);
    const output = join(folder, `run-${run}`);
    const text = execFileSync(
      execPath,
      [
        ...["--import", METER, program, "run", scenario, "-o", "json", "--quiet"],
        ...["--output-dir", output],
      ],
      {
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, PODSIM_BENCH_METER: meter },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    fingerprints.add(fingerprintIn(text));
    const [seconds, peakMiB] = JSON.parse(readFileSync(meter, "utf8")) as [number, number];
    cpu.push(seconds);
    peaks.push((peakMiB * 1024 * 1024) / 1e6);
  }
  if (fingerprints.size !== 1) throw new Error("Runs of one scenario have several fingerprints.");
  const [hash] = fingerprints as unknown as [string];
  const spread = Math.max(...cpu) / Math.min(...cpu);
  const common = { goal: "P12", hash, spread } as const;
  context.report({
    ...common,
    ...{ part, figure: median(cpu), unit: "s of CPU", bar: { atMost: 0.6 } },
    note: "all threads, from start to files of results",
  });
  context.report({
    ...common,
    ...{ part: `${part}, peak`, figure: median(peaks), unit: "MB", bar: { atMost: 120 } },
  });
}

function fingerprintIn(text: string): string {
  const found = /"fingerprint":\s*"([0-9a-f]+)"/.exec(text);
  if (found === null) throw new Error("A run printed no fingerprint.");
  return found[1]!;
}

/** So many cores are left when others leave the machine alone. */
const FOREIGN_CORES_MAX = 0.25;
const REPLICATIONS_SCENARIO = {
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "two-cores" },
  run: { study: "terminating", horizon: "10m", seed: "1" },
  cluster: {
    nodePools: [
      { name: "n", count: 200, zones: ["a", "b"], allocatable: { cpu: "16", memory: "64Gi" } },
    ],
  },
  workload: {
    generators: [
      {
        name: "p",
        arrivals: { process: "poisson", rate: 20 },
        pod: {
          spec: {
            restartPolicy: "Never",
            containers: [
              { name: "c", image: "i:1", resources: { requests: { cpu: "1", memory: "1Gi" } } },
            ],
          },
        },
        duration: { law: "exponential", mean: "60s" },
      },
    ],
  },
};

/** P10: two processes that run a replication each, one after the other and at once. */
export const twoCores: Measurement = {
  name: "two-cores",
  goals: ["P10"],
  measure: async (context) => {
    const part = "two replications at once";
    if (!hasProgram("P10", part, context)) return;
    if (os.cpus().length < 2) {
      context.report({ goal: "P10", part, unit: "x", note: "this machine has one core" });
      return;
    }
    context.progress("P10: how busy others keep the machine");
    const foreign = await foreignCores();
    const folder = mkdtempSync(join(os.tmpdir(), "podsim-goals-"));
    try {
      await measureTwoCores(folder, part, foreign, context);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measureTwoCores(
  folder: string,
  part: string,
  foreign: number,
  context: GoalContext,
): Promise<void> {
  const scenario = join(folder, "two-cores.json");
  writeFileSync(scenario, JSON.stringify(REPLICATIONS_SCENARIO));
  const ratios: number[] = [];
  const prints = { alone: new Set<string>(), together: new Set<string>() };
  const isQuiet = foreign <= FOREIGN_CORES_MAX;
  // On a busy machine one round shows at least that the results are the same.
  const rounds = isQuiet ? Math.min(3, context.slices) : 1;
  for (let round = 0; round < rounds; round++) {
    context.progress(`P10: round ${round + 1} of ${rounds}`);
    const job = (seed: string, name: string): Promise<string> =>
      runReplication(scenario, seed, join(folder, `${round}-${name}-${seed}`), context);
    const startMs = performance.now();
    for (const seed of ["1", "2"]) prints.alone.add(await job(seed, "alone"));
    const betweenMs = performance.now();
    const both = await Promise.all(["1", "2"].map((seed) => job(seed, "together")));
    const togetherMs = performance.now() - betweenMs;
    for (const print of both) prints.together.add(print);
    ratios.push((betweenMs - startMs) / togetherMs);
  }
  const [alone, together] = [prints.alone, prints.together].map((set) => [...set].sort().join(" "));
  if (alone !== together || prints.alone.size !== 2)
    throw new Error("Replications at once gave other results than one after the other.");
  context.report({
    ...{ goal: "P10", part, figure: median(ratios), unit: "x by the clock", bar: { atLeast: 1.7 } },
    ...{ isValid: isQuiet, hash: alone!.replace(" ", "+") },
    note: isQuiet
      ? `medians of ${rounds} rounds`
      : `needs two idle cores: others take ${foreign.toFixed(1)} of ${os.cpus().length}`,
  });
}

async function runReplication(
  scenario: string,
  seed: string,
  output: string,
  { program }: GoalContext,
): Promise<string> {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...[program, "run", scenario, "--seed", seed, "-o", "json", "--quiet"],
      ...["--output-dir", output],
    ],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  let text = "";
  child.stdout!.on("data", (data: Buffer) => {
    text += data.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`podsim run ended with ${code}`);
  return fingerprintIn(text);
}

/** Cores that are busy while this process sleeps. */
async function foreignCores(): Promise<number> {
  const before = busyMs();
  const startMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  return (busyMs() - before) / (performance.now() - startMs);
}

function busyMs(): number {
  return os.cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys, 0);
}

function hasProgram(goal: GoalId, part: string, context: GoalContext): boolean {
  if (existsSync(context.program)) return true;
  const note = `${context.program} is not there: npm run build makes it (--program)`;
  context.report({ goal, part, unit: "", note });
  return false;
}

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(os.tmpdir(), "podsim-goals-"));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
