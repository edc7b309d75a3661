// `podsim run`: one scenario, or plain Kubernetes objects, from start to files.
//
// The simulation runs in a worker thread, user code included; this thread watches: it draws the
// progress line, passes Ctrl-C on, and stays able to leave at once when it comes twice.

import { Worker } from "node:worker_threads";
import { type Command, InvalidArgumentError, Option } from "commander";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import { printNote, printResult } from "../output.ts";
import { ProgressLine } from "../progress-line.ts";
import {
  OUTPUT_FORMATS,
  type OutputFormat,
  type RunReport,
  type RunRequest,
} from "../run-request.ts";

interface RunOptions {
  readonly filename?: string[];
  readonly recursive?: boolean;
  readonly scheduler?: string[];
  readonly for?: string;
  readonly seed?: string;
  readonly set?: string[];
  readonly threshold?: string[];
  readonly check?: boolean;
  readonly checkDeep?: boolean;
  readonly maxEvents?: number;
  readonly maxInputBytes?: number;
  readonly outputDir?: string;
  readonly force?: boolean;
  readonly format: OutputFormat;
  readonly allowUnsimulated?: boolean;
  readonly allowOutside?: boolean;
  readonly strict?: boolean;
  readonly verifyDeterminism?: boolean;
  readonly plugins: boolean;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function registerRun(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("run")
    .description("run a scenario or plain Kubernetes objects and write the results")
    .argument("[input...]", "scenario, manifests, dump, folder, or - for stdin")
    .addHelpText("before", HELP_EXAMPLES)
    .option("-f, --filename <path>", "objects to add (repeatable)", collect)
    .option("-R, --recursive", "read folders with everything below them")
    .option("-s, --scheduler <name|file>", "scheduler: policy, configuration or module", collect)
    .option("--for <duration>", "horizon, such as 2h; overrides the scenario's")
    .option("--seed <seed>", "seed: text or an integer", seedText)
    .option("--set <path=value>", "override a value of the scenario (repeatable)", collect)
    .option("--threshold <gate>", "gate, such as pending.p99<30s (repeatable)", collect)
    .option("--check", "test invariants after every event")
    .option("--check-deep", "also those that recompute from scratch")
    .option("--max-events <count>", "stop after this many events (exit 4)", positiveCount)
    .option("--max-input-bytes <count>", "largest input file", positiveCount)
    .option("--output-dir <folder>", "where results go (default results/NAME-HASH)")
    .option("--force", "write into a folder that holds other results")
    .addOption(
      new Option("-o, --format <format>", "what goes to stdout")
        .choices(OUTPUT_FORMATS)
        .default("table"),
    )
    .option(
      "--allow-unsimulated",
      "go on although something that could change scheduling is not simulated",
    )
    .option("--allow-outside", "let the scenario name files outside its folder")
    .option("--strict", "treat notes about ignored fields as errors")
    .option("--verify-determinism", "run twice and compare fingerprints")
    .option("--no-plugins", "load no user code")
    .option("-q, --quiet", "no notes, no progress")
    .action(async (inputs: string[], options: RunOptions) => {
      done(await run(requestOf(inputs, options), options.quiet === true));
    });
}

const HELP_EXAMPLES = `Examples:
  podsim run scenario.yaml
  podsim run scenario.yaml -s best-fit --seed 7 --threshold 'pending.p99<30s'
  kubectl get nodes,pods,deployments,services -A -o json | podsim run -f -

`;

function requestOf(positional: readonly string[], options: RunOptions): RunRequest {
  const inputs = [...positional, ...(options.filename ?? [])];
  if (inputs.length === 0)
    throw new CommandFailure(
      EXIT.usage,
      "nothing to run: name a scenario or objects, for example podsim run scenario.yaml",
    );
  if (inputs.filter((input) => input === "-").length > 1)
    throw new CommandFailure(EXIT.usage, "stdin (-) can be read only once");
  if (options.check === true && options.checkDeep === true)
    throw new CommandFailure(
      EXIT.usage,
      "options '--check' and '--check-deep' exclude each other: the latter contains the former",
    );
  return {
    inputs,
    recursive: options.recursive === true,
    allowOutside: options.allowOutside === true,
    allowUnsimulated: options.allowUnsimulated === true,
    strict: options.strict === true,
    overrides: options.set ?? [],
    schedulers: options.scheduler ?? [],
    seed: options.seed,
    horizon: options.for,
    thresholds: options.threshold ?? [],
    check: options.checkDeep === true ? "deep" : options.check === true ? "check" : "none",
    maxEvents: options.maxEvents,
    maxInputBytes: options.maxInputBytes,
    outputDir: options.outputDir,
    force: options.force === true,
    format: options.format,
    verifyDeterminism: options.verifyDeterminism === true,
    noPlugins: !options.plugins,
  };
}

async function run(request: RunRequest, quiet: boolean): Promise<ExitCode> {
  const control = {
    stop: new Int32Array(new SharedArrayBuffer(4)),
    progress: new Float64Array(new SharedArrayBuffer(24)),
  };
  let signalCode: ExitCode | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const code = signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
    if (signalCode !== undefined) process.exit(code);
    signalCode = code;
    Atomics.store(control.stop, 0, 1);
    if (!quiet) printNote("\nstopping: partial results follow; once more to leave at once\n");
  };
  const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, onSignal);
  const line = new ProgressLine(control.progress, quiet);
  try {
    const report = await runInWorker(request, control);
    line.clear();
    if (!quiet) printNote(report.notes);
    printResult(report.output);
    if (!quiet || report.exitCode > EXIT.gate) printNote(report.closing);
    return signalCode ?? report.exitCode;
  } finally {
    line.clear();
    for (const signal of signals) process.off(signal, onSignal);
  }
}

function runInWorker(request: RunRequest, control: object): Promise<RunReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("../run-worker.js", import.meta.url), {
      workerData: { request, control },
    });
    let report: RunReport | undefined;
    worker.on("message", (message: RunReport) => {
      report = message;
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      if (report !== undefined) resolve(report);
      else reject(new Error(`the simulation's thread ended with code ${code} and no result`));
    });
  });
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function positiveCount(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError("A whole number above 0 is expected.");
  return Number(text);
}

// A seed is text, or an integer of any size, which counts as its decimal text. What looks like a
// number but is no integer is more likely a slip than a name.
function seedText(text: string): string {
  if (text === "") throw new InvalidArgumentError("A seed is not empty.");
  if (/^[+-]?\d+$/.test(text)) return BigInt(text).toString();
  if (Number.isFinite(Number(text)) && text.trim() !== "")
    throw new InvalidArgumentError("A seed that is a number is an integer.");
  return text;
}
