// Checked decoding: an untrusted plain value into typed parts, every fault collected with its place.
//
// A Decoder is a cursor at one place of a document. Its methods return undefined after noting a
// problem, so a reader goes on and reports everything at once. Maps come out as Map: `__proto__`
// and `constructor` are plain keys here. It knows nothing of what the fields mean.

import { nearest } from "./nearest.ts";
import type { DocumentPath, PositionedDocument, ProblemAtPath } from "./positioned-document.ts";
import { formatPath, type Problem } from "./problem.ts";

/** A cursor into a value under decoding. */
export class Decoder {
  readonly value: unknown;
  readonly path: DocumentPath;
  /** All problems noted so far, shared by all cursors of one document. */
  readonly problems: Problem[];
  private readonly document: PositionedDocument | undefined;

  /** A cursor at the root of a document (or of a bare value, whose problems have paths but no lines). */
  constructor(
    source: PositionedDocument | { readonly value: unknown },
    problems: Problem[] = [],
    place: { readonly path: DocumentPath; readonly value: unknown } = {
      path: [],
      value: source.value,
    },
  ) {
    this.document = "positionOf" in source ? source : undefined;
    this.problems = problems;
    this.path = place.path;
    this.value = place.value;
  }

  /** Whether something other than null stands here. */
  get isPresent(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** Notes a problem at this place (or at its key). */
  fail(code: string, message: string, hint?: string, what: "key" | "value" = "value"): undefined {
    this.note({ code, message, what, ...(hint !== undefined && { hint }) });
    return undefined;
  }

  /** Notes a warning at this place. */
  warn(code: string, message: string, hint?: string): void {
    this.note({ code, message, severity: "warning", ...(hint !== undefined && { hint }) });
  }

  /** The field or item at `step`; its value is undefined when there is none. Own keys only. */
  at(step: string | number): Decoder {
    const { value } = this;
    const isContainer = typeof value === "object" && value !== null;
    const child =
      isContainer && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined;
    const source = this.document ?? { value: undefined };
    return new Decoder(source, this.problems, { path: [...this.path, step], value: child });
  }

  /** The field when it is present and not null. */
  optional(field: string): Decoder | undefined {
    const child = this.at(field);
    return child.isPresent ? child : undefined;
  }

  /** The field; a problem is noted when it is missing or null. */
  required(field: string): Decoder | undefined {
    const child = this.at(field);
    if (child.isPresent) return child;
    const code = child.value === null ? "E_TYPE" : "E_MISSING_FIELD";
    return child.fail(code, child.value === null ? "must not be null" : "is required but missing");
  }

  /** Checks that this is a map and, when the known fields are given, that it has no others. */
  object(known?: readonly string[]): this | undefined {
    if (!isMap(this.value)) return this.failType("a map");
    if (known === undefined) return this;
    for (const key of Object.keys(this.value)) {
      if (!known.includes(key)) this.failUnknown(key, known);
    }
    return this;
  }

  /** Notes that `key` is no field of this map, with the nearest known one as hint. */
  failUnknown(key: string, known: readonly string[]): void {
    const near = nearest(key, known);
    const hint =
      near === undefined ? `known fields: ${known.join(", ")}` : `did you mean '${near}'?`;
    this.at(key).fail("E_UNKNOWN_FIELD", "unknown field", hint, "key");
  }

  /** The items of a list. */
  array(lengthMax: number = Number.MAX_SAFE_INTEGER): Decoder[] | undefined {
    if (!Array.isArray(this.value)) return this.failType("a list");
    if (this.value.length > lengthMax) {
      return this.fail(
        "E_RANGE",
        `has ${this.value.length} items; at most ${lengthMax} are allowed`,
      );
    }
    return this.value.map((_, index) => this.at(index));
  }

  /** The entries of a map of any keys, in the order of the document. */
  map(): Map<string, Decoder> | undefined {
    if (!isMap(this.value)) return this.failType("a map");
    return new Map(Object.keys(this.value).map((key) => [key, this.at(key)]));
  }

  /** A map of text to text, such as labels. */
  mapOfText(): Map<string, string> | undefined {
    const entries = this.map();
    if (entries === undefined) return undefined;
    const texts = new Map<string, string>();
    for (const [key, entry] of entries) {
      const text = entry.text();
      if (text !== undefined) texts.set(key, text);
    }
    return texts;
  }

  /** Text; numbers and booleans are refused, as the API server does. */
  text(): string | undefined {
    if (typeof this.value === "string") return this.value;
    const quote = typeof this.value === "number" || typeof this.value === "boolean";
    return this.failType("text", quote ? "quote it if text is meant" : undefined);
  }

  /** A whole number within the bounds, both included. */
  integer(
    min: number = -Number.MAX_SAFE_INTEGER,
    max: number = Number.MAX_SAFE_INTEGER,
  ): number | undefined {
    const { value } = this;
    if (typeof value !== "number" && typeof value !== "bigint")
      return this.failType("a whole number");
    if (typeof value === "bigint" || !Number.isInteger(value) || value < min || value > max) {
      return this.fail(
        "E_RANGE",
        `${String(value)} is not a whole number ${formatBounds(min, max)}`,
      );
    }
    return value === 0 ? 0 : value;
  }

  /** A finite number within the bounds, both included. */
  number(min: number = -Number.MAX_VALUE, max: number = Number.MAX_VALUE): number | undefined {
    const value = typeof this.value === "bigint" ? Number(this.value) : this.value;
    if (typeof value !== "number") return this.failType("a number");
    if (!(value >= min && value <= max)) {
      return this.fail(
        "E_RANGE",
        `${String(this.value)} is not a number ${formatBounds(min, max)}`,
      );
    }
    return value === 0 ? 0 : value;
  }

  /** true or false. */
  boolean(): boolean | undefined {
    return typeof this.value === "boolean" ? this.value : this.failType("true or false");
  }

  /** One of the given texts. */
  oneOf<const T extends string>(allowed: readonly T[]): T | undefined {
    const text = this.text();
    if (text === undefined) return undefined;
    if (allowed.includes(text as T)) return text as T;
    const near = nearest(text, allowed);
    return this.fail(
      "E_VALUE",
      `'${text}' is not one of ${allowed.join(", ")}`,
      near === undefined ? undefined : `did you mean '${near}'?`,
    );
  }

  /** What stands here, in words: `the text 'x'`, `a list`. */
  describe(): string {
    return describeValue(this.value);
  }

  private failType(expected: string, hint?: string): undefined {
    return this.fail("E_TYPE", `expected ${expected}, found ${this.describe()}`, hint);
  }

  private note(problem: ProblemAtPath): void {
    if (this.document !== undefined) {
      this.problems.push(this.document.problemAt(this.path, problem));
      return;
    }
    const { what: _, ...rest } = problem;
    this.problems.push({
      ...rest,
      severity: rest.severity ?? "error",
      path: formatPath(this.path),
    });
  }
}

/** A plain value in words, short enough for a message. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "string") {
    const shown = value.length > 40 ? `${value.slice(0, 40)}...` : value;
    return `the text '${shown}'`;
  }
  return `the ${typeof value === "boolean" ? "boolean" : "number"} ${String(value)}`;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function formatBounds(min: number, max: number): string {
  const hasMin = min > -Number.MAX_SAFE_INTEGER;
  const hasMax = max < Number.MAX_SAFE_INTEGER;
  if (hasMin && hasMax) return `from ${min} to ${max}`;
  if (hasMin) return `of at least ${min}`;
  return hasMax ? `of at most ${max}` : "podsim can hold";
}
