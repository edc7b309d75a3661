// `podsim validate`: everything that a run would refuse or leave out, without running anything.
//
// It takes the way of `run` up to the start of time, so what it accepts will run.

import type { Command } from "commander";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import {
  addInputOptions,
  formatOption,
  type InputOptions,
  inputQuestion,
} from "../option-parts.ts";
import { refuseInputConflicts } from "../option-rules.ts";
import { printNote, printResult } from "../output.ts";

interface ValidateOptions extends InputOptions {
  readonly format: "table" | "json";
}

const EXAMPLES = `Examples:
  podsim validate scenario.yaml
  podsim validate -f manifests/ -R --strict
  podsim validate scenario.yaml -o json

`;

/** Adds the command to the program. */
export function registerValidate(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command("validate")
    .description("check a scenario or Kubernetes objects without running them")
    .addHelpText("before", EXAMPLES);
  addInputOptions(command)
    .addOption(formatOption(["table", "json"]))
    .action(async (inputs: string[], options: ValidateOptions) => {
      done(await validate([...inputs, ...(options.filename ?? [])], options));
    });
}

async function validate(inputs: readonly string[], options: ValidateOptions): Promise<ExitCode> {
  if (inputs.length === 0)
    throw new CommandFailure(EXIT.usage, "nothing to validate: name a scenario or objects");
  refuseInputConflicts(options);
  const { InputError } = await import("../../base/index.ts");
  const { prepareRun } = await import("../../experiment/index.ts");
  const { loadRunInput } = await import("../../experiment/node.ts");
  const { refusalsOf, refuseWrongValues } = await import("../request-checks.ts");
  const request = inputQuestion(inputs, options);
  refuseWrongValues(request);
  const asJson = options.format === "json";
  try {
    const prepared = prepareRun(await loadRunInput(request));
    const problems = refusalsOf(prepared, request);
    if (problems.length > 0 && !asJson) throw new InputError(problems);
    if (asJson) printResult(validationJson(problems, prepared.notes));
    else {
      for (const { code, message, count } of prepared.notes)
        printNote(`note[${code}]: ${message}${count > 1 ? ` (${count} times)` : ""}\n`);
      printResult(`${prepared.name}: valid\n`);
    }
    return problems.length === 0 ? EXIT.ok : EXIT.input;
  } catch (error) {
    if (!(error instanceof InputError) || !asJson) throw error;
    printResult(validationJson(error.problems, []));
    return error.exitCode;
  }
}

function validationJson(problems: readonly object[], notes: readonly object[]): string {
  const list = {
    schemaVersion: "podsim.dev/problems/v1",
    valid: problems.length === 0,
    problems,
    notes,
  };
  return `${JSON.stringify(list, undefined, 2)}\n`;
}
