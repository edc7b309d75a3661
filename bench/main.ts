// Runs all benchmarks or the named ones: npm run bench -- engine/event-loop --small

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatBenchmark } from "./harness/format.ts";
import { describeMachine, formatMachine } from "./harness/machine.ts";
import { reportAsChild } from "./harness/memory.ts";
import { runBenchmark } from "./harness/run-benchmark.ts";
import type { BenchmarkFigures } from "./harness/run-benchmark.ts";
import { BENCHMARKS } from "./registry.ts";

const USAGE = `usage: npm run bench -- [NAME...] [--small | --large] [--json] [--slices N] [--slice-ms MS] [--list]
       npm run bench -- COMMAND --help
A NAME is a benchmark or the start of one, such as "engine". Commands: goals, full-profile, growth, peers, start-up, garbage, study-kills.
Audits of docs/statistics.md: --audit NAME|all [--repeats N].`;

/** Programs of their own, with their own options. */
const goals = async (args: readonly string[]): Promise<void> =>
  (await import("./goals/goals-command.ts")).runGoalsCommand(args);
const COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Promise<void>> = new Map([
  ["goals", goals],
  ["goal", goals],
  [
    "full-profile",
    async (args) => (await import("./workloads/race-command.ts")).runRaceCommand(args),
  ],
  [
    "growth",
    async (args) => (await import("./workloads/growth-command.ts")).runGrowthCommand(args),
  ],
  // Started by "peers".
  [
    "podsim-driver",
    async (args) => (await import("./peers/podsim-driver.ts")).runPodsimDriver(args),
  ],
  [
    "study-kills",
    async (args) => (await import("./studies/kills-command.ts")).runKillsCommand(args),
  ],
  [
    "start-up",
    async (args) => (await import("./harness/start-up-command.ts")).runStartUpCommand(args),
  ],
  [
    "garbage",
    async (args) => (await import("./harness/garbage-command.ts")).runGarbageCommand(args),
  ],
  ["peers", async (args) => (await import("./peers/peers-command.ts")).runPeersCommand(args)],
]);
const command = COMMANDS.get(process.argv[2] ?? "");

const { values, positionals } = parseArgs({
  args: command === undefined ? process.argv.slice(2) : [],
  allowPositionals: true,
  options: {
    small: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    audit: { type: "string" },
    repeats: { type: "string" },
    slices: { type: "string", default: "5" },
    "slice-ms": { type: "string", default: "75" },
    "child-variant": { type: "string" },
    "child-size": { type: "string" },
  },
});

if (command !== undefined) await command(process.argv.slice(3));
else if (values.help) console.log(USAGE);
else if (values.list) console.log([...BENCHMARKS.keys()].join("\n"));
else if (values.audit !== undefined) await audit(values.audit);
else await main();

async function audit(name: string): Promise<void> {
  const { AUDITS, runAudits } = await import("./analysis/audits.ts");
  const repeats = values.repeats === undefined ? undefined : Number(values.repeats);
  if (runAudits(name, repeats, console.log)) return;
  const known = AUDITS.map((one) => one.name).join(", ");
  console.error(`No audit is called ${name}: there are ${known}.\n${USAGE}`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const names = [...BENCHMARKS.keys()].filter(
    (name) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)),
  );
  if (names.length === 0) {
    console.error(`No benchmark is called ${positionals.join(" or ")}.\n${USAGE}`);
    process.exitCode = 2;
  } else if (values["child-variant"] !== undefined) {
    const { benchmark } = await BENCHMARKS.get(names[0]!)!();
    const size = Number(values["child-size"]);
    console.log(JSON.stringify(reportAsChild(benchmark, values["child-variant"], size)));
  } else {
    await runAll(names);
  }
}

async function runAll(names: readonly string[]): Promise<void> {
  const machine = describeMachine(values.small ? 200_000 : 4_000_000);
  if (!values.json) console.log(formatMachine(machine));
  const all: BenchmarkFigures[] = [];
  for (const name of names) {
    const { benchmark } = await BENCHMARKS.get(name)!();
    const figures = runBenchmark(benchmark, {
      small: values.small,
      large: values.large,
      slices: Number(values.slices),
      sliceMs: Number(values["slice-ms"]),
      machine,
      mainPath: fileURLToPath(import.meta.url),
    });
    all.push(figures);
    if (!values.json) console.log(`\n${formatBenchmark(figures)}`);
  }
  if (values.json) console.log(JSON.stringify({ machine, benchmarks: all }, null, 2));
}
