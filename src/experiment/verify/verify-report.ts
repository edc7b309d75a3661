// Reading recorded lines, comparing values, and counting outcomes into a report.
//
// Shared by all verify checks. Pure: text lines in, a VerifyReport out; files are the caller's.

import { InputError, readJson } from "../../base/index.ts";
import type { CaseOutcome, Difference, RecordedCase, VerifyReport } from "./case-format.ts";

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
