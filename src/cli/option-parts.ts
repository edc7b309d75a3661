// Options that several commands share, and how their values are read.
//
// One place, so that the same flag means the same everywhere; which values exclude each other is
// option-rules.ts.

import type { EvaluatorName } from "../experiment/index.ts";
import type { RunInputRequest } from "../experiment/node.ts";
import { type Command, InvalidArgumentError, Option } from "./commander.ts";

/** Adds the options that say what to read. */
export function addInputOptions(command: Command): Command {
  return command
    .argument("[input...]", "scenario, manifests, dump, folder, or - for stdin")
    .option("-f, --filename <path>", "objects to add (repeatable)", collect)
    .option("-R, --recursive", "read folders with everything below them")
    .option("-s, --scheduler <name|file>", "policy, profile, configuration or module", collect)
    .option("--for <duration>", "horizon, such as 2h; overrides the scenario's")
    .option("--seed <seed>", "seed: text or an integer", seedText)
    .option("--set <path=value>", "override a value of the scenario (repeatable)", collect)
    .option("--threshold <gate>", "gate, such as pending.p99<30s (repeatable)", collect)
    .option("--prices <file>", "CSV of what machines cost: shape,pricePerHour,currency")
    .option("--max-input-bytes <count>", "largest input file", positiveCount)
    .option("--allow-outside", "let the scenario name files outside its folder")
    .option(
      "--allow-unsimulated",
      "go on without what could change scheduling and is not simulated",
    )
    .option("--strict", "fail on everything that is left out or doubtful")
    .option("--no-plugins", "load no user code");
}

/** What `addInputOptions` leaves in a command's options. */
export interface InputOptions {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly scheduler?: readonly string[];
  readonly for?: string;
  readonly seed?: string;
  readonly set?: readonly string[];
  readonly threshold?: readonly string[];
  readonly prices?: string;
  readonly maxInputBytes?: number;
  readonly allowOutside?: boolean;
  readonly allowUnsimulated?: boolean;
  readonly strict?: boolean;
  readonly plugins: boolean;
}

/** What is to be read, and what is put up with in it. */
export interface InputQuestion extends RunInputRequest {
  readonly allowUnsimulated: boolean;
  readonly strict: boolean;
}

/** Arguments and `-f` together, in that order. */
export function inputsOf(positional: readonly string[], options: InputOptions): readonly string[] {
  return [...positional, ...(options.filename ?? [])];
}

/** The options of `addInputOptions`, and of `evaluatorOption` where a command has it, as jobs take them. */
export function inputQuestion(
  inputs: readonly string[],
  options: InputOptions & { readonly evaluator?: EvaluatorName },
): InputQuestion {
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
    prices: options.prices,
    maxInputBytes: options.maxInputBytes,
    noPlugins: !options.plugins,
    evaluator: options.evaluator,
  };
}

/** The option that chooses what goes to stdout. */
export function formatOption(formats: readonly string[]): Option {
  return new Option("-o, --format <format>", "what goes to stdout")
    .choices(formats)
    .default("table");
}

/** Names that `--evaluator` takes; a test holds them against those that there are. */
export const EVALUATOR_CHOICES: readonly EvaluatorName[] = ["plain", "fused", "indexed", "both"];

/** The option that chooses what decides; the outcome is the same. */
export function evaluatorOption(): Option {
  const text = "what decides, to the same end; both compares plain with indexed at every decision";
  return new Option("--evaluator <name>", text).choices(EVALUATOR_CHOICES);
}

/** Gathers the values of a repeatable option. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** Whether an option may be given more than once: it gathers, or it has no value to lose. */
export function isRepeatable(option: Option): boolean {
  return option.parseArg === collect || option.variadic;
}

/** Reads a whole number above 0. */
export function positiveCount(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError("A whole number above 0 is expected.");
  return Number(text);
}

/**
 * Reads a seed: text, or an integer of any size, which counts as its decimal text. What looks like a
 * number but is no integer is more likely a slip than a name.
 */
export function seedText(text: string): string {
  if (text === "") throw new InvalidArgumentError("A seed is not empty.");
  if (/^[+-]?\d+$/.test(text)) return BigInt(text).toString();
  if (text.trim() !== "" && !Number.isNaN(Number(text)))
    throw new InvalidArgumentError("A seed that is a number is a whole number.");
  return text;
}
