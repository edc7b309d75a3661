// `podsim shapes`: what the nodes of a provider leave to pods, for every shape of a catalogue.
//
// Prints allocatable resources: cpu in thousandths, memory in bytes, the most pods. The formulas are in
// the experiment floor; this file reads the lists and writes the table.

import type { Command } from "commander";
import type { NodeShape, ShapeProvider } from "../../experiment/index.ts";
import { Option } from "../commander.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import { formatOption, positiveCount } from "../option-parts.ts";
import { printNote, printResult } from "../output.ts";

interface ShapesOptions {
  readonly provider: ShapeProvider;
  readonly catalogue?: string;
  readonly eniLimits?: string;
  readonly maxPods?: number;
  readonly format: "table" | "csv" | "json";
}

interface Row {
  readonly name: string;
  readonly cpu_milli: number;
  readonly memory_bytes: number;
  readonly pods: number;
}

const COLUMNS = ["name", "cpu_milli", "memory_bytes", "pods"] as const;
const EXAMPLES = `Examples:
  podsim shapes --provider gke                    the shapes podsim knows
  podsim shapes --provider eks --catalogue types.csv --eni-limits limits.jsonl -o csv

`;

/** Adds the command to the program. */
export function registerShapes(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("shapes")
    .description("print what nodes of each shape leave to pods")
    .addHelpText("before", EXAMPLES)
    .addOption(
      new Option("--provider <name>", "whose rules reserve resources")
        .choices(["eks", "gke", "aks", "bare"])
        .makeOptionMandatory(),
    )
    .option(
      "--catalogue <file>",
      "CSV of shapes: name, cores, memory (default: those podsim knows)",
    )
    .option("--eni-limits <file>", "JSON lines with the limits of network interfaces (EKS)")
    .option("--max-pods <count>", "--max-pods of the kubelets", positiveCount)
    .addOption(formatOption(["table", "csv", "json"]))
    .action(async (options: ShapesOptions) => {
      await printShapes(options);
      done(EXIT.ok);
    });
}

async function printShapes(options: ShapesOptions): Promise<void> {
  const { nodeOfShape } = await import("../../experiment/index.ts");
  const rows = (await shapesOf(options)).map((shape): Row => {
    const { allocatable } = nodeOfShape(shape, options.provider, options.maxPods);
    const { milliCpu, memoryBytes, pods } = allocatable;
    return { name: shape.name, cpu_milli: milliCpu, memory_bytes: memoryBytes, pods };
  });
  if (options.format === "json") printResult(`${JSON.stringify(rows, undefined, 2)}\n`);
  else if (options.format === "csv") printResult(csvOf(rows));
  else {
    const { formatTextTable } = await import("../../report/index.ts");
    const cells = rows.map((row) => COLUMNS.map((column) => String(row[column])));
    printResult(formatTextTable(COLUMNS, cells, ["left", "right", "right", "right"]));
  }
}

async function shapesOf(options: ShapesOptions): Promise<readonly NodeShape[]> {
  const { builtInShapes, readInterfaceLimits, readShapeCatalogue } = await import(
    "../../experiment/index.ts"
  );
  const known = new Map(
    builtInShapes(options.provider).map(({ name, podsByAddresses }) => [name, podsByAddresses]),
  );
  let given: ReadonlyMap<string, number> = new Map();
  if (options.eniLimits !== undefined) {
    const limits = readInterfaceLimits(await textOf(options.eniLimits));
    noteAll(options.eniLimits, limits.problems);
    given = limits.podsByType;
  }
  const podsOf = (name: string): number | undefined =>
    options.provider === "eks" ? (given.get(name) ?? known.get(name)) : undefined;
  if (options.catalogue === undefined) {
    return builtInShapes(options.provider).map((shape) => ({
      ...shape,
      podsByAddresses: podsOf(shape.name),
    }));
  }
  const catalogue = readShapeCatalogue(await textOf(options.catalogue), podsOf);
  noteAll(options.catalogue, catalogue.problems);
  if (catalogue.shapes.length === 0) {
    throw new CommandFailure(EXIT.input, `${options.catalogue}: no shape could be read.`);
  }
  const unbounded = catalogue.shapes.filter(({ podsByAddresses }) => podsByAddresses === undefined);
  if (options.provider === "eks" && options.maxPods === undefined && unbounded.length > 0) {
    const names = unbounded.map(({ name }) => name);
    const shown = names.slice(0, 3).join(", ") + (names.length > 3 ? ", ..." : "");
    printNote(`no interface limits of ${names.length} types (${shown}): 110 pods assumed\n`);
  }
  return catalogue.shapes;
}

async function textOf(file: string): Promise<string> {
  const { readInputFile } = await import("../../experiment/node.ts");
  return new TextDecoder().decode(readInputFile(file, Number.MAX_SAFE_INTEGER).bytes);
}

function noteAll(file: string, problems: readonly string[]): void {
  for (const problem of problems) printNote(`${file}: ${problem}\n`);
}

/** Names are quoted only where a comma or a quote asks for it. */
function csvOf(rows: readonly Row[]): string {
  const cell = (value: string | number): string =>
    typeof value === "string" && /[",\r\n]/.test(value)
      ? `"${value.replaceAll('"', '""')}"`
      : `${value}`;
  const lines = rows.map((row) => COLUMNS.map((column) => cell(row[column])).join(","));
  return `${[COLUMNS.join(","), ...lines].join("\n")}\n`;
}
