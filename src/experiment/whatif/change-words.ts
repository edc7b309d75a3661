// The words of a change with their places, and the pieces of grammar that several verbs share.
//
// Blanks part words, except inside quotes and brackets; a backslash keeps the next character as it is.

import { nearest, parseDuration, type Problem } from "../../base/index.ts";
import { isQuantityError, parseQuantity } from "../../cluster/index.ts";
import { readObjectName } from "../scenario/scenario-fields.ts";
import type { NodePick, ObjectPick, PlacedText, WordPlace } from "./change.ts";

/** What a change cannot be read for; thrown inside the grammar, caught at its door. */
export class ChangeRefused extends Error {
  readonly problem: Problem;

  constructor(text: string, place: WordPlace, message: string, hint?: string) {
    super(message);
    const { column, width } = place;
    this.problem = {
      ...{ code: "E_CHANGE", severity: "error", message, file: "--do" },
      ...{ line: 1, column, width, sourceLine: text },
      ...(hint === undefined ? {} : { hint }),
    };
  }
}

/** A problem of one of several changes says of which. */
export function numbered(problem: Problem, at: number, changesCount: number): Problem {
  if (changesCount === 1 || problem.file !== "--do") return problem;
  return { ...problem, file: `--do ${at + 1}` };
}

/** The words of one change; readers take them from the front. */
export class ChangeWords {
  readonly text: string;
  private readonly words: PlacedText[];

  constructor(text: string) {
    this.text = text;
    this.words = splitWords(text);
  }

  get isEmpty(): boolean {
    return this.words.length === 0;
  }

  /** The next word, which stays. */
  peek(): PlacedText | undefined {
    return this.words[0];
  }

  /** The next word; `expected` says what is missing if there is none. */
  take(expected: string): PlacedText {
    const word = this.words.shift();
    if (word !== undefined) return word;
    throw this.refusal({ column: this.text.length + 1, width: 1 }, `expected ${expected}`);
  }

  /** Takes `KEYWORD VALUE` out of the end of the words, as in `at 10m`. */
  takeClause(keyword: string): PlacedText | undefined {
    const at = this.words.findIndex(({ text }, index) => text === keyword && index > 0);
    if (at < 0) return undefined;
    const [word, value] = this.words.splice(at, 2);
    if (value !== undefined) return value;
    throw this.refusal(word, `'${keyword}' needs a duration, such as ${keyword} 10m`);
  }

  /** Takes all words of the form KEY=VALUE whose key is one of these; a double one is refused. */
  takeSettings(keys: readonly string[]): Map<string, PlacedText> {
    const found = new Map<string, PlacedText>();
    for (const word of [...this.words]) {
      const equals = word.text.indexOf("=");
      const key = word.text.slice(0, Math.max(0, equals));
      if (!keys.includes(key)) continue;
      if (found.has(key)) throw this.refusal(word, `'${key}' is given twice`);
      this.words.splice(this.words.indexOf(word), 1);
      const text = word.text.slice(equals + 1);
      found.set(key, { text, column: word.column + equals + 1, width: Math.max(1, text.length) });
    }
    return found;
  }

  /** All words left, none of them wanted. */
  refuseRest(form: string): void {
    const word = this.words[0];
    if (word !== undefined)
      throw this.refusal(word, `'${word.text}' is not understood here`, `write ${form}`);
  }

  refusal(place: WordPlace | undefined, message: string, hint?: string): ChangeRefused {
    const end = { column: this.text.length + 1, width: 1 };
    return new ChangeRefused(this.text, place ?? end, message, hint);
  }

  /** A span or instant in microseconds. */
  duration(word: PlacedText, isAboveZero: boolean): number {
    const us = parseDuration(word.text);
    if (us !== undefined && us >= (isAboveZero ? 1 : 0)) return us;
    const bound = isAboveZero ? "above 0 " : "";
    throw this.refusal(word, `'${word.text}' is no duration ${bound}(write 30s, 10m, 1h30m)`);
  }

  /** A whole number between the bounds. */
  count(word: PlacedText, min: number, max: number): number {
    const value = /^-?\d{1,15}$/.test(word.text) ? Number(word.text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw this.refusal(word, `'${word.text}' is no whole number from ${min} to ${max}`);
  }

  /** A quantity of a resource, such as 250m or 4Gi. */
  quantity(word: PlacedText): string {
    const parsed = parseQuantity(word.text);
    if (!isQuantityError(parsed) && parsed.sign >= 0) return word.text;
    throw this.refusal(word, `'${word.text}' is no quantity (write 250m, 4, 16Gi)`);
  }

  /** An object: KIND/NAME or NAMESPACE/KIND/NAME. */
  object(word: PlacedText): ObjectPick {
    const { column, width } = word;
    const parts = word.text.split("/");
    const namespace = parts.length === 3 ? parts.shift() : undefined;
    const reading = readObjectName(parts.join("/"));
    if (reading.value === undefined || namespace === "")
      throw this.refusal(word, reading.refusals?.[0]?.message ?? `'${word.text}' names no object`);
    return { ...reading.value, namespace, column, width };
  }

  /** Nodes, as far as the words name some; at least one pick. */
  nodes(expected: string): NodePick[] {
    const picks: NodePick[] = [];
    while (!this.isEmpty) picks.push(...this.nodePicks());
    if (picks.length === 0) this.take(expected);
    return picks;
  }

  private nodePicks(): NodePick[] {
    const word = this.take("nodes");
    const { text, column, width } = word;
    if (text === "all") return [{ by: "all", column, width }];
    if (text === "node" || text === "nodes") return this.nodePicks();
    if (text === "zone" || text === "pool") {
      const value = this.take(`the name of a ${text}`);
      return [this.group(text, value)];
    }
    const [, kind, name] = /^(zone|pool)=(.*)$/.exec(text) ?? [];
    if (kind !== undefined && name !== undefined) {
      const skipped = kind.length + 1;
      const value = { text: name, column: column + skipped, width: Math.max(1, width - skipped) };
      return [this.group(kind as "zone" | "pool", value)];
    }
    if (/[=!()]/.test(text)) return [{ by: "selector", text, column, width }];
    return splitAtCommas(word).map((part) => ({ by: "name", ...part }));
  }

  private group(by: "zone" | "pool", word: PlacedText): NodePick {
    if (word.text === "") throw this.refusal(word, `the name of the ${by} is missing`);
    if (by === "zone") return { ...word, by };
    const [, name, count] = /^(.+):(\d+)$/.exec(word.text) ?? [];
    if (name === undefined || count === undefined) return { ...word, by, count: undefined };
    return { ...word, by, text: name, count: this.count({ ...word, text: count }, 1, 1_000_000) };
  }
}

/** `a,b` as two words. */
export function splitAtCommas({ text, column }: PlacedText): PlacedText[] {
  let at = column;
  return text.split(",").flatMap((part) => {
    const placed = { text: part, column: at, width: Math.max(1, part.length) };
    at += part.length + 1;
    return part === "" ? [] : [placed];
  });
}

/** A remedy for a name that nobody has. */
export function hintOf(word: string, known: readonly string[], what: string): string {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean '${near}'?`;
  if (known.length === 0) return `there is no ${what}`;
  const shown = known.slice(0, 10).join(", ");
  return `known are ${shown}${known.length > 10 ? ", ..." : ""}`;
}

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["[", "]"],
  ["{", "}"],
]);

// Quotes are taken off where they surround a word or a value; inside brackets they stay, for YAML.
function splitWords(text: string): PlacedText[] {
  const words: PlacedText[] = [];
  let word = "";
  let start = -1;
  let quote = "";
  const open: string[] = [];
  const end = (at: number): void => {
    if (start >= 0) words.push({ text: word, column: start + 1, width: Math.max(1, at - start) });
    word = "";
    start = -1;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quote === "" && open.length === 0 && /\s/.test(character)) {
      end(at);
      continue;
    }
    if (start < 0) start = at;
    if (quote !== "") {
      if (character === quote) quote = "";
      if (character !== quote && quote === "" && open.length === 0) continue;
      word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      if (open.length > 0) word += character;
    } else {
      const closer = CLOSERS.get(character);
      if (closer !== undefined) open.push(closer);
      else if (open.at(-1) === character) open.pop();
      word += character;
    }
  }
  end(text.length);
  if (quote === "" && open.length === 0) return words;
  const message = quote === "" ? `'${open.at(-1)}' is missing` : "a quotation mark is missing";
  throw new ChangeRefused(text, { column: text.length + 1, width: 1 }, message);
}
