// `podsim import FORMAT PATH... --output scenario.yaml`: somebody else's data as a scenario.
//
// One subcommand per importer, with the importer's own options. Which formats there are is known to
// the workload floor only, so they are loaded when the command line says `import` and not before.

import type { Command } from "commander";
import type { Importer, ImportNote, ImportOption } from "../../experiment/index.ts";
import { Option } from "../commander.ts";
import { CommandFailure, type ExitCode, EXIT } from "../exit-codes.ts";
import { formatOption } from "../option-parts.ts";
import { printNote, printResult } from "../output.ts";

const EXAMPLES = `Examples:
  podsim import kubesbs data/kubesbs --point 100 --output scenario.yaml
  podsim import swf NASA-iPSC-1993-3.1-cln.swf.gz --until 48h --output nasa.yaml
  podsim import google-2011 clusterdata-2011-2 --cpu-unit 64 --memory-unit 256Gi --output google.yaml
  podsim import wfcommons montage.json --output montage.yaml

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
    for (const { name, what, values, default: usual, isOptional, hint } of importer.options) {
      const option = new Option(`--${name} <value>`, what);
      if (values !== undefined) option.choices(values);
      if (usual !== undefined) option.default(usual);
      else if (isOptional !== true && hint === undefined) option.makeOptionMandatory();
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
  const chosen = chosenOptions(importer, options);
  const files = new ImportFiles(options.output, options.force === true);
  const { nodes, pods } = files;
  try {
    const outcome = await runImport(importer, paths, { options: chosen, nodes, pods });
    const flags = [...chosen].map(([name, value]) => ` --${name} ${value}`).join("");
    const isNew = files.commit(
      importedScenarioText({
        ...outcome,
        nodesFile: nodes.hasColumns ? basename(nodes.path) : undefined,
        podsFile: pods.hasColumns ? basename(pods.path) : undefined,
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
      objectsCount: outcome.scenario.objects?.length ?? 0,
      stepsCount: outcome.scenario.steps?.length ?? 0,
      rowsRead: Object.fromEntries(outcome.rowsRead),
      units: outcome.scenario.units ?? [],
      filesWritten: [options.output, ...files.tables.map(({ path }) => path)],
      notes: outcome.notes.map((note) => ({ ...note, firstLine: note.firstLine ?? null })),
    };
    if (options.format === "json") printResult(`${JSON.stringify(report, undefined, 2)}\n`);
    else await printReport(report, outcome.notes);
    const names = report.filesWritten.join(", ");
    printNote(isNew ? `wrote ${names}\n` : `unchanged: ${names}\n`);
    printNote(`next: podsim run ${options.output}${await limitFlag(report.filesWritten)}\n`);
  } catch (error) {
    files.abandon();
    throw error;
  }
}

// A run refuses files beyond its limit, so that a wrong name does not fill the memory.
async function limitFlag(files: readonly string[]): Promise<string> {
  const { INPUT_BYTES_MAX } = await import("../../experiment/node.ts");
  const { statSync } = await import("node:fs");
  const largest = Math.max(...files.map((file) => statSync(file).size));
  return largest > INPUT_BYTES_MAX ? ` --max-input-bytes ${largest}` : "";
}

// Options without a value are left out; those that nobody may guess are asked for with the reason.
function chosenOptions(importer: Importer, options: ImportOptions): Map<string, string> {
  const chosen = new Map<string, string>();
  const missing: ImportOption[] = [];
  for (const option of importer.options) {
    const value = options[camelCase(option.name)];
    if (value !== undefined) chosen.set(option.name, String(value));
    else if (option.isOptional !== true) missing.push(option);
  }
  if (missing.length === 0) return chosen;
  const names = missing.map(({ name }) => `--${name}`).join(", ");
  const hints = new Set(missing.map(({ hint, what }) => `hint: ${hint ?? what}`));
  throw new CommandFailure(
    EXIT.usage,
    `${importer.format} needs ${names}\n${[...hints].join("\n")}`,
  );
}

interface ReportText {
  readonly description: string;
  readonly nodesCount: number;
  readonly podsCount: number;
  readonly objectsCount: number;
  readonly stepsCount: number;
  readonly rowsRead: Readonly<Record<string, number>>;
  readonly units: readonly string[];
}

async function printReport(report: ReportText, notes: readonly ImportNote[]): Promise<void> {
  const { formatTextTable } = await import("../../report/index.ts");
  printResult(`${report.description}\n${report.units.map((unit) => `${unit}\n`).join("")}\n`);
  const rows = [
    ...Object.entries(report.rowsRead).map(([file, count]) => [
      ...["read", String(count), "", `rows of ${file}`],
    ]),
    ["wrote", String(report.nodesCount), "", "nodes"],
    ["wrote", String(report.podsCount), "", "pods"],
    ...(report.objectsCount === 0
      ? []
      : [["wrote", String(report.objectsCount), "", "objects in the scenario"]]),
    ...(report.stepsCount === 0 ? [] : [["wrote", String(report.stepsCount), "", "steps"]]),
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
