// Options from the environment: `PODSIM_SEED=7` stands for `--seed 7` wherever that is an option.
//
// A flag beats the environment; the environment beats the scenario and the defaults. A variable that
// starts with PODSIM_ and means nothing is spoken of, since a misspelt one would do nothing.

import { type Command, InvalidArgumentError, type Option } from "./commander.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { printNote } from "./output.ts";

const PREFIX = "PODSIM_";

/** Options that make no sense as a standing wish. */
const ONLY_FLAGS: ReadonlySet<string> = new Set(["--help", "--version", "--print-config"]);

/** The variable of an option, as PODSIM_OUTPUT_DIR for --output-dir; undefined if it has none. */
export function variableOf(option: Option): string | undefined {
  if (option.long === undefined || option.long === null || ONLY_FLAGS.has(option.long))
    return undefined;
  return PREFIX + option.long.slice(2).toUpperCase().replaceAll("-", "_");
}

/** Takes from the environment what the command line does not say. */
export function applyEnvironment(command: Command, environment: NodeJS.ProcessEnv): void {
  for (let owner: Command | null = command; owner !== null; owner = owner.parent) {
    for (const option of owner.options) applyVariable(owner, option, environment);
  }
}

function applyVariable(owner: Command, option: Option, environment: NodeJS.ProcessEnv): void {
  const variable = variableOf(option);
  const text = variable === undefined ? undefined : environment[variable];
  const key = option.attributeName();
  if (variable === undefined || text === undefined || text === "") return;
  if (owner.getOptionValueSource(key) === "cli") return;
  const value = readVariable(option, text, variable);
  if (value !== undefined) owner.setOptionValueWithSource(key, value, "env");
}

/** Says on stderr which variables of ours mean nothing. */
export async function noteUnknownVariables(
  program: Command,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const known = new Set(
    [program, ...program.commands, ...program.commands.flatMap((command) => command.commands)]
      .flatMap((command) => command.options)
      .flatMap((option) => variableOf(option) ?? []),
  );
  const strangers = Object.keys(environment).filter(
    (name) => name.startsWith(PREFIX) && !known.has(name),
  );
  if (strangers.length === 0) return;
  const { escapeControls, nearest } = await import("../base/index.ts");
  for (const name of strangers) {
    const near = nearest(name, [...known]);
    const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
    printNote(
      `note: the environment variable ${escapeControls(name)} means nothing to podsim${hint}\n`,
    );
  }
}

function readVariable(option: Option, text: string, variable: string): unknown {
  if (!option.required && !option.optional) {
    if (/^(1|true|yes)$/i.test(text)) return !option.negate;
    if (/^(0|false|no)$/i.test(text)) return undefined;
    throw wrong(variable, text, "1 or 0 is expected");
  }
  if (option.parseArg === undefined) return text;
  try {
    return option.parseArg(text, undefined);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw wrong(variable, text, error.message);
    throw error;
  }
}

function wrong(variable: string, text: string, why: string): CommandFailure {
  return new CommandFailure(EXIT.usage, `environment ${variable}=${text}: ${why}`);
}
