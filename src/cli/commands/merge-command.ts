// `podsim merge DIR...`: the report of a study whose cells ran in shards, as if it had run in one piece.
//
// What the words on the command line mean; reading the stores is in merge-job.ts.

import type { Command } from "commander";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatOption } from "../option-parts.ts";
import { printNote } from "../output.ts";
import { reportComparison } from "./compare-command.ts";
import { reportSweep } from "./sweep-command.ts";

interface MergeOptions {
  readonly study?: string;
  readonly outputDir?: string;
  readonly force?: boolean;
  readonly failOnInconclusive?: boolean;
  readonly format: string;
  readonly quiet?: boolean;
}

const EXAMPLES = `Examples:
  podsim merge shard-0 shard-1 shard-2
  podsim merge cells --study 0123456789abcdef -o json

`;

/** Missing cells that are listed one by one. */
const LISTED_MAX = 20;

/** Adds the command to the program. */
export function registerMerge(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("merge")
    .description("the report of a sweep or comparison from the stores of its shards")
    .argument("<store...>", "folders that --store made")
    .addHelpText("before", EXAMPLES)
    .option("--study <id>", "which study, where the stores hold several")
    .option("--output-dir <folder>", "write the files of the study there")
    .option("--force", "write into a folder that holds other results")
    .option("--fail-on-inconclusive", "exit 5 if any verdict of a comparison is open")
    .addOption(formatOption(["table", "wide", "json", "yaml", "csv", "markdown", "name"]))
    .option("-q, --quiet", "no notes")
    .action(async (folders: string[], options: MergeOptions) =>
      done(await merge(folders, options)),
    );
}

async function merge(folders: readonly string[], options: MergeOptions): Promise<ExitCode> {
  const { mergeStores } = await import("../merge-job.ts");
  const { outcome, missing } = mergeStores(folders, options.study);
  if (missing.length > 0) {
    const { total } = outcome.counts;
    const shown = missing.slice(0, LISTED_MAX);
    const lines = shown.map(({ at, hash }) => `  cell ${at}: ${hash}\n`);
    const rest = missing.length - shown.length;
    printNote(
      `${missing.length} of ${total} cells are missing:\n${lines.join("")}${rest > 0 ? `  and ${rest} more\n` : ""}`,
    );
  }
  const code =
    outcome.command === "sweep"
      ? await reportSweep(outcome, options)
      : await reportComparison(outcome, options);
  return missing.length > 0 ? EXIT.limit : code;
}
