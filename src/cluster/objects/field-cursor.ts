// A cursor over one object of a manifest: typed reads, and a memory of what was read.
//
// Kubernetes objects have many more fields than podsim models, and none may be dropped silently. So
// every read marks its key; `close` names the keys that nobody read. Unlike the strict decoder of
// scenarios, a known field without effect here is a note, not a mistake.

import { type DocumentPath, nearest } from "../../base/index.ts";
import { isSafeAmount, type QuantityMap } from "../quantity/resource-list.ts";
import { isQuantityError, parseQuantity } from "../quantity/quantity-text.ts";
import type { Quantity } from "../quantity/quantity.ts";
import type { Labels } from "../selectors/labels.ts";
import { parseTimestampSeconds } from "./timestamp.ts";

/** One thing wrong in an object, at a path within it. */
export interface ObjectProblem {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly path: DocumentPath;
  readonly what: "key" | "value";
  readonly message: string;
  readonly hint?: string;
}

/** A field that was present and has no effect. */
export interface IgnoredField {
  readonly path: DocumentPath;
  readonly changesScheduling: boolean;
  /** Not a field of Kubernetes as far as podsim knows: most likely a typing mistake. */
  readonly isUnknown: boolean;
}

/** How values are read. */
export interface DecodeOptions {
  /** Apply what the API server adds and rounds. Off for recorded cases that bypass it. */
  readonly defaulting: boolean;
  /** Check the API's rules. Off for recorded cases that are not legal objects. */
  readonly validate: boolean;
  /** Accept amounts beyond 2^53 (kept in `exact`), for `verify`; `run` refuses them. */
  readonly int64: boolean;
}

/** What the API server does: for manifests and dumps. */
export const AS_API_SERVER: DecodeOptions = { defaulting: true, validate: true, int64: false };

/** Collects what was found while one object is decoded. */
export class DecodeSink {
  readonly options: DecodeOptions;
  readonly problems: ObjectProblem[] = [];
  readonly ignored: IgnoredField[] = [];

  constructor(options: DecodeOptions = AS_API_SERVER) {
    this.options = options;
  }

  /** Notes an error at the value of a path. */
  error(path: DocumentPath, message: string, code = "E_INVALID_VALUE", hint?: string): void {
    const problem: ObjectProblem = { code, severity: "error", path, what: "value", message };
    this.problems.push(hint === undefined ? problem : { ...problem, hint });
  }
}

/** Reads the fields of one JSON object. Absent and null fields are the same, as in the API. */
export class FieldCursor {
  readonly path: DocumentPath;
  readonly sink: DecodeSink;
  private readonly source: Readonly<Record<string, unknown>>;
  private readonly seen = new Set<string>();

  constructor(source: Readonly<Record<string, unknown>>, path: DocumentPath, sink: DecodeSink) {
    this.source = source;
    this.path = path;
    this.sink = sink;
  }

  /** The value as it stands, undefined when absent or null. */
  raw(key: string): unknown {
    this.seen.add(key);
    const value = Object.hasOwn(this.source, key) ? this.source[key] : undefined;
    return value ?? undefined;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.source, key) && (this.source[key] ?? undefined) !== undefined;
  }

  /** True when the key is there, even with null. */
  hasKey(key: string): boolean {
    return Object.hasOwn(this.source, key);
  }

  /** Path of a field below this object. */
  at(...steps: (string | number)[]): DocumentPath {
    return [...this.path, ...steps];
  }

  /** Notes an error at a field. */
  error(key: string, message: string, code = "E_INVALID_VALUE", hint?: string): void {
    this.sink.error(key === "" ? this.path : this.at(key), message, code, hint);
  }

  /** Notes an error that only counts when API rules are checked. */
  refuse(key: string, message: string, code = "E_INVALID_VALUE", hint?: string): void {
    if (this.sink.options.validate) this.error(key, message, code, hint);
  }

  text(key: string, fallback = ""): string {
    return this.optionalText(key) ?? fallback;
  }

  optionalText(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === "string") return value;
    this.error(key, `expected text, found ${nameOf(value)}`, "E_WRONG_TYPE", quoteHint(value));
    return undefined;
  }

  /** A text that must be one of a few; another one is refused and the fallback used. */
  oneOf<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
    return this.optionalOneOf(key, allowed) ?? fallback;
  }

  optionalOneOf<T extends string>(key: string, allowed: readonly T[]): T | undefined {
    const value = this.optionalText(key);
    if (value === undefined || value === "") return undefined;
    if ((allowed as readonly string[]).includes(value)) return value as T;
    const list = allowed.map((name) => `"${name}"`).join(", ");
    this.error(
      key,
      `Unsupported value: "${value}": supported values: ${list}`,
      "E_UNSUPPORTED_VALUE",
    );
    return undefined;
  }

  integer(key: string, fallback: number, min = -2147483648, max = 2147483647): number {
    return this.optionalInteger(key, min, max) ?? fallback;
  }

  optionalInteger(key: string, min = -2147483648, max = 2147483647): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value)) {
      if (typeof value === "bigint")
        this.error(key, `Invalid value: ${value}: must be from ${min} to ${max}`, "E_OUT_OF_RANGE");
      else this.error(key, `expected an integer, found ${nameOf(value)}`, "E_WRONG_TYPE");
      return undefined;
    }
    if (value >= min && value <= max) return value;
    const bound =
      min === 0 && value < 0
        ? "must be greater than or equal to 0"
        : `must be from ${min} to ${max}`;
    this.error(key, `Invalid value: ${value}: ${bound}`, "E_OUT_OF_RANGE");
    return undefined;
  }

  boolean(key: string, fallback = false): boolean {
    const value = this.raw(key);
    if (value === undefined) return fallback;
    if (typeof value === "boolean") return value;
    this.error(key, `expected true or false, found ${nameOf(value)}`, "E_WRONG_TYPE");
    return fallback;
  }

  object(key: string): FieldCursor | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (isRecord(value)) return new FieldCursor(value, this.at(key), this.sink);
    this.error(key, `expected an object, found ${nameOf(value)}`, "E_WRONG_TYPE");
    return undefined;
  }

  /** An object that is read as empty when absent. */
  objectOrEmpty(key: string): FieldCursor {
    return this.object(key) ?? new FieldCursor({}, this.at(key), this.sink);
  }

  /** A list of anything; [] when absent. */
  list(key: string): readonly unknown[] {
    const value = this.raw(key);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.error(key, `expected a list, found ${nameOf(value)}`, "E_WRONG_TYPE");
    return [];
  }

  objects(key: string): FieldCursor[] {
    const cursors: FieldCursor[] = [];
    for (const [index, entry] of this.list(key).entries()) {
      const path = this.at(key, index);
      if (isRecord(entry)) cursors.push(new FieldCursor(entry, path, this.sink));
      else this.sink.error(path, `expected an object, found ${nameOf(entry)}`, "E_WRONG_TYPE");
    }
    return cursors;
  }

  texts(key: string): string[] {
    const texts: string[] = [];
    for (const [index, entry] of this.list(key).entries()) {
      if (typeof entry === "string") texts.push(entry);
      else {
        const message = `expected text, found ${nameOf(entry)}`;
        this.sink.error(this.at(key, index), message, "E_WRONG_TYPE", quoteHint(entry));
      }
    }
    return texts;
  }

  integers(key: string): number[] {
    const numbers: number[] = [];
    for (const [index, entry] of this.list(key).entries()) {
      if (typeof entry === "number" && Number.isInteger(entry)) numbers.push(entry);
      else
        this.sink.error(
          this.at(key, index),
          `expected an integer, found ${nameOf(entry)}`,
          "E_WRONG_TYPE",
        );
    }
    return numbers;
  }

  /** A map of text to text; undefined when absent. */
  pairs(key: string): Labels | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    const pairs = new Map<string, string>();
    if (!isRecord(value)) {
      this.error(key, `expected a map, found ${nameOf(value)}`, "E_WRONG_TYPE");
      return pairs;
    }
    for (const name of Object.keys(value)) {
      const entry = value[name];
      if (typeof entry === "string") pairs.set(name, entry);
      else if (entry === null || entry === undefined) pairs.set(name, "");
      else {
        const message = `expected text, found ${nameOf(entry)}`;
        this.sink.error(this.at(key, name), message, "E_WRONG_TYPE", quoteHint(entry));
      }
    }
    return pairs;
  }

  /** A quantity; undefined when absent or wrong. */
  quantity(key: string): Quantity | undefined {
    const value = this.raw(key);
    return value === undefined ? undefined : readQuantity(value, this.at(key), this.sink);
  }

  /** Quantities by resource name; empty when absent. */
  quantities(key: string): QuantityMap {
    const cursor = this.object(key);
    const quantities = new Map<string, Quantity>();
    if (cursor === undefined) return quantities;
    for (const name of Object.keys(cursor.source)) {
      const value = cursor.source[name];
      const quantity = readQuantity(value ?? 0, cursor.at(name), this.sink, name === "cpu");
      if (quantity === undefined) continue;
      quantities.set(name, this.sink.options.defaulting ? quantity.roundedUpToMilli() : quantity);
    }
    return quantities;
  }

  /** An RFC 3339 time as whole seconds since 1970. */
  timestamp(key: string): number | undefined {
    const text = this.optionalText(key);
    if (text === undefined || text === "") return undefined;
    const seconds = parseTimestampSeconds(text);
    if (seconds === undefined) {
      this.error(
        key,
        `Invalid value: "${text}": expected an RFC 3339 time such as 2026-01-31T12:00:00Z`,
      );
    }
    return seconds;
  }

  /** The same where a status only shows it: what is no time is named as ignored and means nothing. */
  shownTimestamp(key: string): number | undefined {
    const value = this.raw(key);
    if (typeof value !== "string" || value === "") return undefined;
    const seconds = parseTimestampSeconds(value);
    if (seconds === undefined) this.noteIgnored(key, false);
    return seconds;
  }

  /** Marks known fields without any meaning for the simulator, such as server-side noise. */
  skip(...keys: string[]): void {
    for (const key of keys) this.seen.add(key);
  }

  /** Names known fields that are not simulated and cannot change scheduling. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.noteIgnored(key, false);
  }

  /** Names known fields that are not simulated although they can change scheduling. */
  ignoreScheduling(...keys: string[]): void {
    for (const key of keys) this.noteIgnored(key, true);
  }

  /** Names every key that nobody read as known but not simulated: for parts whose details do not matter here. */
  ignoreRest(changesScheduling = false): void {
    for (const key of Object.keys(this.source)) {
      if (!this.seen.has(key)) this.noteIgnored(key, changesScheduling);
    }
  }

  /** Names every key that nobody read. `changesScheduling`: what an unknown field here might do. */
  close(changesScheduling = false): void {
    for (const key of Object.keys(this.source)) {
      if (this.seen.has(key) || this.source[key] === null) continue;
      this.noteUnknown(key, changesScheduling);
    }
  }

  private noteIgnored(key: string, changesScheduling: boolean): void {
    this.seen.add(key);
    if (!this.has(key)) return;
    this.sink.ignored.push({ path: this.at(key), changesScheduling, isUnknown: false });
  }

  private noteUnknown(key: string, changesScheduling: boolean): void {
    const path = this.at(key);
    this.sink.ignored.push({ path, changesScheduling, isUnknown: true });
    const suggestion = nearest(key, [...this.seen]);
    const problem: ObjectProblem = {
      code: "E_UNKNOWN_FIELD",
      severity: "warning",
      path,
      what: "key",
      message: "unknown field",
    };
    this.sink.problems.push(
      suggestion === undefined ? problem : { ...problem, hint: `did you mean '${suggestion}'?` },
    );
  }
}

/** True for plain JSON objects. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readQuantity(
  value: unknown,
  path: DocumentPath,
  sink: DecodeSink,
  isCpu = false,
): Quantity | undefined {
  const isNumber = typeof value === "number" || typeof value === "bigint";
  if (!isNumber && typeof value !== "string") {
    sink.error(path, `expected a quantity, found ${nameOf(value)}`, "E_WRONG_TYPE");
    return undefined;
  }
  // JSON decoding trims the text; only the bare parser refuses blanks (Q2).
  const text = String(value).trim();
  const parsed = parseQuantity(text);
  if (isQuantityError(parsed)) {
    const code = parsed.kind === "limit" ? "E_LIMIT_QUANTITY" : "E_INVALID_QUANTITY";
    sink.error(path, `Invalid value: "${text}": ${parsed.error}`, code, quantityHint(text));
    return undefined;
  }
  if (!sink.options.int64 && isBeyondSafe(parsed, isCpu ? 3 : 0)) {
    const message = `Invalid value: "${text}": more than 9007199254740991 (2^53 - 1) base units cannot be simulated exactly`;
    sink.error(path, message, "E_LIMIT_QUANTITY");
    return undefined;
  }
  return parsed;
}

/** Beyond 2^53 base units, which are 10^-digits (thousandths for cpu). */
function isBeyondSafe(quantity: Quantity, digits: number): boolean {
  const { unscaled } = quantity;
  const scale = quantity.scale + digits;
  if (unscaled === 0n) return false;
  if (scale > 18) return true;
  const whole = scale >= 0 ? unscaled * 10n ** BigInt(scale) : unscaled / 10n ** BigInt(-scale);
  return !isSafeAmount(whole);
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return "text";
  return `${typeof value} ${String(value)}`;
}

function quoteHint(value: unknown): string | undefined {
  // What was written (n, yes, off, ...) is gone by now; only a number still shows its text.
  if (typeof value === "boolean")
    return "quote it: y, n, yes, no, on and off are booleans otherwise";
  return typeof value === "number" ? `quote it: "${String(value)}"` : undefined;
}

function quantityHint(text: string): string | undefined {
  if (/^[0-9.]+K$/.test(text)) return "kilo is written with a small k, kibi as Ki";
  if (/^[0-9.]+\s*[KMGTPE]I?[bB]?$/.test(text)) return "binary suffixes are Ki, Mi, Gi, Ti, Pi, Ei";
  return undefined;
}
