// The shapes that every `podsim verify` check shares: a recorded case in, an outcome and a report out.
//
// A recorded case is compared part by part. What is not modelled is named and counted apart; it is
// never agreement. Pure: text lines in, a VerifyReport out; files are the caller's.

import { compareText, InputError, readJson } from "../../base/index.ts";
import type { EvaluatorName } from "../../scheduler/index.ts";

/** One recorded line, parsed; `kind` chooses the check. */
export type RecordedCase = Readonly<Record<string, unknown>>;

/** One thing that came out otherwise than recorded. */
export interface Difference {
  /** Name of the case (or file and line where a case has none). */
  readonly case: string;
  readonly node?: string;
  readonly plugin?: string;
  /** Which part differs, such as `code`, `raw`, `message`. */
  readonly what: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/** What one case came to. */
export type CaseOutcome =
  | { readonly kind: "checked"; readonly differences: readonly Difference[] }
  /** Not compared: the plugins, gates or kinds that are not modelled. */
  | { readonly kind: "unsupported"; readonly names: readonly string[] }
  /** About gates that are off or alpha in 1.36: listed apart, fails nothing. */
  | { readonly kind: "outside"; readonly gates: readonly string[] };

/** How a file is verified beyond what its lines say. */
export interface VerifyOptions {
  /** What decides; the plain evaluator when nothing is said. */
  readonly evaluator?: EvaluatorName;
}

/** Compares one case of one kind. */
export type CaseCheck = (recorded: RecordedCase, options?: VerifyOptions) => CaseOutcome;

/** Checks by kind, as one part of the product offers them. */
export type CaseKinds = ReadonlyMap<string, CaseCheck>;

/** The result over one file. Counts are cases; for trajectories a case is one scheduling cycle. */
export interface VerifyReport {
  readonly file: string;
  readonly checked: number;
  /** Checked cases with at least one difference. */
  readonly differ: number;
  /** Cases not compared, by what is not modelled; one case may lack several things. */
  readonly unsupported: ReadonlyMap<string, number>;
  readonly unsupportedCases: number;
  /** Cases about gates that are off or alpha in 1.36, by gate. */
  readonly outside: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
  /** What was left out of the comparison, in sentences. */
  readonly notes: readonly string[];
}

/** Runs a check; wrong input met on the way is reported with the file and the case it is in. */
export function atCase<T>(file: string, name: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.problems.map((problem) => ({
        ...problem,
        file,
        message: `case ${name}: ${problem.message}`,
      })),
    );
  }
}

/** The field of a recorded case as a JSON object; anything else is wrong input. */
export function requiredObject(recorded: RecordedCase, field: string): RecordedCase {
  const value = recorded[field];
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as RecordedCase;
  }
  const message = `'${field}' must be an object, as the recorded cases have it`;
  throw new InputError([{ code: "E_RECORDED_CASE", severity: "error", path: field, message }]);
}

/** The field of a recorded case as a list of objects; an absent one is empty. */
export function objectList(recorded: RecordedCase, field: string): readonly RecordedCase[] {
  const value = recorded[field] ?? [];
  const isList =
    Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null);
  if (isList) return value as RecordedCase[];
  const message = `'${field}' must be a list of objects`;
  throw new InputError([{ code: "E_RECORDED_CASE", severity: "error", path: field, message }]);
}

/** Adds a difference when the two values are not the same (as canonical JSON). */
export function compareValues(
  out: Difference[],
  place: Omit<Difference, "expected" | "got">,
  expected: unknown,
  got: unknown,
): void {
  if (canonicalJson(expected) !== canonicalJson(got)) out.push({ ...place, expected, got });
}

/** JSON with sorted keys; undefined and null are the same, and absent as values of a map. */
export function canonicalJson(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const record = value as Record<string, unknown>;
  const parts = Object.keys(record)
    .sort(compareText)
    .filter((key) => record[key] !== undefined && record[key] !== null)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`);
  return `{${parts.join(",")}}`;
}

/** Collects outcomes into a report. */
export class ReportBuilder {
  private readonly file: string;
  private checked = 0;
  private differ = 0;
  private unsupportedCases = 0;
  private readonly unsupported = new Map<string, number>();
  private readonly outside = new Map<string, number>();
  private readonly differences: Difference[] = [];
  private readonly notes: string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  /** Counts one case. */
  add(outcome: CaseOutcome): void {
    switch (outcome.kind) {
      case "checked":
        this.checked++;
        if (outcome.differences.length > 0) this.differ++;
        this.differences.push(...outcome.differences);
        return;
      case "unsupported":
        this.unsupportedCases++;
        for (const name of new Set(outcome.names)) countIn(this.unsupported, name);
        return;
      case "outside":
        for (const gate of new Set(outcome.gates)) countIn(this.outside, gate);
    }
  }

  /** Says what was left out. */
  note(text: string): void {
    this.notes.push(text);
  }

  build(): VerifyReport {
    return {
      file: this.file,
      checked: this.checked,
      differ: this.differ,
      unsupported: this.unsupported,
      unsupportedCases: this.unsupportedCases,
      outside: this.outside,
      differences: this.differences,
      notes: this.notes,
    };
  }
}

/** `NAME: N checked, M differ, K not supported`, the line printed per file. */
export function formatReportLine(report: VerifyReport): string {
  const { file, checked, differ, unsupportedCases } = report;
  return `${file}: ${checked} checked, ${differ} differ, ${unsupportedCases} not supported`;
}

/** Parses JSON Lines; empty lines are skipped. A line that is no JSON object is an InputError. */
export function parseCaseLines(lines: Iterable<string>, file: string): RecordedCase[] {
  const cases: RecordedCase[] = [];
  let lineNumber = 0;
  for (const line of lines) {
    lineNumber++;
    if (line.trim() === "") continue;
    cases.push(parseLine(line, `${file}:${lineNumber}`));
  }
  return cases;
}

function parseLine(line: string, place: string): RecordedCase {
  const { documents, problems } = readJson(line, { file: place });
  if (problems.length > 0) throw new InputError(problems);
  const value = documents[0]?.value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = "expected one JSON object per line";
    throw new InputError([{ code: "E_TYPE", severity: "error", file: place, message }]);
  }
  return value as RecordedCase;
}

function countIn(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
