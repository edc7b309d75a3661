// One column of numbers from a CSV file, plain or packed, streamed.
//
// For fits of laws: only the numbers are kept. A cell that is no number refuses the file; empty cells are
// counted, not guessed.

import { CsvReader, hasErrors, InputError, type Problem } from "../../base/index.ts";
import { streamImportFile } from "./import-inputs.ts";

/** The numbers of a column. */
export interface NumberColumn {
  readonly values: readonly number[];
  readonly emptyCount: number;
}

const PROBLEMS_MAX = 20;

/** Reads the column of this name. Throws an InputError that names every fault by its line. */
export async function readNumberColumn(path: string, column: string): Promise<NumberColumn> {
  const values: number[] = [];
  const problems: Problem[] = [];
  let emptyCount = 0;
  let position = -1;
  const reader = new CsvReader(
    (cells, line) => {
      if (position === -1) position = reader.header.indexOf(column);
      const cell = cells[position]!.trim();
      if (cell === "") emptyCount++;
      else if (/^-?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?$/i.test(cell)) values.push(Number(cell));
      else if (problems.length < PROBLEMS_MAX) {
        const message = `${JSON.stringify(cell)}: a number was expected`;
        const place = { file: path, line, path: column };
        problems.push({ code: "E_COLUMN_VALUE", severity: "error", message, ...place });
      }
    },
    { file: path, columns: [column] },
  );
  await streamImportFile(path, (text) => reader.push(text));
  reader.end();
  problems.push(...reader.problems);
  if (values.length === 0 && !hasErrors(problems)) {
    const message = `the column '${column}' holds no number`;
    problems.push({ code: "E_COLUMN_EMPTY", severity: "error", message, file: path });
  }
  if (hasErrors(problems)) throw new InputError(problems);
  return { values, emptyCount };
}
