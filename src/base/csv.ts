// CSV in: rows of text with their line numbers, streamed in constant memory.
//
// The only importer of the CSV-reading package, which parses records but knows neither lines nor
// limits: this file feeds it blocks, counts lines, checks the number of columns of every row and ends
// unclosed quotes after a bounded length. Cells stay text; their meaning is the trace reader's.

import Papa from "papaparse";
import { nearest } from "./nearest.ts";
import type { Problem } from "./problem.ts";
import { limitsOf, type ReadLimits, type ReadOptions } from "./read-limits.ts";

/** How a CSV text is read. */
export interface CsvOptions extends ReadOptions {
  /** One of `,` `;` tab `|`; found from the first line when left out. */
  readonly delimiter?: string;
  /**
   * Names the header must hold, in any order; other columns are allowed unless `exact`. Without
   * names any header is taken.
   */
  readonly columns?: readonly string[];
  readonly exact?: boolean;
  /** Names of the columns of a text that has no header line. */
  readonly headerless?: readonly string[];
  /** Hands rows on as they are, with more or fewer cells than the header. */
  readonly ragged?: boolean;
  /** Counts faulty rows in `rejected` and goes on, instead of making each an error. */
  readonly lenient?: boolean;
}

/** One row: the line it begins on (from 1) and its cells, as many as the header has unless `ragged`. */
export type CsvRowSink = (cells: readonly string[], line: number) => void;

/** What a whole text held. */
export interface CsvTable {
  readonly header: readonly string[];
  readonly delimiter: string;
  readonly rows: { readonly cells: readonly string[]; readonly line: number }[];
  readonly problems: Problem[];
  /** Faulty rows left out under `lenient`. */
  readonly rejected: number;
}

/** Reads a whole CSV text at once; for large files use CsvReader. */
export function readCsv(text: string, options: CsvOptions = {}): CsvTable {
  const rows: { cells: readonly string[]; line: number }[] = [];
  const reader = new CsvReader((cells, line) => rows.push({ cells, line }), options);
  reader.push(text);
  reader.end();
  const { header, delimiter, problems, rejected } = reader;
  return { header, delimiter, rows, problems, rejected };
}

const DELIMITERS = [",", "\t", ";", "|"] as const;
const BLOCK_LENGTH = 256 * 1024;
const PROBLEMS_MAX = 1000;

/**
 * Reads CSV from chunks of text of any size: `push` each, then `end`. Rows go to the sink as they are
 * complete; the result does not depend on where the chunks were cut. After a fault that makes the rest
 * meaningless (`hasFailed`) further input is ignored.
 */
export class CsvReader {
  /** Column names, once the first line has been read. */
  header: readonly string[] = [];
  /** The delimiter in use, once known. */
  delimiter = "";
  /** Faulty rows left out under `lenient`. */
  rejected = 0;
  readonly problems: Problem[] = [];
  hasFailed = false;

  private readonly sink: CsvRowSink;
  private readonly options: CsvOptions;
  private readonly limits: ReadLimits;
  private parser: Papa.Parser | undefined;
  private waiting: string[] = [];
  private waitingLength = 0;
  private rest = "";
  private line = 1;
  private bytesBefore = 0;
  private hasHeader = false;
  private newline: "\n" | "\r" = "\n";
  private crlfLines = 0;
  private lfLines = 0;

  constructor(sink: CsvRowSink, options: CsvOptions = {}) {
    this.sink = sink;
    this.options = options;
    this.limits = limitsOf(options);
    if (options.headerless !== undefined) {
      this.header = options.headerless;
      this.hasHeader = true;
    }
  }

  /** Takes the next piece of text. */
  push(chunk: string): void {
    for (let at = 0; at < chunk.length && !this.hasFailed; at += BLOCK_LENGTH) {
      const piece = chunk.slice(at, at + BLOCK_LENGTH);
      this.waiting.push(piece);
      this.waitingLength += piece.length;
      if (this.waitingLength >= BLOCK_LENGTH) this.parseWaiting(false);
    }
  }

  /** Says that the text is complete. */
  end(): void {
    if (!this.hasFailed) this.parseWaiting(true);
    if (this.hasFailed) return;
    if (!this.hasHeader)
      this.fail(1, 0, "E_CSV_EMPTY", "the file is empty: not even a header line");
    if (this.crlfLines > 0 && this.lfLines > 0) {
      const counts = `${this.crlfLines} CRLF and ${this.lfLines} LF`;
      this.note("note", 1, "N_CSV_LINE_ENDS", `line ends are mixed (${counts}); both are taken`);
    }
  }

  private parseWaiting(isLast: boolean): void {
    let text = this.rest + this.waiting.join("");
    this.waiting = [];
    this.waitingLength = 0;
    const held = isLast ? 0 : heldLength(text);
    const tail = text.slice(text.length - held);
    text = text.slice(0, text.length - held);
    if (this.parser === undefined) {
      if (text.charCodeAt(0) === 0xfeff) {
        text = text.slice(1);
        this.bytesBefore = 3;
      }
      this.open(text);
    }
    const parsed: Papa.ParseResult<string[]> = this.parser!.parse(text, 0, !isLast);
    const consumed = isLast ? text.length : parsed.meta.cursor;
    this.rest = text.slice(consumed) + tail;
    this.countLineEnds(text, consumed);
    if (!this.takeRows(parsed, text)) return;
    this.bytesBefore += utf8Length(text, consumed);
    if (this.rest.length > this.limits.recordLengthMax)
      this.failRecord(this.line, this.bytesBefore);
  }

  private countLineEnds(text: string, length: number): void {
    for (let at = text.indexOf("\n"); at !== -1 && at < length; at = text.indexOf("\n", at + 1)) {
      if (text.charCodeAt(at - 1) === 13) this.crlfLines++;
      else this.lfLines++;
    }
  }

  private open(text: string): void {
    const firstLine = /[^\r\n]*/.exec(text)?.[0] ?? "";
    if (text[firstLine.length] === "\r" && text[firstLine.length + 1] !== "\n") this.newline = "\r";
    this.delimiter = this.options.delimiter ?? sniffDelimiter(firstLine);
    this.parser = new Papa.Parser({ delimiter: this.delimiter, newline: this.newline });
  }

  /** Hands the rows on; false when the text cannot be read further. */
  private takeRows(parsed: Papa.ParseResult<string[]>, text: string): boolean {
    const faults = new Map<number, string>();
    for (const { row, code } of parsed.errors) {
      if (row === undefined || faults.has(row)) continue;
      faults.set(
        row,
        code === "MissingQuotes" ? "a quote is opened and never closed" : QUOTE_FAULT,
      );
    }
    // A quote in the text means that a record may run over several lines.
    const mayBreak = text.includes('"');
    const mayBeLong = text.length > this.limits.recordLengthMax;
    for (let index = 0; index < parsed.data.length; index++) {
      const cells = parsed.data[index]!;
      const line = this.line;
      this.line++;
      if (mayBreak) this.countInnerBreaks(cells);
      trimLineEnd(cells, this.newline);
      const fault = faults.get(index);
      if (mayBeLong && lengthOf(cells) > this.limits.recordLengthMax) {
        this.failRecord(line, this.bytesBefore + this.offsetOfRow(text, index));
      } else if (fault !== undefined) {
        this.reject(line, fault, text, index);
      } else if (cells.length === 1 && cells[0] === "") {
        continue; // an empty line is no row
      } else if (!this.hasHeader) {
        this.readHeader(cells, line);
      } else if (cells.length !== this.header.length && this.options.ragged !== true) {
        const counts = `${cells.length} columns where the header has ${this.header.length}`;
        this.reject(line, counts, text, index);
      } else {
        this.sink(cells, line);
      }
      if (this.hasFailed) return false;
    }
    return true;
  }

  // Breaks inside quotes move the line number on, but end no record.
  private countInnerBreaks(cells: readonly string[]): void {
    for (const cell of cells) {
      for (const match of cell.matchAll(/\r\n|\n|\r(?!$)/g)) {
        this.line++;
        if (match[0] === "\r\n") this.crlfLines--;
        else if (match[0] === "\n") this.lfLines--;
      }
    }
  }

  private readHeader(cells: string[], line: number): void {
    this.hasHeader = true;
    this.header = cells.map((cell) => cell.trim());
    if (cells.length > this.limits.columnsMax) {
      const counts = `${cells.length} columns are more than the limit of ${this.limits.columnsMax}`;
      this.fail(line, 0, "E_LIMIT_CSV_COLUMNS", counts);
      return;
    }
    const twice = this.header.find((name, i) => this.header.indexOf(name) !== i);
    if (twice !== undefined) {
      this.fail(line, 0, "E_CSV_HEADER", `the column '${twice}' stands twice in the header`);
    }
    for (const name of this.options.columns ?? []) {
      if (this.header.includes(name)) continue;
      const near = nearest(name, this.header);
      const hint =
        near === undefined
          ? `the header has: ${this.header.join(", ")}`
          : `is it the column '${near}'?`;
      this.fail(line, 0, "E_CSV_HEADER", `the column '${name}' is missing`, hint);
    }
    for (const name of this.options.exact === true ? this.header : []) {
      if (this.options.columns?.includes(name) !== false) continue;
      this.fail(line, 0, "E_CSV_HEADER", `the column '${name}' is not expected`);
    }
  }

  private reject(line: number, message: string, text: string, row: number): void {
    if (this.options.lenient === true && this.hasHeader) {
      this.rejected++;
      return;
    }
    const byte = this.bytesBefore + this.offsetOfRow(text, row);
    this.note("error", line, "E_CSV_ROW", `${message} (byte ${byte})`);
    if (this.problems.length >= PROBLEMS_MAX) this.hasFailed = true;
  }

  private failRecord(line: number, byte: number): void {
    const message = `a record is longer than ${this.limits.recordLengthMax} characters`;
    this.fail(line, byte, "E_LIMIT_CSV_RECORD", message, "is a quote left open?");
  }

  /** Byte offset of a row in a block, found by parsing the rows before it again. */
  private offsetOfRow(text: string, row: number): number {
    if (row === 0) return 0;
    const { delimiter, newline } = this;
    const parser = new Papa.Parser({ delimiter, newline, preview: row, fastMode: false });
    const before: Papa.ParseResult<string[]> = parser.parse(text, 0, false);
    return utf8Length(text, before.meta.cursor);
  }

  private fail(line: number, byte: number, code: string, message: string, hint?: string): void {
    this.note("error", line, code, byte === 0 ? message : `${message} (byte ${byte})`, hint);
    this.hasFailed = true;
  }

  private note(
    severity: Problem["severity"],
    line: number,
    code: string,
    message: string,
    hint?: string,
  ): void {
    const { file } = this.options;
    this.problems.push({
      code,
      severity,
      message,
      line,
      ...(file !== undefined && { file }),
      ...(hint !== undefined && { hint }),
    });
  }
}

const QUOTE_FAULT = "a closing quote is followed by more text; quotes inside quotes are doubled";

function trimLineEnd(cells: string[], newline: string): void {
  const last = cells.length - 1;
  const cell = cells[last]!;
  if (newline === "\n" && cell.endsWith("\r")) cells[last] = cell.slice(0, -1);
}

function lengthOf(cells: readonly string[]): number {
  let length = cells.length - 1;
  for (const cell of cells) length += cell.length;
  return length;
}

// Half of a CRLF, or of a surrogate pair, waits for the other half.
function heldLength(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  return last === 13 || (last >= 0xd800 && last <= 0xdbff) ? 1 : 0;
}

// The delimiter that stands most often in the first line, outside quotes; a comma when none does.
function sniffDelimiter(firstLine: string): string {
  const bare = firstLine.replace(/"[^"]*"/g, "");
  let best: string = DELIMITERS[0];
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const count = bare.split(delimiter).length - 1;
    if (count > most) {
      best = delimiter;
      most = count;
    }
  }
  return best;
}

function utf8Length(text: string, end: number): number {
  let length = end;
  for (let i = 0; i < end; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is four bytes, counted as two for each half.
    if (unit >= 0x80) length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}
