// What `podsim sweep` asks: plain data, as the command line describes it; and how a list is read.
//
// Apart from the code that answers, so that tests and other commands can name it.

import { readCsv } from "../base/index.ts";
import type { Combination, Parameter } from "../experiment/index.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import type { Shard } from "./study-run.ts";
import type { InputQuestion } from "./option-parts.ts";

/** A sweep as the command line describes it. */
export interface SweepRequest extends InputQuestion {
  readonly parameters: readonly Parameter[];
  /** As written behind --param, and the file behind --params. */
  readonly paramTexts: readonly string[];
  readonly paramsFile: string | undefined;
  /** Combinations from a file; undefined: none was given. */
  readonly listed: readonly Combination[] | undefined;
  /** Absent: the scenario's. */
  readonly varied: readonly string[] | undefined;
  readonly replicationsCount: number | undefined;
  readonly confidence: number;
  /** Replications come in antithetic pairs. */
  readonly antithetic?: boolean;
  /** Replications are chosen by how many machines fail. */
  readonly stratify?: boolean;
  readonly measures: readonly string[];
  readonly workersCount: number;
  readonly store: string | undefined;
  readonly shard: Shard | undefined;
  /** A Redis whose workers run the cells. */
  readonly queue: string | undefined;
  readonly quiet: boolean;
  readonly pluginDeadline: string | undefined;
  readonly debug: boolean;
  readonly format: string;
}

/** Combinations in a CSV (comments with #, then a header of paths), or in a JSON list of objects. */
export function readCombinations(name: string, text: string): Combination[] {
  const combinations = name.endsWith(".json") ? fromJson(name, text) : fromCsv(name, text);
  if (combinations.length === 0) throw refuse(`${name}: there is no combination in it`);
  return combinations;
}

function fromCsv(name: string, text: string): Combination[] {
  const comments = /^(?:#.*\r?\n)*/.exec(text)![0];
  const above = comments.split("\n").length - 1;
  const { header, rows, problems } = readCsv(text.slice(comments.length), { file: name });
  const [problem] = problems;
  if (problem !== undefined)
    throw refuse(`${name}:${above + (problem.line ?? 1)}: ${problem.message}`);
  return rows.map(({ cells }) => new Map(header.map((path, at) => [path.trim(), cells[at]!])));
}

function fromJson(name: string, text: string): Combination[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const isObject = (item: unknown): item is object =>
    typeof item === "object" && item !== null && !Array.isArray(item);
  if (!Array.isArray(value) || !value.every(isObject))
    throw refuse(`${name}: a list of objects is expected, one per combination`);
  return value.map(
    (item: object) =>
      new Map(
        Object.entries(item).map(([path, one]: [string, unknown]) => [
          path,
          typeof one === "string" ? one : JSON.stringify(one),
        ]),
      ),
  );
}

function refuse(message: string): CommandFailure {
  return new CommandFailure(EXIT.input, message);
}
