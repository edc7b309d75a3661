// `podsim run`: one scenario, or plain Kubernetes objects, from start to files.
//
// What the words on the command line mean; the run itself is in run-job.ts, in a worker thread.

import type { Command } from "commander";
import type { EvaluatorName } from "../../experiment/index.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import {
  addInputOptions,
  evaluatorOption,
  formatOption,
  type InputOptions,
  positiveCount,
  inputQuestion,
  inputsOf,
} from "../option-parts.ts";
import { refuseConflicts, refuseInputConflicts } from "../option-rules.ts";
import { printNote, printResult, printSummary } from "../output.ts";
import { OUTPUT_FORMATS, type OutputFormat, type RunRequest } from "../run-request.ts";

interface RunOptions extends InputOptions {
  readonly check?: boolean;
  readonly checkDeep?: boolean;
  readonly maxEvents?: number;
  readonly maxWall?: string;
  readonly pluginDeadline?: string;
  readonly outputDir?: string;
  readonly force?: boolean;
  readonly format: OutputFormat;
  readonly verifyDeterminism?: boolean;
  readonly evaluator?: EvaluatorName;
  readonly printConfig?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly debug?: boolean;
}

/** Adds the command to the program. */
export function registerRun(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command("run")
    .description("run a scenario or plain Kubernetes objects and write the results");
  addInputOptions(command)
    .addHelpText("before", HELP_EXAMPLES)
    .addHelpText("after", HELP_ENVIRONMENT)
    .option("--check", "test invariants after every event")
    .option("--check-deep", "also those that recompute from scratch")
    .option("--max-events <count>", "stop after this many events (exit 4)", positiveCount)
    .option(
      "--plugin-deadline <duration>",
      "end the run if one call into user code takes longer (default: 1s; exit 6)",
    )
    .option("--max-wall <duration>", "stop after this much wall time (exit 4)")
    .option("--output-dir <folder>", "where results go (default: results/NAME-HASH)")
    .option("--force", "write into a folder that holds other results")
    .addOption(formatOption(OUTPUT_FORMATS))
    .addOption(evaluatorOption())
    .option("--verify-determinism", "run twice and compare fingerprints")
    .option("--print-config", "print every setting with its source, and do not run")
    .option("-q, --quiet", "no notes, no progress")
    .option("-v, --verbose", "also what the run cost in operations")
    .action(async (inputs: string[], options: RunOptions) => {
      const debug = program.opts<{ debug?: boolean }>().debug === true;
      done(await run(requestOf(inputs, options, debug), options, command));
    });
}

const HELP_EXAMPLES = `Examples:
  podsim run scenario.yaml
  podsim run scenario.yaml -s best-fit --seed 7 --threshold 'pending.p99<30s'
  podsim run scenario.yaml --set cluster.nodePools.0.count=40 --for 2h -o json
  kubectl get nodes,pods,deployments,services -A -o json | podsim run -f -

`;

const HELP_ENVIRONMENT = `
Environment:
  PODSIM_SEED, PODSIM_OUTPUT_DIR, ... stand for --seed, --output-dir, ...; a flag wins over the
  environment, the environment over the scenario. Configuration files are not read yet.
`;

function requestOf(positional: readonly string[], options: RunOptions, debug: boolean): RunRequest {
  const inputs = inputsOf(positional, options);
  const overrides = [...(options.set ?? [])];
  const isSet = (path: string): boolean => overrides.some((text) => text.startsWith(`${path}=`));
  if (inputs.length === 0)
    throw new CommandFailure(
      EXIT.usage,
      "nothing to run: name a scenario or objects, for example podsim run scenario.yaml (podsim init writes one)",
    );
  if (inputs.filter((input) => input === "-").length > 1)
    throw new CommandFailure(EXIT.usage, "stdin (-) can be read only once");
  refuseInputConflicts(options);
  refuseConflicts([
    {
      given: options.check === true && options.checkDeep === true,
      names: "'--check' and '--check-deep'",
      why: "the latter contains the former",
    },
    {
      given: options.seed !== undefined && isSet("run.seed"),
      names: "'--seed' and '--set run.seed'",
      why: "both give the seed",
    },
    {
      given: options.for !== undefined && isSet("run.horizon"),
      names: "'--for' and '--set run.horizon'",
      why: "both give the horizon",
    },
  ]);
  if (options.maxEvents !== undefined) overrides.push(`run.limits.maxEvents=${options.maxEvents}`);
  return {
    ...inputQuestion(inputs, options),
    overrides,
    check: options.checkDeep === true ? "deep" : options.check === true ? "check" : "none",
    maxWall: options.maxWall,
    outputDir: options.outputDir,
    force: options.force === true,
    format: options.format,
    verifyDeterminism: options.verifyDeterminism === true,
    pluginDeadline: options.pluginDeadline,
    debug,
    verbose: options.verbose === true,
  };
}

async function run(request: RunRequest, options: RunOptions, command: Command): Promise<ExitCode> {
  if (options.printConfig === true) {
    const { configReport } = await import("../config-report.ts");
    printResult(await configReport(request, command, request.format === "json"));
    return EXIT.ok;
  }
  const quiet = options.quiet === true;
  // Not at the top: help and other commands need no thread and none of its parts.
  const { runJobInThread } = await import("../run-thread.ts");
  const { report, signal } = await runJobInThread({ kind: "run", request }, quiet);
  const isFailure = report.exitCode > EXIT.gate;
  if (!quiet) printNote(report.notes);
  const isTable = request.format === "table" || request.format === "wide";
  (isTable ? printSummary : printResult)(report.output);
  if (!quiet || isFailure) printNote(report.closing);
  return signal ?? report.exitCode;
}
