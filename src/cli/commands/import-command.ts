// `podsim import FORMAT PATH... --output scenario.yaml`: somebody else's data as a scenario.
//
// One subcommand per importer, with the importer's own options. Which formats there are is known to
// the workload floor only, so they are loaded when the command line says `import` and not before.

import type { Command } from "commander";
import type { Importer, ImportNote } from "../../experiment/index.ts";
import { Option } from "../commander.ts";
import { type ExitCode, EXIT } from "../exit-codes.ts";
import { formatOption } from "../option-parts.ts";
import { printNote, printResult } from "../output.ts";

const EXAMPLES = `Examples:
  podsim import kubesbs data/kubesbs --point 100 --output scenario.yaml
  podsim import kubesbs data/kubesbs --point 1200 --workload k3 --output timed.yaml

`;

interface ImportOptions {
  readonly output: string;
  readonly force?: boolean;
  readonly format: "table" | "json";
  readonly [option: string]: unknown;
}

/** Adds the command to the program; without importers only its name, for the list of commands. */
export function registerImport(
  program: Command,
  done: (code: ExitCode) => void,
  importers: readonly Importer[],
): void {
  const parent = program
    .command("import")
    .description("turn a trace or another simulator's input into a scenario")
    .addHelpText("before", EXAMPLES);
  for (const importer of importers) {
    const command = parent
      .command(importer.format)
      .description(importer.what)
      .argument(
        "<path...>",
        `folder or files: ${importer.files.map(({ name }) => name).join(", ")}`,
      )
      .requiredOption("--output <file>", "the scenario to write; tables go beside it")
      .option("--force", "replace files that exist")
      .addOption(formatOption(["table", "json"]));
    for (const { name, what, values, default: usual } of importer.options) {
      const option = new Option(`--${name} <value>`, what);
      if (values !== undefined) option.choices(values);
      if (usual === undefined) option.makeOptionMandatory();
      else option.default(usual);
      command.addOption(option);
    }
    command.action(async (paths: string[], options: ImportOptions) => {
      await importInto(importer, paths, options);
      done(EXIT.ok);
    });
  }
}

async function importInto(
  importer: Importer,
  paths: readonly string[],
  options: ImportOptions,
): Promise<void> {
  const { runImport } = await import("../../experiment/node.ts");
  const { importedScenarioText } = await import("../../experiment/index.ts");
  const { ImportFiles } = await import("../import-files.ts");
  const { basename } = await import("node:path");
  const files = new ImportFiles(options.output, options.force === true);
  const chosen = new Map(
    importer.options.map(({ name }) => [name, String(options[camelCase(name)])]),
  );
  const { nodes, pods } = files;
  try {
    const outcome = await runImport(importer, paths, { options: chosen, nodes, pods });
    const flags = [...chosen].map(([name, value]) => ` --${name} ${value}`).join("");
    const isNew = files.commit(
      importedScenarioText({
        ...outcome,
        nodesFile: basename(nodes.path),
        podsFile: basename(pods.path),
        // Without paths: the same data give the same scenario wherever they lie.
        command: `podsim import ${importer.format}${flags}`,
      }),
    );
    const report = {
      scenario: options.output,
      description: outcome.scenario.description,
      nodesCount: nodes.rowCount,
      podsCount: pods.rowCount,
      filesRead: outcome.filesRead,
      filesWritten: [options.output, nodes.path, pods.path],
      notes: outcome.notes.map((note) => ({ ...note, firstLine: note.firstLine ?? null })),
    };
    if (options.format === "json") printResult(`${JSON.stringify(report, undefined, 2)}\n`);
    else await printReport(report.description, [nodes.rowCount, pods.rowCount], outcome.notes);
    const names = report.filesWritten.join(", ");
    printNote(isNew ? `wrote ${names}\n` : `unchanged: ${names}\n`);
    printNote(`next: podsim run ${options.output}\n`);
  } catch (error) {
    files.abandon();
    throw error;
  }
}

async function printReport(
  description: string,
  [nodes, pods]: readonly [number, number],
  notes: readonly ImportNote[],
): Promise<void> {
  const { formatTextTable } = await import("../../report/index.ts");
  printResult(`${description}\n\n`);
  const rows = [
    ["read", String(nodes), "", "nodes"],
    ["read", String(pods), "", "pods"],
    ...notes.map(({ effect, what, count, firstLine }) => [
      ...[effect, String(count), firstLine === undefined ? "" : String(firstLine), what],
    ]),
  ];
  const header = ["ROWS", "COUNT", "FROM LINE", "WHAT"];
  printResult(formatTextTable(header, rows, ["left", "right", "right", "left"]));
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
