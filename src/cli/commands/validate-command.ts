// `podsim validate`: everything that a run would refuse or leave out, without running anything.

import { type Command, Option } from "commander";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printNote, printResult } from "../output.ts";

interface ValidateOptions {
  readonly filename?: string[];
  readonly recursive?: boolean;
  readonly set?: string[];
  readonly allowOutside?: boolean;
  readonly allowUnsimulated?: boolean;
  readonly maxInputBytes?: number;
  readonly strict?: boolean;
  readonly format: "table" | "json";
}

/** Adds the command to the program. */
export function registerValidate(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("validate")
    .description("check a scenario or Kubernetes objects without running them")
    .argument("[input...]", "scenario, manifests, dump, folder, or - for stdin")
    .option(
      "-f, --filename <path>",
      "objects to add (repeatable)",
      (value: string, previous: string[] = []) => [...previous, value],
    )
    .option("-R, --recursive", "read folders with everything below them")
    .option(
      "--set <path=value>",
      "override a value of the scenario (repeatable)",
      (value: string, previous: string[] = []) => [...previous, value],
    )
    .option("--allow-outside", "let the scenario name files outside its folder")
    .option(
      "--allow-unsimulated",
      "do not fail on what could change scheduling and is not simulated",
    )
    .option("--strict", "fail on anything that is ignored")
    .addOption(
      new Option("-o, --format <format>", "what goes to stdout")
        .choices(["table", "json"])
        .default("table"),
    )
    .action(async (inputs: string[], options: ValidateOptions) => {
      done(await validate([...inputs, ...(options.filename ?? [])], options));
    });
}

async function validate(inputs: readonly string[], options: ValidateOptions): Promise<ExitCode> {
  const { InputError } = await import("../../base/index.ts");
  const { prepareRun } = await import("../../experiment/index.ts");
  const { loadRunInput } = await import("../../experiment/node.ts");
  if (inputs.length === 0) {
    printNote("error: nothing to validate: name a scenario or objects\n");
    return EXIT.usage;
  }
  try {
    const input = await loadRunInput({
      inputs,
      recursive: options.recursive === true,
      allowOutside: options.allowOutside === true,
      overrides: options.set ?? [],
      schedulers: [],
      seed: undefined,
      horizon: undefined,
      thresholds: [],
      maxInputBytes: options.maxInputBytes,
      noPlugins: false,
    });
    const prepared = prepareRun(input);
    const blocking = prepared.notes.filter((note) => note.changesScheduling);
    const refusing =
      options.strict === true ? prepared.notes : options.allowUnsimulated === true ? [] : blocking;
    if (options.format === "json") {
      printResult(
        `${JSON.stringify({ valid: refusing.length === 0, problems: [], notes: prepared.notes }, undefined, 2)}\n`,
      );
    } else {
      for (const note of prepared.notes) {
        printNote(
          `${note.changesScheduling ? "NOT SIMULATED" : "note"}: ${note.message}${note.count > 1 ? ` (${note.count} times)` : ""}\n`,
        );
      }
      printResult(
        `${prepared.name}: ${refusing.length === 0 ? "valid" : `${refusing.length} things are not simulated`}\n`,
      );
    }
    return refusing.length === 0 ? EXIT.ok : EXIT.input;
  } catch (error) {
    if (!(error instanceof InputError) || options.format !== "json") throw error;
    printResult(
      `${JSON.stringify({ valid: false, problems: error.problems, notes: [] }, undefined, 2)}\n`,
    );
    return error.exitCode;
  }
}
