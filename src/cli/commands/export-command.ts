// `podsim export SCENARIO --output trace.jsonl`: what its generators and traces give, as one trace.
//
// The trace takes their place in a scenario (format `recorded`) and gives the same pods at the same
// instants; other programs can read it, too. Files that hold something else are not replaced unasked.

import type { Command } from "commander";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import {
  addInputOptions,
  formatOption,
  type InputOptions,
  inputQuestion,
} from "../option-parts.ts";
import { printNote, printResult } from "../output.ts";

const EXAMPLES = `Examples:
  podsim export scenario.yaml --output trace.jsonl
  podsim export scenario.yaml --for 24h --replication 3 --output third.jsonl

`;

interface ExportOptions extends InputOptions {
  readonly output: string;
  readonly replication: number;
  readonly force?: boolean;
  readonly format: "table" | "json";
}

/** Adds the command to the program. */
export function registerExport(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command("export")
    .description("write what the generators and traces of a scenario give, as a trace")
    .addHelpText("before", EXAMPLES);
  addInputOptions(command)
    .requiredOption("--output <file>", "the trace to write (JSON lines)")
    .option("--replication <number>", "which replication's draws", replicationOf, 0)
    .option("--force", "replace a file that exists")
    .addOption(formatOption(["table", "json"]))
    .action(async (inputs: string[], options: ExportOptions) => {
      await exportInto([...inputs, ...(options.filename ?? [])], options);
      done(EXIT.ok);
    });
}

async function exportInto(inputs: readonly string[], options: ExportOptions): Promise<void> {
  if (inputs.length === 0)
    throw new CommandFailure(EXIT.usage, "nothing to export: name a scenario");
  const { exportTrace, prepareRun } = await import("../../experiment/index.ts");
  const { loadRunInput } = await import("../../experiment/node.ts");
  const { TableFile } = await import("../import-files.ts");
  const prepared = prepareRun(await loadRunInput(inputQuestion(inputs, options)));
  const file = new TableFile(options.output);
  try {
    const outcome = exportTrace(prepared, options.replication, (text) => file.append(text));
    file.end();
    if (file.isTaken && !file.isSame && options.force !== true) {
      const message = `${options.output} exists with other content: choose another --output, or --force to replace it`;
      throw new CommandFailure(EXIT.files, message);
    }
    file.commit();
    const report = { output: options.output, ...outcome };
    if (options.format === "json") printResult(`${JSON.stringify(report, undefined, 2)}\n`);
    else {
      const { podCount, templateCount, nodeCount } = outcome;
      printResult(`${podCount} pods of ${templateCount} templates, ${nodeCount} nodes\n`);
      printNote(`wrote ${options.output}\n`);
      printNote("in place of the scenario's generators and traces, under workload:\n");
      printNote(`  traces: [{ format: recorded, files: [${options.output}] }]\n`);
    }
  } catch (error) {
    file.abandon();
    throw error;
  }
}

function replicationOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CommandFailure(
    EXIT.usage,
    `--replication ${text}: a whole number of at least 0 was expected`,
  );
}
