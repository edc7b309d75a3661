// `podsim fit FILE --column NAME --unit s`: laws for the values of a column, and how far each is from them.
//
// Scenarios take spans of time in seconds, and a file does not say what its numbers are in: the unit has
// to be given.

import type { Command } from "commander";
import { Option } from "../commander.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatOption } from "../option-parts.ts";
import { printResult } from "../output.ts";

const EXAMPLES = `Examples:
  podsim fit trace.pods.csv --column run_us --unit us
  podsim fit jobs.csv.gz --column duration --unit s -o json

`;

/** Seconds in one of each unit; `none` leaves values as they are. */
const SECONDS: ReadonlyMap<string, number> = new Map([
  ["us", 1e-6],
  ["ms", 1e-3],
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["none", 1],
]);
/** Values of the empirical law that is printed. */
const VALUES_MAX = 100;

interface FitOptions {
  readonly column: string;
  readonly unit: string;
  readonly format: "table" | "json";
}

/** Adds the command to the program. */
export function registerFit(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("fit")
    .description("laws fitted to a column of numbers, with their distance from it")
    .addHelpText("before", EXAMPLES)
    .argument("<file>", "CSV with a header, plain or gzip")
    .requiredOption("--column <name>", "the column")
    .addOption(
      new Option("--unit <unit>", "what its numbers are in; none: no time")
        .choices([...SECONDS.keys()])
        .makeOptionMandatory(),
    )
    .addOption(formatOption(["table", "json"]))
    .action(async (file: string, options: FitOptions) => {
      await fitColumn(file, options);
      done(EXIT.ok);
    });
}

async function fitColumn(file: string, { column, unit, format }: FitOptions): Promise<void> {
  const { readNumberColumn } = await import("../../experiment/node.ts");
  const { distanceOfValues, fitLaws, representativeValues } = await import(
    "../../analysis/index.ts"
  );
  const { formatLawFits } = await import("../../report/index.ts");
  const seconds = SECONDS.get(unit)!;
  const { values: read, emptyCount } = await readNumberColumn(file, column);
  const values =
    unit === "us" ? read.map((value) => value / 1e6) : read.map((value) => value * seconds);
  const few = representativeValues(values, VALUES_MAX);
  const all = representativeValues(values, values.length);
  const record = {
    ...{ file, column, unit: unit === "none" ? "" : "seconds", emptyCount },
    ...fitLaws(values),
    empirical: { values: few, kolmogorovSmirnov: distanceOfValues(all, few) },
  };
  printResult(
    format === "json" ? `${JSON.stringify(record, undefined, 2)}\n` : formatLawFits(record),
  );
}
