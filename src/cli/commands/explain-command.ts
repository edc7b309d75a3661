// `podsim explain`: why a pod is where it is, from a run's folder or from plain objects.
//
// Two forms: RUN_DIR POD replays a run up to the decision; -f files judge one pending pod on the
// objects alone. The answer goes to stdout, what to beware of to stderr.

import { type Command, InvalidArgumentError, Option } from "../commander.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import { printNote, printResult } from "../output.ts";

/** What goes to stdout; as for other commands, without those that hold no list of nodes. */
const FORMATS = ["table", "wide", "json", "yaml", "csv", "jsonl", "markdown", "name"] as const;

/** Options of the command as commander leaves them. */
export interface ExplainOptions {
  readonly filename?: string[];
  readonly recursive?: boolean;
  readonly scheduler?: string[];
  readonly attempt?: number;
  readonly at?: string;
  readonly node?: string;
  readonly top?: number;
  readonly format: (typeof FORMATS)[number];
  readonly maxInputBytes?: number;
  readonly plugins: boolean;
  readonly pluginDeadline?: string;
  readonly quiet?: boolean;
}

const EXAMPLES = `Examples:
  podsim explain results/shop-1a2b3c4d web-0
  podsim explain results/shop-1a2b3c4d prod/web-0 --attempt 1 --node general-3
  podsim explain -f cluster.yaml -f pod.yaml
  kubectl get nodes,pods -A -o json | podsim explain -f - prod/web-0

`;

/** Adds the command to the program. */
export function registerExplain(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("explain")
    .description("why a pod is where it is, or why it is nowhere")
    .argument(
      "[run-folder-and-pod...]",
      "RUN_DIR POD, or with -f: POD; a POD is namespace/name or name",
    )
    .addHelpText("before", EXAMPLES)
    .option("-f, --filename <path>", "objects to judge one pod on (repeatable)", collect)
    .option("-R, --recursive", "read folders with everything below them")
    .option("-s, --scheduler <name|file>", "with -f: policy, configuration or module", collect)
    .option("--attempt <number>", "that attempt instead of the last", positiveCount)
    .option("--at <time>", "the last attempt up to this time, such as 10m30s")
    .option("--node <name>", "also everything about this node")
    .option("--top <count>", "so many nodes of every list, counts stay whole", positiveCount)
    .addOption(
      new Option("-o, --format <format>", "what goes to stdout").choices(FORMATS).default("table"),
    )
    .option("--max-input-bytes <count>", "largest input file", positiveCount)
    .option("--no-plugins", "load no user code")
    .option(
      "--plugin-deadline <duration>",
      "give up if one call into user code takes longer (default: 1s; exit 6)",
    )
    .option("-q, --quiet", "no notes")
    .action(async (positional: string[], options: ExplainOptions) => {
      refuseWrongUse(positional, options, options.filename !== undefined);
      const { explain } = await import("../explain-report.ts");
      const debug = program.opts<{ debug?: boolean }>().debug === true;
      const { exitCode, output, notes, closing } = await explain(positional, { ...options, debug });
      printResult(output);
      if (options.quiet !== true) printNote(notes);
      printNote(closing);
      done(exitCode);
    });
}

function refuseWrongUse(
  positional: readonly string[],
  options: ExplainOptions,
  isSnapshot: boolean,
): void {
  const refuse = (message: string): never => {
    throw new CommandFailure(EXIT.usage, message);
  };
  if (options.attempt !== undefined && options.at !== undefined)
    refuse("options '--attempt' and '--at' exclude each other: both choose one attempt");
  if (isSnapshot) {
    if (positional.length > 1)
      refuse("with -f there is one POD at most: a run folder and -f exclude each other");
    if (options.attempt !== undefined || options.at !== undefined)
      refuse("'--attempt' and '--at' choose a decision of a run; with -f there is only one");
    if ((options.filename ?? []).filter((path) => path === "-").length > 1)
      refuse("stdin (-) can be read only once");
    return;
  }
  if (options.scheduler !== undefined)
    refuse("'--scheduler' goes with -f; a run has its own scheduler");
  if (options.recursive === true) refuse("'--recursive' goes with -f");
  if (positional.length !== 2)
    refuse(
      "which pod of which run? podsim explain RUN_DIR POD, for example podsim explain results/shop-1a2b3c4d web-0; without a run: podsim explain -f cluster.yaml -f pod.yaml",
    );
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function positiveCount(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError("A whole number above 0 is expected.");
  return Number(text);
}
