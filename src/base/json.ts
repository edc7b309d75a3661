// JSON in: text to plain values, with every fault placed by line and column.
//
// JSON.parse is fifteen times faster than any reader with positions, but says nothing useful about
// faults, hides duplicate keys and rounds large integers. So a strict scan comes first: it places
// syntax errors, and tells when the slow reader through events is needed. Several values in one text
// (JSON lines) are several documents.

import { LineIndex, PositionedDocument } from "./positioned-document.ts";
import type { Problem } from "./problem.ts";
import { limitsOf, type ReadOptions } from "./read-limits.ts";
import { type ReadOutcome, readJsonByEvents } from "./yaml.ts";
import { createSpanFinders } from "./yaml-positions.ts";

/** Reads a text of any number of JSON values. A text with a syntax error gives no documents after it. */
export function readJson(text: string, options: ReadOptions = {}): ReadOutcome {
  const file = options.file ?? "";
  const limits = limitsOf(options);
  const lines = new LineIndex(text);
  const documents: PositionedDocument[] = [];
  const problems: Problem[] = [];
  let offset = 0;
  for (;;) {
    const scan = new JsonScan(text, offset, limits.depthMax);
    if (!scan.run()) {
      if (scan.fault !== undefined) problems.push(problemOfFault(scan.fault, file, lines));
      break;
    }
    const slice = text.slice(scan.start, scan.end);
    let value: unknown;
    if (!scan.hasLargeInteger) value = JSON.parse(slice);
    if (scan.hasLargeInteger || countKeys(value) !== scan.keyCount) {
      const read = readJsonByEvents(slice, { file, lines, offset: scan.start }, limits);
      problems.push(...read.problems);
      value = read.value;
      if (read.problems.length > 0) {
        offset = scan.end;
        continue;
      }
    }
    const findSpan = createSpanFinders(slice, scan.start)(0);
    documents.push(new PositionedDocument(value, file, documents.length, lines, findSpan));
    offset = scan.end;
  }
  return { documents, problems };
}

interface JsonFault {
  readonly code: string;
  readonly message: string;
  readonly offset: number;
}

function problemOfFault(fault: JsonFault, file: string, lines: LineIndex): Problem {
  return {
    code: fault.code,
    severity: "error",
    message: fault.message,
    file,
    ...lines.positionOf({ start: fault.offset, end: fault.offset + 1 }),
  };
}

// What may come next; the stack of open collections says what ends them.
const VALUE = 0;
const KEY_OR_END = 1;
const KEY = 2;
const VALUE_OR_END = 3;
const AFTER_VALUE = 4;

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;

/** One strict pass over one JSON value: where it ends, how many keys it holds, the first fault. */
class JsonScan {
  start = 0;
  end = 0;
  keyCount = 0;
  hasLargeInteger = false;
  fault: JsonFault | undefined;
  private readonly text: string;
  private readonly depthMax: number;
  private at: number;

  constructor(text: string, offset: number, depthMax: number) {
    this.text = text;
    this.at = offset;
    this.depthMax = depthMax;
  }

  /** Whether a value was found; false with a fault is a fault, false without is the end of the text. */
  run(): boolean {
    this.skipBlanks();
    if (this.at >= this.text.length) return false;
    this.start = this.at;
    if (!this.scanValue()) return false;
    this.end = this.at;
    return true;
  }

  private scanValue(): boolean {
    const open: number[] = []; // character codes of the closing brackets
    let state = VALUE;
    do {
      this.skipBlanks();
      const code = this.text.charCodeAt(this.at);
      if (state === AFTER_VALUE) {
        if (code === 44 /* , */) {
          this.at++;
          state = open.at(-1) === 125 ? KEY : VALUE;
        } else if (code === open.at(-1)) {
          this.at++;
          open.pop();
        } else {
          return this.fail(`expected ',' or '${String.fromCharCode(open.at(-1)!)}'`);
        }
      } else if (state === KEY || state === KEY_OR_END) {
        if (code === 125 && state === KEY_OR_END) {
          this.at++;
          open.pop();
          state = AFTER_VALUE;
        } else {
          if (code !== 34)
            return this.fail(
              code === 125 ? "a comma before '}'" : "expected a key in double quotes",
            );
          if (!this.scanText()) return false;
          this.keyCount++;
          this.skipBlanks();
          if (this.text.charCodeAt(this.at) !== 58) return this.fail("expected ':' after the key");
          this.at++;
          state = VALUE;
        }
      } else if (code === 93 && state === VALUE_OR_END) {
        this.at++;
        open.pop();
        state = AFTER_VALUE;
      } else if (code === 123 || code === 91) {
        if (open.length >= this.depthMax) {
          return this.fail(
            `maps and lists nest deeper than ${this.depthMax} levels`,
            "E_LIMIT_DEPTH",
          );
        }
        this.at++;
        open.push(code + 2);
        state = code === 123 ? KEY_OR_END : VALUE_OR_END;
      } else {
        if (code === 93) return this.fail("a comma before ']'");
        if (!this.scanScalar(code)) return false;
        state = AFTER_VALUE;
      }
    } while (open.length > 0);
    return true;
  }

  private scanScalar(code: number): boolean {
    if (code === 34) return this.scanText();
    if (code === 45 || (code >= 48 && code <= 57)) return this.scanNumber();
    for (const word of ["true", "false", "null"]) {
      if (
        this.text.startsWith(word, this.at) &&
        !/\w/.test(this.text[this.at + word.length] ?? "")
      ) {
        this.at += word.length;
        return true;
      }
    }
    return this.fail(Number.isNaN(code) ? "the text ends inside a value" : "expected a JSON value");
  }

  private scanNumber(): boolean {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    const end = this.at + (match?.[0].length ?? 0);
    if (match === null || /[\w.+]/.test(this.text[end] ?? "")) return this.fail("malformed number");
    const [digits, fraction, exponent] = match;
    if (fraction === undefined && exponent === undefined) {
      if (digits.length > 15 && !Number.isSafeInteger(Number(digits))) this.hasLargeInteger = true;
    } else if (!Number.isFinite(Number(digits))) {
      return this.fail("the number is too large", "E_NOT_FINITE");
    }
    this.at = end;
    return true;
  }

  private scanText(): boolean {
    const { text } = this;
    let i = this.at + 1;
    for (; ; i++) {
      const code = text.charCodeAt(i);
      if (code === 34) break;
      if (code === 92) {
        const length = ESCAPE_LENGTHS.get(text[i + 1] ?? "");
        if (length === undefined) return this.failAt(i, "unknown escape in a text");
        if (length > 2 && !/^[0-9a-fA-F]{4}$/.test(text.slice(i + 2, i + 6))) {
          return this.failAt(i, "\\u needs four hexadecimal digits");
        }
        const surrogate = length > 2 ? surrogateLength(text, i) : 0;
        if (surrogate === -1) {
          return this.failAt(i, "half of a surrogate pair is no character", "E_ENCODING");
        }
        i += (surrogate || length) - 1;
      } else if (!(code >= 32)) {
        if (Number.isNaN(code)) return this.fail("the text ends inside double quotes");
        return this.failAt(i, "control characters in a text must be escaped");
      }
    }
    this.at = i + 1;
    return true;
  }

  private skipBlanks(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.at++;
    }
  }

  private fail(message: string, code?: string): false {
    return this.failAt(Math.min(this.at, this.text.length), message, code);
  }

  private failAt(offset: number, message: string, code: string = "E_SYNTAX"): false {
    this.fault = { code, message: code === "E_SYNTAX" ? `not JSON: ${message}` : message, offset };
    return false;
  }
}

const ESCAPE_LENGTHS: ReadonlyMap<string, number> = new Map([
  ...[...'"\\/bfnrt'].map((letter): [string, number] => [letter, 2]),
  ["u", 6],
]);

/** 0 for an ordinary \u escape, 12 for a pair of halves, -1 for a half alone. */
function surrogateLength(text: string, at: number): number {
  const unit = Number.parseInt(text.slice(at + 2, at + 6), 16);
  if (unit < 0xd800 || unit > 0xdfff) return 0;
  if (unit > 0xdbff || !/^\\u[dD][c-fC-F][0-9a-fA-F]{2}$/.test(text.slice(at + 6, at + 12)))
    return -1;
  return 12;
}

/** Keys of all maps in a value; fewer than stand in the text means that some stand twice. */
function countKeys(root: unknown): number {
  const open: unknown[] = [root];
  let count = 0;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (typeof item === "object") open.push(item);
    } else {
      for (const key of Object.keys(value)) {
        count++;
        const child = (value as Record<string, unknown>)[key];
        if (typeof child === "object") open.push(child);
      }
    }
  }
  return count;
}
