// `podsim whatif INPUT... --do 'drain node-17'`: what a change moves, holds up and ends.
//
// What the words on the command line mean; the answer is made in whatif-job.ts, in a worker thread.

import type { Command } from "commander";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import {
  addInputOptions,
  collect,
  formatOption,
  type InputOptions,
  positiveCount,
  inputQuestion,
  inputsOf,
} from "../option-parts.ts";
import { refuseInputConflicts } from "../option-rules.ts";
import { printNote, printResult, printSummary } from "../output.ts";
import type { WhatifRequest } from "../whatif-request.ts";

interface WhatifOptions extends InputOptions {
  readonly do?: readonly string[];
  readonly reschedule?: boolean;
  readonly vary?: readonly string[];
  readonly replications?: number;
  readonly pluginDeadline?: string;
  readonly exitCode?: boolean;
  readonly format: string;
  readonly quiet?: boolean;
}

const EXAMPLES = `Examples:
  podsim whatif scenario.yaml --do 'drain node-17'
  podsim whatif dump.json --do 'upgrade pool=general surge=2' --for 4h
  podsim whatif dump.json --reschedule --do 'set deploy/web requests.cpu=250m' -o wide
  kubectl get all,nodes,pdb -A -o json | podsim whatif - --do 'lose zone b at 10m for 1h'

`;

const FORMATS = ["table", "wide", "json", "yaml", "csv", "markdown", "name"];

/** How each change is written; a test holds them against the grammar. */
export const CHANGES_HELP = `
Changes (--do, repeatable; T and D are durations such as 10m, H a price per hour):
  drain NODE|SELECTOR|pool=P|zone=Z [timeout=D] [at T]
  cordon NODE|SELECTOR|pool=P|zone=Z [at T]
  uncordon NODE|SELECTOR|pool=P|zone=Z [at T]
  lose node N|zone Z|pool=P:K [at T] [for D]
  upgrade pool=P|all|NODE [surge=K] [max-unavailable=K] [timeout=D] [join=D] [at T]
  shape pool=P to=TYPE|cpu=Q,memory=Q [price=H] [surge=K] [max-unavailable=K] [timeout=D] [join=D] [at T]
  add N pool=P [at T]
  set KIND/NAME PATH=VALUE... [container=NAME] [at T]
  scale KIND/NAME replicas=N [at T]
  delete KIND/NAME [at T]
  priority CLASS=VALUE
  weight PLUGIN=N
  config FILE
`;

/** Adds the command to the program. */
export function registerWhatif(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command("whatif")
    .description(
      "what a change would do: pods that move, wait or end, workloads short of replicas",
    );
  addInputOptions(command)
    .addHelpText("before", EXAMPLES)
    .addHelpText("after", CHANGES_HELP)
    .option("--do <change>", "a change, as below (repeatable)", collect)
    .option("--reschedule", "place all pods anew, with and without the change")
    .option(
      "--vary <parts>",
      "what differs between replications: arrivals, lifetimes, faults, order, ties",
      parts,
    )
    .option("-n, --replications <count>", "pairs of runs, for intervals", positiveCount)
    .option(
      "--plugin-deadline <duration>",
      "end the run if one call into user code takes longer (default: 1s; exit 6)",
    )
    .option("--exit-code", "exit 1 if any pod is touched or any eviction held up")
    .addOption(formatOption(FORMATS))
    .option("-q, --quiet", "no notes, no progress")
    .action(async (inputs: string[], options: WhatifOptions) => {
      const debug = program.opts<{ debug?: boolean }>().debug === true;
      done(await whatif(requestOf(inputs, options, debug), options));
    });
}

function requestOf(
  positional: readonly string[],
  options: WhatifOptions,
  debug: boolean,
): WhatifRequest {
  const inputs = inputsOf(positional, options);
  if (inputs.length === 0)
    throw usage(
      "nothing to change: name a scenario or objects, for example podsim whatif scenario.yaml --do 'drain node-17'",
    );
  if (inputs.filter((input) => input === "-").length > 1)
    throw usage("stdin (-) can be read only once");
  const changes = options.do ?? [];
  if (changes.length === 0)
    throw usage(
      "no change: give --do, for example --do 'drain node-17' (podsim whatif --help lists them)",
    );
  refuseInputConflicts(options);
  return {
    ...inputQuestion(inputs, options),
    changes,
    reschedule: options.reschedule === true,
    varied: options.vary,
    replicationsCount: options.replications,
    confidence: 0.95,
    pluginDeadline: options.pluginDeadline,
    exitCode: options.exitCode === true,
    debug,
    format: options.format,
  };
}

async function whatif(request: WhatifRequest, options: WhatifOptions): Promise<ExitCode> {
  const quiet = options.quiet === true;
  // Not at the top: help and other commands need no thread and none of its parts.
  const { runJobInThread } = await import("../run-thread.ts");
  const { report, signal } = await runJobInThread({ kind: "whatif", request }, quiet);
  if (!quiet) printNote(report.notes);
  const isTable = request.format === "table" || request.format === "wide";
  (isTable ? printSummary : printResult)(report.output);
  printNote(report.closing);
  return signal ?? report.exitCode;
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
