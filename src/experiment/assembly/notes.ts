// Notes: everything a reader must know to trust the numbers, collected in one shape.
//
// Notes are data of the result, not log lines: they are counted, ordered and the same in every run.

import type { Problem } from "../../base/index.ts";
import type { ManifestSet } from "../../cluster/index.ts";
import type { ResultNote } from "../../metrics/index.ts";
import type { RunScheduler } from "../run-scheduler.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** Collects notes; equal ones are counted, first appearance decides the order. */
export class NoteBook {
  private readonly notes = new Map<
    string,
    { code: string; message: string; count: number; changesScheduling: boolean }
  >();

  add(code: string, message: string, changesScheduling = false, count = 1): void {
    const key = `${code}\n${message}`;
    const known = this.notes.get(key);
    if (known === undefined) this.notes.set(key, { code, message, count, changesScheduling });
    else known.count += count;
  }

  addAll(notes: readonly ResultNote[]): void {
    for (const note of notes) this.add(note.code, note.message, note.changesScheduling, note.count);
  }

  /** What could change scheduling first, then in order of appearance. */
  list(): ResultNote[] {
    const all = [...this.notes.values()];
    return [
      ...all.filter((note) => note.changesScheduling),
      ...all.filter((note) => !note.changesScheduling),
    ];
  }
}

/** Adds what was read but has no effect here. */
export function noteManifests(book: NoteBook, set: ManifestSet): void {
  for (const { what, problem } of set.leftOut) {
    const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
    const where = problem.path === undefined || problem.path === "" ? "" : `${problem.path}: `;
    book.add("LEFT_OUT", `${place}: ${what} is left out: ${where}${problem.message}`, true);
  }
  for (const kind of set.unsupportedKinds) {
    const where = kind.places[0] === undefined ? "" : `, first at ${kind.places[0]}`;
    const message = `kind ${kind.kind} (${kind.apiVersion}) is not simulated${where}`;
    book.add("UNSIMULATED_KIND", message, kind.changesScheduling, kind.count);
  }
  for (const field of set.ignoredFields) {
    const why = field.isUnknown ? "is no field that podsim knows" : "is not simulated";
    const code = field.isUnknown ? "UNKNOWN_FIELD" : "UNSIMULATED_FIELD";
    book.add(
      code,
      `${field.kind}: field ${field.field} ${why}`,
      field.changesScheduling,
      field.count,
    );
  }
  for (const owner of set.inferredOwners) {
    const name = `${owner.kind} ${owner.namespace}/${owner.name}`;
    book.add(
      "INFERRED_OWNER",
      `${name} is not among the objects: inferred from its pods`,
      false,
      owner.podCount,
    );
  }
  noteWarnings(book, set.problems);
}

/** Adds what readers said without refusing the input. */
export function noteWarnings(book: NoteBook, problems: readonly Problem[]): void {
  for (const { severity, code, path, message } of problems) {
    if (severity === "error") continue;
    book.add(code, path === undefined || path === "" ? message : `${path}: ${message}`);
  }
}

/** The input hash knows a user's file, not what that file imports. */
export function noteUserCode(book: NoteBook, scheduler: RunScheduler): void {
  for (const { name, hasImports } of scheduler.modules ?? []) {
    if (!hasImports) continue;
    const message = `${name} imports other code, which is no part of the input hash: only the file itself is`;
    book.add("USER_CODE", message);
  }
}

/** One run is one replication; a scenario that asks for more is told so. */
export function noteReplications(book: NoteBook, scenario: Scenario): void {
  const { replications } = scenario.run;
  if (replications <= 1) return;
  const message = `the scenario asks for ${replications} replications; a run is the first of them`;
  book.add("ONE_REPLICATION", message);
}
