// `podsim study fgd`: a published study, run again: tables of every workload, policy and seed.
//
// Cells are spread over threads; the tables have the same bytes for any number of them, and appear
// only when all are whole.

import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { FgdCell } from "../../experiment/index.ts";
import { InvalidArgumentError } from "../commander.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import { positiveCount } from "../option-parts.ts";
import { printNote } from "../output.ts";

const EXAMPLES = `Examples:
  podsim study fgd --data openb --output-dir tables
  podsim study fgd --data openb --workloads default,cpu250 --policies fgd,random --seeds 42,43 --output-dir tables

`;

/** Workloads and seeds of the published tables. */
const WORKLOADS =
  "default,cpu050,cpu100,cpu200,cpu250,gpushare40,gpushare60,gpushare80,gpushare100," +
  "gpuspec10,gpuspec20,gpuspec25,gpuspec33,multigpu20,multigpu30,multigpu40,multigpu50";
const SEEDS = "42,43,44,45,46,47,48,49,50,51";
const POLICIES = "fgd,bestfit,dotprod,gpupacking,gpuclustering,random";

interface FgdOptions {
  readonly data: string;
  readonly workloads: readonly string[];
  readonly policies: readonly string[];
  readonly seeds: readonly number[];
  readonly outputDir: string;
  readonly workers: number;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function registerStudy(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("study")
    .description("run a published study again")
    .addHelpText("before", EXAMPLES)
    .command("fgd")
    .description("GPU fragmentation under six policies (USENIX ATC 2023), on the openb trace")
    .addHelpText("before", EXAMPLES)
    .requiredOption("--data <folder>", "the trace: its node list and pod lists (CSV)")
    .option("--workloads <names>", "pod lists, by the end of their names", names, names(WORKLOADS))
    .option("--policies <names>", `some of ${POLICIES}`, names, names(POLICIES))
    .option(
      "--seeds <numbers>",
      "one run each: arrival order and ranks of nodes",
      seeds,
      seeds(SEEDS),
    )
    .requiredOption("--output-dir <folder>", "where the tables go")
    .option("--workers <count>", "threads", positiveCount, availableParallelism())
    .option("-q, --quiet", "no progress")
    .action(async (options: FgdOptions) => {
      await runStudy(options);
      done(EXIT.ok);
    });
}

async function runStudy(options: FgdOptions): Promise<void> {
  const { FGD_TABLES, fgdTable } = await import("../../experiment/index.ts");
  const { runFgdStudy } = await import("../../experiment/node.ts");
  await refuseUnknown(options);
  const { data, workloads, policies, workers, outputDir, quiet } = options;
  const cells = workloads.flatMap((workload) =>
    policies.flatMap((policy) => options.seeds.map((seed) => ({ workload, policy, seed }))),
  );
  let doneCount = 0;
  const onDone = ({ workload, policy, seed }: FgdCell): void => {
    doneCount++;
    if (quiet !== true) printNote(`${doneCount}/${cells.length} ${workload} ${policy} ${seed}\n`);
  };
  makeFolder(outputDir);
  const results = await runFgdStudy({ folder: data, cells, workers, onDone });
  const files = FGD_TABLES.map(({ file, rows }) => ({
    path: join(outputDir, file),
    text: fgdTable(cells, results, rows),
  }));
  writeTogether(files);
  printNote(`wrote ${files.map(({ path }) => path).join(", ")}\n`);
}

async function refuseUnknown({ data, workloads, policies }: FgdOptions): Promise<void> {
  const { FGD_POLICIES, isFgdName } = await import("../../experiment/index.ts");
  const { missingFgdFiles } = await import("../../experiment/node.ts");
  const strange = policies.find((policy) => !FGD_POLICIES.has(policy));
  if (strange !== undefined) {
    const known = [...FGD_POLICIES.keys()].join(", ");
    throw new CommandFailure(EXIT.usage, `--policies: '${strange}' is none of ${known}`);
  }
  const odd = workloads.find((workload) => !isFgdName(workload));
  if (odd !== undefined) {
    throw new CommandFailure(EXIT.usage, `--workloads: '${odd}' is no name of a pod list`);
  }
  const missing = missingFgdFiles(data, workloads);
  if (missing.length > 0) {
    throw new CommandFailure(EXIT.input, `${data} has no file ${missing.join(", ")}`);
  }
}

function makeFolder(path: string): void {
  attempt(`create the folder ${path}`, () => mkdirSync(path, { recursive: true }));
}

/** All files are whole before the first one is renamed into place. */
function writeTogether(files: readonly { readonly path: string; readonly text: string }[]): void {
  const temporary = (path: string): string => `${path}.${process.pid}.tmp`;
  try {
    for (const { path, text } of files) {
      attempt(`write ${path}`, () => writeFileSync(temporary(path), text));
    }
    for (const { path } of files) attempt(`write ${path}`, () => renameSync(temporary(path), path));
  } finally {
    for (const { path } of files) rmSync(temporary(path), { force: true });
  }
}

function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandFailure(EXIT.files, `cannot ${what}: ${code}`, { cause: error });
  }
}

/** A list of different names with commas between. */
function names(text: string): string[] {
  const list = text.split(",").map((name) => name.trim());
  if (list.includes("")) throw new InvalidArgumentError("Names with commas between are expected.");
  const twice = list.find((name, at) => list.indexOf(name) < at);
  if (twice !== undefined) throw new InvalidArgumentError(`'${twice}' is there twice.`);
  return list;
}

function seeds(text: string): number[] {
  return names(text).map((name) => {
    if (/^\d{1,9}$/.test(name)) return Number(name);
    throw new InvalidArgumentError(`'${name}' is no seed: whole numbers are expected.`);
  });
}
