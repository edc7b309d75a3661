// A document read from text together with the place of everything in it.
//
// Readers of meaning (manifests, scenarios) work on the plain value and ask for positions only when
// something is wrong; so positions are found on demand and cost nothing on the good path. It does not parse.

import { formatPath, type Problem, type Severity } from "./problem.ts";

/** Steps from the root of a document: field names and list indices. */
export type DocumentPath = readonly (string | number)[];

/** A place on one line; line and column start at 1, width is at least 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly width: number;
  /** The text of the line; left out where a line is longer than 2,000 characters. */
  readonly sourceLine?: string;
}

const SOURCE_LINE_LENGTH_MAX = 2000;

/** Offsets into the text, end exclusive. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** Finds the span of a key or value; undefined when the path is not in the document. */
export type SpanFinder = (path: DocumentPath, what: "key" | "value") => TextSpan | undefined;

/** One document of a file: its plain value, and where each part of it stands. */
export class PositionedDocument {
  /** Plain data: null, boolean, finite number, bigint (integers beyond 2^53), text, arrays, plain objects. */
  readonly value: unknown;
  /** The file as the user named it. */
  readonly file: string;
  /** Ordinal of the document in its file, from 0. */
  readonly index: number;
  private readonly lines: LineIndex;
  private readonly findSpan: SpanFinder;
  /** Path of this document inside the text it was cut from; empty for a whole document. */
  private readonly prefix: DocumentPath;

  constructor(
    value: unknown,
    file: string,
    index: number,
    lines: LineIndex,
    findSpan: SpanFinder,
    prefix: DocumentPath = [],
  ) {
    this.value = value;
    this.file = file;
    this.index = index;
    this.lines = lines;
    this.findSpan = findSpan;
    this.prefix = prefix;
  }

  /** The value at `path` as a document of its own, whose problems keep their true place and path. */
  part(path: DocumentPath, value: unknown): PositionedDocument {
    const prefix = [...this.prefix, ...path];
    const find: SpanFinder = (inner, what) => this.findSpan([...path, ...inner], what);
    return new PositionedDocument(value, this.file, this.index, this.lines, find, prefix);
  }

  /** Where the key or the value at `path` stands; undefined when the document has no such path. */
  positionOf(path: DocumentPath, what: "key" | "value"): Position | undefined {
    const span = this.findSpan(path, what);
    return span === undefined ? undefined : this.lines.positionOf(span);
  }

  /**
   * A problem at a path. When the path itself is not in the document (a missing field), the place is
   * that of the nearest ancestor that is.
   */
  problemAt(path: DocumentPath, problem: ProblemAtPath): Problem {
    const { what, ...rest } = problem;
    let position = this.positionOf(path, what ?? "value");
    for (let length = path.length - 1; position === undefined && length >= 0; length--) {
      position = this.positionOf(path.slice(0, length), length > 0 ? "key" : "value");
    }
    return {
      ...rest,
      severity: rest.severity ?? "error",
      file: this.file,
      path: formatPath([...this.prefix, ...path]),
      ...position,
    };
  }
}

/** What `problemAt` needs beside the path; `what` chooses between the key and the value (the default). */
export interface ProblemAtPath {
  readonly code: string;
  readonly message: string;
  readonly severity?: Severity;
  readonly hint?: string;
  readonly what?: "key" | "value";
}

/** Offsets to lines and columns; LF, CRLF and CR each end a line. Built when first asked. */
export class LineIndex {
  readonly text: string;
  private starts: Uint32Array | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Line (from 1) that holds the offset. */
  lineAt(offset: number): number {
    this.starts ??= collectLineStarts(this.text);
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** The place of a span; a span over several lines is cut at the end of its first. */
  positionOf(span: TextSpan): Position {
    const line = this.lineAt(span.start);
    const start = this.starts![line - 1]!;
    let end = line < this.starts!.length ? this.starts![line]! : this.text.length;
    while (end > start && isLineEnd(this.text.charCodeAt(end - 1))) end--;
    const column = span.start - start + 1;
    const width = Math.max(1, Math.min(span.end, end) - span.start);
    if (end - start > SOURCE_LINE_LENGTH_MAX) return { line, column, width };
    return { line, column, width, sourceLine: this.text.slice(start, Math.max(start, end)) };
  }
}

function isLineEnd(code: number): boolean {
  return code === 10 || code === 13;
}

function collectLineStarts(text: string): Uint32Array {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return Uint32Array.from(starts);
}

/** A document for a value that came from no text: its problems have paths but no lines. */
export function documentOfValue(value: unknown, file: string = ""): PositionedDocument {
  return new PositionedDocument(value, file, 0, new LineIndex(""), () => undefined);
}
