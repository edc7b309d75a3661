// Importer: turns somebody else's files into podsim's tables, row by row, and keeps account of it.
//
// An importer sees text in pieces of any size and hands rows on at once, so that the size of a trace
// does not matter. Whatever it leaves out, repairs or assumes is counted in the ledger; a value it
// does not understand is a problem that stops the import, never a guess. It knows no files: who
// opens, unpacks and writes them is outside.

import type { Problem } from "../../../base/index.ts";

/** A file of the input, by the name it has in the original. */
export interface ImportFile {
  /** Found as this name, or with `.gz` behind it. */
  readonly name: string;
  readonly what: string;
  /** Its absence stops the import. */
  readonly isRequired: boolean;
}

/** A choice the user has, offered as `--NAME VALUE`. */
export interface ImportOption {
  readonly name: string;
  readonly what: string;
  /** The only values; absent: any text. */
  readonly values?: readonly string[];
  /** Absent: it must be given. */
  readonly default?: string;
}

/** Takes the text of one file; `CsvReader` is one. */
export interface TextSink {
  push(text: string): void;
  end(): void;
}

/** A table on its way out: columns once, then rows of as many cells. */
export interface TableSink {
  columns(names: readonly string[]): void;
  row(cells: readonly string[]): void;
}

/** What an import is started with. */
export interface ImportRequest {
  /** A value for every option. */
  readonly options: ReadonlyMap<string, string>;
  readonly nodes: TableSink;
  readonly pods: TableSink;
  readonly ledger: ImportLedger;
}

/** The parts of the scenario that the importer decides. */
export interface ImportedScenario {
  readonly name: string;
  /** One line: what it is. */
  readonly description: string;
  /** Where the data come from and under which licence; one line each. */
  readonly origin: readonly string[];
  readonly preset: "instant" | "kubernetes-1.36";
  /** Namespaces that the pods are in, beside `default`. */
  readonly namespaces: readonly string[];
}

/** One import under way. */
export interface ImportJob {
  /** Called for the files in the importer's order; the sink is ended before the next is opened. */
  open(file: ImportFile, shownName: string): TextSink;
  /** After the last file. */
  finish(): ImportedScenario;
}

/** One format that can be imported. */
export interface Importer {
  readonly format: string;
  readonly what: string;
  /** In the order in which they are read. */
  readonly files: readonly ImportFile[];
  readonly options: readonly ImportOption[];
  start(request: ImportRequest): ImportJob;
}

/** What was done to the data: left out, changed, or filled in because the source does not say. */
export type ImportEffect = "dropped" | "repaired" | "assumed";

/** One line of the report. */
export interface ImportNote {
  readonly effect: ImportEffect;
  readonly what: string;
  /** Rows or values it holds for. */
  readonly count: number;
  /** Line of the first of them, where it is known. */
  readonly firstLine: number | undefined;
}

/** The account of one import. */
export class ImportLedger {
  readonly problems: Problem[] = [];
  private readonly byKey = new Map<string, { note: ImportNote }>();

  /** Counts one row or value (or several) under what happened to it. */
  note(effect: ImportEffect, what: string, place: { line?: number; count?: number } = {}): void {
    const key = `${effect} ${what}`;
    const known = this.byKey.get(key);
    const count = (known?.note.count ?? 0) + (place.count ?? 1);
    const firstLine = known === undefined ? place.line : known.note.firstLine;
    if (known !== undefined) known.note = { effect, what, count, firstLine };
    else this.byKey.set(key, { note: { effect, what, count, firstLine } });
  }

  /** Something that stops the import. */
  refuse(problem: Omit<Problem, "severity">): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ severity: "error", ...problem });
  }

  /** Dropped, then repaired, then assumed; each in order of first appearance. */
  notes(): readonly ImportNote[] {
    const all = [...this.byKey.values()].map(({ note }) => note);
    return EFFECTS.flatMap((effect) => all.filter((note) => note.effect === effect));
  }
}

const EFFECTS = ["dropped", "repaired", "assumed"] as const;
const PROBLEMS_MAX = 1000;
