// Importer: turns somebody else's files into podsim's tables, row by row, and keeps account of it.
//
// An importer sees text in pieces of any size and hands rows on at once, so that the size of a trace
// does not matter. Whatever it leaves out, repairs or assumes is counted in the ledger; a value it
// does not understand is a problem that stops the import, never a guess. It knows no files: who
// opens, unpacks and writes them is outside.

import type { Problem } from "../../../base/index.ts";

/** A file of the input, by the name it has in the original. */
export interface ImportFile {
  /** Found as this name, or with `.gz`, `.tar.gz` or `.tgz` behind it. */
  readonly name: string;
  readonly what: string;
  /** Its absence stops the import. */
  readonly isRequired: boolean;
  /**
   * Other names, `*` standing for any letters, `folder/name` for a folder below. All files that match
   * are read, in order of their names.
   */
  readonly alike?: readonly string[];
  /** `bytes`: the text has one character per byte. Left out: UTF-8. */
  readonly encoding?: "bytes";
}

/** A choice the user has, offered as `--NAME VALUE`. */
export interface ImportOption {
  readonly name: string;
  readonly what: string;
  /** The only values; absent: any text. */
  readonly values?: readonly string[];
  /** Absent: it must be given, unless it is optional. */
  readonly default?: string;
  /** There is no value unless it is given. */
  readonly isOptional?: boolean;
  /** Why nothing is assumed where it must be given, and what to write. */
  readonly hint?: string;
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
  /** A value for every option that is not optional. */
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
  /** What times and amounts of the source are here; one line each. */
  readonly units?: readonly string[];
  /** Objects that are there from the start, beside namespaces and tables. */
  readonly objects?: readonly object[];
  /** What is applied when; in order. */
  readonly steps?: readonly ImportedStep[];
  /** Edits as the scenario writes them. */
  readonly edits?: readonly object[];
  /** The civil time of instant 0 in RFC 3339, where schedules depend on it. */
  readonly wallStart?: string;
  /** A KubeSchedulerConfiguration that came with the data. */
  readonly schedulerConfiguration?: object;
}

/** Objects applied together: at an instant, or when the steps named are done. */
export interface ImportedStep {
  readonly name?: string;
  readonly atUs?: number;
  readonly after?: readonly string[];
  readonly objects: readonly object[];
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

/**
 * What was done to the data: left out, changed, filled in because the source does not say; work whose
 * end is not in the data; work that began before them.
 */
export type ImportEffect = "dropped" | "repaired" | "unfinished" | "before start" | "assumed";

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
  /** Rows read by file, in order. */
  readonly rowsRead: Map<string, number> = new Map();
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

  /** Counts rows of a file, headers left out. */
  read(file: string, count = 1): void {
    this.rowsRead.set(file, (this.rowsRead.get(file) ?? 0) + count);
  }

  /** Something that stops the import. */
  refuse(problem: Omit<Problem, "severity">): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ severity: "error", ...problem });
  }

  /** By effect, in the order of EFFECTS; each in order of first appearance. */
  notes(): readonly ImportNote[] {
    const all = [...this.byKey.values()].map(({ note }) => note);
    return EFFECTS.flatMap((effect) => all.filter((note) => note.effect === effect));
  }
}

const EFFECTS = ["dropped", "repaired", "unfinished", "before start", "assumed"] as const;
const PROBLEMS_MAX = 1000;
