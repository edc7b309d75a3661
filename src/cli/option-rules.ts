// House rules for options that commander leaves open: nothing is given twice, no flag is eaten as a
// value, no value is empty, and options that contradict each other are both named.

import type { Command, Option } from "commander";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { type InputOptions, isRepeatable } from "./option-parts.ts";

/** Watches the options of a command while its line is parsed. */
export function enforceOptionRules(command: Command): void {
  const flags = new Set(command.options.flatMap((option) => [option.short, option.long]));
  for (const option of command.options) {
    let times = 0;
    command.on(`option:${option.name()}`, (value: string | null | undefined) => {
      times++;
      if (times > 1 && !isRepeatable(option))
        throw usage(`option '${option.flags}' was given ${times} times`);
      if (typeof value === "string") refuseValue(option, value, flags);
    });
  }
}

/** Refuses options that exclude each other; each pair says why. */
export function refuseConflicts(
  conflicts: readonly { readonly given: boolean; readonly names: string; readonly why: string }[],
): void {
  for (const { given, names, why } of conflicts) {
    if (given) throw usage(`options ${names} exclude each other: ${why}`);
  }
}

/** Refuses input options that contradict each other. */
export function refuseInputConflicts(options: InputOptions): void {
  refuseConflicts([
    {
      given: options.strict === true && options.allowUnsimulated === true,
      names: "'--strict' and '--allow-unsimulated'",
      why: "one refuses what the other permits",
    },
  ]);
}

function refuseValue(option: Option, value: string, flags: ReadonlySet<string | undefined>): void {
  if (value === "") throw usage(`option '${option.flags}' has an empty value`);
  if (flags.has(value))
    throw usage(`option '${option.flags}' lacks its value: the next word is the option ${value}`);
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
