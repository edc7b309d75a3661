// RowReader: rows of a CSV file with their cells by column name, for importers.
//
// Cells stay text until an importer asks for a number, and what is no number is refused with file,
// line and column: units and meanings are the importer's business.

import { CsvReader, type CsvRowSink } from "../../../base/index.ts";
import type { ImportLedger, TextSink } from "./importer.ts";

/** The present row; valid during the call only. */
export interface ImportRow {
  readonly line: number;
  /** Whether the header has that column; only columns asked for as required are sure to be there. */
  has(column: string): boolean;
  text(column: string): string;
  /** A whole number of at least 0; refused otherwise, and 0 then. */
  count(column: string): number;
  /** As count; undefined where the cell is empty. */
  countIfAny(column: string): number | undefined;
}

/** Reads a CSV file with a header that holds at least these columns. */
export function rowReader(
  source: { readonly file: string; readonly columns: readonly string[] },
  ledger: ImportLedger,
  sink: (row: ImportRow) => void,
): TextSink {
  const { file, columns } = source;
  const positions = new Map<string, number>();
  let cells: readonly string[] = [];
  let line = 0;
  const has = (column: string): boolean => positions.has(column);
  const text = (column: string): string => cells[positions.get(column)!]!;
  const countIfAny = (column: string): number | undefined => {
    const cell = text(column);
    if (cell === "") return undefined;
    if (/^\d{1,15}$/.test(cell)) return Number(cell);
    const message = `${JSON.stringify(cell)}: a whole number of at least 0 was expected`;
    ledger.refuse({ code: "E_IMPORT_VALUE", message, file, line, path: column });
    return 0;
  };
  const count = (column: string): number => {
    const value = countIfAny(column);
    if (value !== undefined) return value;
    const message = "the cell is empty: a whole number of at least 0 was expected";
    ledger.refuse({ code: "E_IMPORT_VALUE", message, file, line, path: column });
    return 0;
  };
  const onRow: CsvRowSink = (rowCells, rowLine) => {
    if (positions.size === 0)
      for (const [at, name] of reader.header.entries()) positions.set(name, at);
    cells = rowCells;
    line = rowLine;
    sink({ line, has, text, count, countIfAny });
  };
  const reader = new CsvReader(onRow, { file, columns });
  return {
    push: (chunk) => reader.push(chunk),
    end: () => {
      reader.end();
      for (const problem of reader.problems)
        if (problem.severity === "error") ledger.refuse(problem);
    },
  };
}
