// One import from the user's files to rows: finds, streams, checks; the caller writes.
//
// Rows leave as they come in. Problems are thrown at the end, all together, and then nothing that was
// written so far must be kept.

import { hasErrors, InputError } from "../../base/index.ts";
import {
  type ImportedScenario,
  type Importer,
  ImportLedger,
  type ImportNote,
  type TableSink,
} from "../../workload/index.ts";
import { findImportFiles, streamImportFile } from "./import-inputs.ts";

/** What an import came to. */
export interface ImportOutcome {
  readonly scenario: ImportedScenario;
  readonly notes: readonly ImportNote[];
  /** Rows by file, where the importer counts them. */
  readonly rowsRead: ReadonlyMap<string, number>;
  /** The files that were read, as found. */
  readonly filesRead: readonly string[];
}

/** Reads the importer's files among `paths` and hands rows to the tables. Throws an InputError. */
export async function runImport(
  importer: Importer,
  paths: readonly string[],
  request: {
    readonly options: ReadonlyMap<string, string>;
    readonly nodes: TableSink;
    readonly pods: TableSink;
  },
): Promise<ImportOutcome> {
  const files = findImportFiles(importer, paths);
  const ledger = new ImportLedger();
  const job = importer.start({ ...request, ledger });
  // What the options say wrongly is told before a large file is read.
  if (hasErrors(ledger.problems)) throw new InputError(ledger.problems);
  for (const { file, path } of files) {
    const sink = job.open(file, path);
    await streamImportFile(path, (text) => sink.push(text), file.encoding);
    sink.end();
    // What comes after a file that cannot be used would only be refused because of it.
    if (hasErrors(ledger.problems)) throw new InputError(ledger.problems);
  }
  const scenario = job.finish();
  if (hasErrors(ledger.problems)) throw new InputError(ledger.problems);
  const { rowsRead } = ledger;
  return { scenario, notes: ledger.notes(), rowsRead, filesRead: files.map(({ path }) => path) };
}
