// Rows of CSV files with their cells by column name, for importers: with a header, or by position.
//
// Cells stay text until an importer asks for a number, and what is no number is refused with file,
// line and column: units and meanings are the importer's business.

import { CsvReader } from "../../../base/index.ts";
import type { ImportLedger, TextSink } from "./importer.ts";

/** The present row; valid during the call only. */
export interface ImportRow {
  readonly line: number;
  /** Whether the row has that column; only columns asked for as required are sure to be there. */
  has(column: string): boolean;
  /** The cell's text; empty where the row ends before it. */
  text(column: string): string;
  /** A whole number of at least 0; refused otherwise, and 0 then. */
  count(column: string): number;
  /** As count; undefined where the cell is empty. */
  countIfAny(column: string): number | undefined;
  /** A decimal number, also below 0 and with an exponent; undefined where the cell is empty. */
  numberIfAny(column: string): number | undefined;
  /** Stops the import because of this cell. */
  refuse(column: string, message: string, hint?: string): void;
}

/** Reads a CSV file with a header that holds at least these columns. */
export function rowReader(
  source: { readonly file: string; readonly columns: readonly string[] },
  ledger: ImportLedger,
  sink: (row: ImportRow) => void,
): TextSink {
  const { file, columns } = source;
  const row = new CellRow(file, ledger);
  const reader = new CsvReader(
    (cells, line) => {
      if (row.positions.size === 0)
        for (const [at, name] of reader.header.entries()) row.positions.set(name, at);
      row.show(cells, line);
      sink(row);
    },
    { file, columns },
  );
  return countedSink(reader, row, ledger);
}

/** Columns of a file by position; each with other words that a header may use for it, split by |. */
export interface PositionalSource {
  readonly file: string;
  readonly columns: readonly string[];
  /** Columns without which a row is refused; the later ones may be missing. */
  readonly columnsMin: number;
}

/**
 * Reads a CSV file that has no header, or got one when it was published again: then columns go by its
 * words, as far as they are known. Rows may end early or go on.
 */
export function positionalReader(
  source: PositionalSource,
  ledger: ImportLedger,
  sink: (row: ImportRow) => void,
): TextSink {
  const { file, columns, columnsMin } = source;
  const words = columns.map((column) => column.split("|"));
  const names = words.map(([name]) => name!);
  const row = new CellRow(file, ledger);
  for (const [at, name] of names.entries()) row.positions.set(name, at);
  let isFirst = true;
  let needed = columnsMin;
  const reader = new CsvReader(
    (cells, line) => {
      if (isFirst) {
        isFirst = false;
        const known = positionsByHeader(cells, words);
        if (known.size >= HEADER_WORDS_MIN) {
          row.positions = known;
          needed = 0;
          const missing = names.slice(0, columnsMin).filter((name) => !known.has(name));
          if (missing.length > 0) refuseHeader(file, missing, cells, ledger);
          ledger.note("repaired", "a header line where the format has none: taken as one", {
            line,
          });
          return;
        }
      }
      if (cells.length < needed) {
        const message = `${cells.length} columns where at least ${needed} were expected`;
        ledger.refuse({ code: "E_IMPORT_VALUE", message, file, line });
        return;
      }
      row.show(cells, line);
      sink(row);
    },
    { file, headerless: names, delimiter: ",", ragged: true },
  );
  return countedSink(reader, row, ledger);
}

/** So many words of the format in the first row make it a header. */
const HEADER_WORDS_MIN = 3;

function positionsByHeader(
  cells: readonly string[],
  words: readonly (readonly string[])[],
): Map<string, number> {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const header = cells.map(plain);
  return new Map(
    words.flatMap((names): [string, number][] => {
      const known = names.map(plain);
      const at = header.findIndex((cell) => known.includes(cell));
      return at === -1 ? [] : [[names[0]!, at]];
    }),
  );
}

function refuseHeader(
  file: string,
  missing: readonly string[],
  cells: readonly string[],
  ledger: ImportLedger,
): void {
  const message = `the header names no column '${missing.join("', '")}': it has ${cells.join(", ")}`;
  ledger.refuse({ code: "E_CSV_HEADER", message, file, line: 1 });
}

function countedSink(reader: CsvReader, row: CellRow, ledger: ImportLedger): TextSink {
  return {
    push: (chunk) => reader.push(chunk),
    end: () => {
      reader.end();
      ledger.read(row.file, row.rowCount);
      for (const problem of reader.problems)
        if (problem.severity === "error") ledger.refuse(problem);
    },
  };
}

/** The one row object of a reader. */
class CellRow implements ImportRow {
  readonly file: string;
  positions = new Map<string, number>();
  line = 0;
  rowCount = 0;
  private readonly ledger: ImportLedger;
  private cells: readonly string[] = [];

  constructor(file: string, ledger: ImportLedger) {
    this.file = file;
    this.ledger = ledger;
  }

  show(cells: readonly string[], line: number): void {
    this.cells = cells;
    this.line = line;
    this.rowCount++;
  }

  has(column: string): boolean {
    const at = this.positions.get(column);
    return at !== undefined && at < this.cells.length;
  }

  text(column: string): string {
    return this.cells[this.positions.get(column) ?? -1] ?? "";
  }

  countIfAny(column: string): number | undefined {
    const cell = this.text(column);
    if (cell === "") return undefined;
    if (/^\d{1,15}$/.test(cell)) return Number(cell);
    this.refuse(column, `${JSON.stringify(cell)}: a whole number of at least 0 was expected`);
    return 0;
  }

  count(column: string): number {
    const value = this.countIfAny(column);
    if (value !== undefined) return value;
    this.refuse(column, "the cell is empty: a whole number of at least 0 was expected");
    return 0;
  }

  numberIfAny(column: string): number | undefined {
    const cell = this.text(column).trim();
    if (cell === "") return undefined;
    if (/^-?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?$/i.test(cell)) return Number(cell);
    this.refuse(column, `${JSON.stringify(cell)}: a number was expected`);
    return 0;
  }

  refuse(column: string, message: string, hint?: string): void {
    const problem = { code: "E_IMPORT_VALUE", message, file: this.file, line: this.line };
    this.ledger.refuse({ ...problem, path: column, ...(hint === undefined ? {} : { hint }) });
  }
}
