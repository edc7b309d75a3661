// `podsim plan INPUT...`: how large a cluster must be, and (`--fit`) how many more copies of a pod it takes.
//
// What the words on the command line mean; the search is in plan-job.ts, the count of copies in fit-job.ts.

import { availableParallelism } from "node:os";
import type { Command } from "commander";
import type { EvaluatorName } from "../../experiment/index.ts";
import { InvalidArgumentError } from "../commander.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import {
  addInputOptions,
  collect,
  evaluatorOption,
  formatOption,
  type InputOptions,
  positiveCount,
  inputQuestion,
  inputsOf,
} from "../option-parts.ts";
import { refuseConflicts, refuseInputConflicts } from "../option-rules.ts";
import { printNote, printResult, printSummary } from "../output.ts";
import type { PlanRequest } from "../plan-request.ts";

interface PlanOptions extends InputOptions {
  readonly fit?: string;
  readonly limit?: number;
  readonly removable?: boolean;
  readonly require?: readonly string[];
  readonly lose?: readonly string[];
  readonly loseAt?: string;
  readonly pool?: readonly string[];
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly max?: number;
  readonly maxPoints?: number;
  readonly confidence: number;
  readonly vary?: readonly string[];
  readonly replications?: number;
  readonly workers: number;
  readonly pluginDeadline?: string;
  readonly format: string;
  readonly evaluator?: EvaluatorName;
  readonly quiet?: boolean;
}

const EXAMPLES = `Examples:
  podsim plan scenario.yaml --require 'pending.p95<30s' --require unschedulable=0
  podsim plan scenario.yaml --require unschedulable=0 --lose node:1 --lose zone:1
  podsim plan dump.json --require unschedulable=0 --remove m5.large
  podsim plan dump.json --require unschedulable=0 --add m5.large,m5.4xlarge --prices prices.csv
  podsim plan dump.json --removable
  podsim plan scenario.yaml --fit pod.yaml --limit 500 -o json
  kubectl get nodes,pods -A -o json | podsim plan -f - --fit pod.yaml -o csv

`;

/** Adds the command to the program. */
export function registerPlan(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command("plan")
    .description("the smallest or cheapest cluster that meets targets; how many more pods fit");
  addInputOptions(command)
    .addHelpText("before", EXAMPLES)
    .option("--require <gate>", "what must hold, such as pending.p95<30s (repeatable)", collect)
    .option("--lose <loss>", "even without any node:1, zone:1 or POOL:2 (repeatable)", collect)
    .option("--lose-at <time>", "when machines fail, or start (default: a third of the horizon)")
    .option("--pool <name>", "pool that may change (repeatable; default: all)", collect)
    .option("--add <shapes>", "shapes or pools to add nodes of (repeatable)", collect)
    .option("--remove <shapes>", "shapes or pools to take nodes from (repeatable)", collect)
    .option("--max <count>", "most nodes of one pool or shape", positiveCount)
    .option("--max-points <count>", "most clusters tried for a mix (default: 200)", positiveCount)
    .option("--confidence <percent>", "that the answer is good", confidence, 0.95)
    .option("--vary <parts>", "what differs between replications, as for compare", parts)
    .option(
      "-n, --replications <count>",
      "most runs of one cluster under one loss (default: the scenario's, or 40)",
      positiveCount,
    )
    .option(
      "--workers <count>",
      "threads; the answer is the same",
      positiveCount,
      availableParallelism(),
    )
    .option(
      "--plugin-deadline <duration>",
      "end the search if one call into user code takes longer (default: 1s; exit 6)",
    )
    .option("--fit <pod.yaml>", "count how many copies of this pod fit instead")
    .option("--removable", "say which nodes can be removed, and why the others cannot, instead")
    .option("--limit <count>", "of --fit: stop after so many copies", positiveCount)
    .addOption(evaluatorOption())
    .addOption(formatOption(["table", "wide", "json", "yaml", "csv", "markdown", "name"]))
    .option("-q, --quiet", "no notes, no progress")
    .action(async (inputs: string[], options: PlanOptions) => {
      const debug = program.opts<{ debug?: boolean }>().debug === true;
      done(await plan(inputs, options, debug));
    });
}

async function plan(
  positional: readonly string[],
  options: PlanOptions,
  debug: boolean,
): Promise<ExitCode> {
  const inputs = inputsOf(positional, options);
  if (inputs.length === 0)
    throw usage(
      "no cluster: name a scenario or objects, for example podsim plan cluster.yaml --require unschedulable=0",
    );
  const asked = options.require ?? [];
  refuseInputConflicts(options);
  refuseConflicts([
    {
      given: options.fit !== undefined && asked.length > 0,
      names: "'--fit' and '--require'",
      why: "one counts copies of a pod, the other sizes the cluster",
    },
    {
      given: options.removable === true && (asked.length > 0 || options.fit !== undefined),
      names: "'--removable' and '--require' or '--fit'",
      why: "they are different questions",
    },
  ]);
  const isRunless = options.fit !== undefined || options.removable === true;
  if (isRunless && (options.threshold ?? []).length > 0)
    throw usage("'--threshold' judges runs, and '--fit' and '--removable' make none");
  if (options.removable === true) return listRemovable(inputs, options);
  if (options.fit !== undefined) return countCopies(inputs, options, options.fit);
  if (asked.length === 0)
    throw usage(
      "no question: give --require, for example --require 'pending.p95<30s' --require unschedulable=0, or --removable, or --fit POD.yaml",
    );
  if (options.limit !== undefined) throw usage("'--limit' belongs to '--fit'");
  return size(requestOf(inputs, options, asked, debug), options.quiet === true);
}

function requestOf(
  inputs: readonly string[],
  options: PlanOptions,
  requirements: readonly string[],
  debug: boolean,
): PlanRequest {
  return {
    ...inputQuestion(inputs, options),
    requirements,
    losses: options.lose ?? [],
    loseAt: options.loseAt,
    pools: options.pool ?? [],
    add: (options.add ?? []).flatMap(parts),
    remove: (options.remove ?? []).flatMap(parts),
    countMax: options.max,
    pointsMax: options.maxPoints,
    confidence: options.confidence,
    varied: options.vary,
    replicationsMax: options.replications,
    workersCount: options.workers,
    pluginDeadline: options.pluginDeadline,
    debug,
    format: options.format,
  };
}

async function size(request: PlanRequest, quiet: boolean): Promise<ExitCode> {
  // Not at the top: help and other commands need no thread and none of its parts.
  const { runJobInThread } = await import("../run-thread.ts");
  const { report, signal } = await runJobInThread({ kind: "plan", request }, quiet);
  if (!quiet) printNote(report.notes);
  const isTable = request.format === "table" || request.format === "wide";
  (isTable ? printSummary : printResult)(report.output);
  printNote(report.closing);
  return signal ?? report.exitCode;
}

async function countCopies(
  inputs: readonly string[],
  options: PlanOptions,
  podFile: string,
): Promise<ExitCode> {
  if (options.format === "markdown") throw usage("'--fit' has no format markdown");
  const { answerFit } = await import("../fit-job.ts");
  const { formatFit } = await import("../../report/index.ts");
  const record = await answerFit({
    ...inputQuestion(inputs, options),
    podFile,
    limit: options.limit,
  });
  printResult(formatFit(record, options.format));
  if (options.quiet !== true) for (const note of record.notes) printNote(`note: ${note}\n`);
  return EXIT.ok;
}

async function listRemovable(inputs: readonly string[], options: PlanOptions): Promise<ExitCode> {
  const { answerRemovable } = await import("../plan-removable.ts");
  const { formatRemovable } = await import("../../report/index.ts");
  const record = await answerRemovable(inputQuestion(inputs, options));
  const isTable = options.format === "table" || options.format === "wide";
  (isTable ? printSummary : printResult)(formatRemovable(record, options.format));
  if (options.quiet !== true) for (const note of record.notes) printNote(`note: ${note}\n`);
  return EXIT.ok;
}

/** Reads 95% or 0.95. */
function confidence(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
  if (!(value > 0.5 && value < 1))
    throw new InvalidArgumentError("A confidence between 50% and 100% is expected, such as 95%.");
  return value;
}

function parts(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
