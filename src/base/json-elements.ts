// JsonElements: the elements of one huge JSON list, or the values of JSON lines, one by one.
//
// Exports of databases are too large to be parsed at once, and their 64-bit numbers too large for a
// double: whole numbers of 16 digits and more arrive as text. A fault ends the reading; it is placed by
// line and not by column, which the strict reader (json.ts) would do for a text in memory.

import type { Problem } from "./problem.ts";

/** One element: its value, large whole numbers as text, and the line it begins on (from 1). */
export type JsonElementSink = (value: unknown, line: number) => void;

const QUOTE = 34;
const BACKSLASH = 92;
const NEWLINE = 10;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_MAP = 123;
const CLOSE_MAP = 125;
const COMMA = 44;

/** Longest element in characters. */
const ELEMENT_LENGTH_MAX = 64 * 1024 * 1024;

/**
 * Takes text in pieces of any size: `push` each, then `end`. A text that begins with `[` is a list and
 * gives its elements; every other text is a sequence of values with blanks between.
 */
export class JsonElements {
  readonly problems: Problem[] = [];
  private readonly sink: JsonElementSink;
  private readonly file: string;
  /** The present element as far as it came. */
  private parts: string[] = [];
  private length = 0;
  private startLine = 1;
  private line = 1;
  private depth = 0;
  private isList: boolean | undefined;
  private isEnded = false;
  private isInText = false;
  private isEscaped = false;

  constructor(sink: JsonElementSink, options: { readonly file: string }) {
    this.sink = sink;
    this.file = options.file;
  }

  /** Takes the next piece of text. */
  push(chunk: string): void {
    let start = this.parts.length > 0 ? 0 : -1;
    for (let at = 0; at < chunk.length && this.problems.length === 0; at++) {
      const code = chunk.charCodeAt(at);
      if (code === NEWLINE) this.line++;
      if (this.isInText) {
        this.stepInText(code);
        continue;
      }
      const isBlank = code <= 32 || code === 0xfeff;
      if (start === -1) {
        if (isBlank || this.isBetween(code)) continue;
        start = at;
        this.startLine = this.line;
      }
      if (code === QUOTE) this.isInText = true;
      else if (code === OPEN_MAP || code === OPEN_LIST) this.depth++;
      else if (this.depth === 0 && (isBlank || code === COMMA || code === CLOSE_LIST)) {
        // A bare word or number ends before this character.
        this.take(chunk.slice(start, at));
        start = -1;
        if (!isBlank) this.isBetween(code);
        continue;
      }
      if (code === CLOSE_MAP || code === CLOSE_LIST) this.depth--;
      const isComplete = this.depth === 0 && (code === CLOSE_MAP || code === CLOSE_LIST);
      if (isComplete) {
        this.take(chunk.slice(start, at + 1));
        start = -1;
      }
    }
    if (start !== -1) this.keep(chunk.slice(start));
  }

  /** Says that the text is complete. */
  end(): void {
    if (this.problems.length > 0) return;
    const rest = this.parts.join("").trim();
    if (this.isInText || this.depth > 0) this.fail("the text ends inside a value");
    else if (rest !== "") this.take("");
    else if (this.isList === true && !this.isEnded) this.fail("the text ends inside the list");
  }

  private stepInText(code: number): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (code === BACKSLASH) this.isEscaped = true;
    else if (code === QUOTE) this.isInText = false;
  }

  // What stands between two elements; false for the first character of an element.
  private isBetween(code: number): boolean {
    if (this.isList === undefined) {
      this.isList = code === OPEN_LIST;
      return this.isList;
    }
    if (code === COMMA) return true;
    if (code !== CLOSE_LIST || this.isList !== true) return false;
    this.isEnded = true;
    return true;
  }

  private keep(part: string): void {
    this.parts.push(part);
    this.length += part.length;
    if (this.length > ELEMENT_LENGTH_MAX)
      this.fail(`an element is longer than ${ELEMENT_LENGTH_MAX} characters`, "E_LIMIT_JSON");
  }

  private take(last: string): void {
    const text = this.parts.join("") + last;
    this.parts = [];
    this.length = 0;
    let value: unknown;
    try {
      value = JSON.parse(LARGE.test(text) ? withQuotedIntegers(text) : text);
    } catch {
      this.fail("the element is no JSON");
      return;
    }
    this.sink(value, this.startLine);
  }

  private fail(message: string, code: string = "E_SYNTAX"): void {
    const { file, startLine: line } = this;
    this.problems.push({ code, severity: "error", message, file, line });
  }
}

const LARGE = /\d{16}/;
const TEXT_OR_LARGE = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

function withQuotedIntegers(text: string): string {
  return text.replace(TEXT_OR_LARGE, (found) => (found.startsWith('"') ? found : `"${found}"`));
}
