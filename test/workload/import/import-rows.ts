// Runs an importer over texts, as an import would, and gives its tables as rows by column name.

import {
  type ImportedScenario,
  type Importer,
  ImportLedger,
  type ImportNote,
} from "../../../src/workload/traces/import/importer.ts";
import type { Problem } from "../../../src/base/index.ts";

type Row = Readonly<Record<string, string>>;

export interface ImportedRows {
  readonly scenario: ImportedScenario;
  readonly nodes: readonly Row[];
  readonly pods: readonly Row[];
  readonly notes: readonly ImportNote[];
  readonly problems: readonly Problem[];
}

/** Texts by the name of the importer's file (or `NAME#2` for a second one of it), fed in small pieces. */
export function importRows(
  importer: Importer,
  texts: Readonly<Record<string, string>>,
  options: Readonly<Record<string, string>> = {},
  piece = 11,
): ImportedRows {
  const tables = { nodes: [] as Row[], pods: [] as Row[] };
  const sink = (rows: Row[]) => {
    let header: readonly string[] = [];
    return {
      columns: (names: readonly string[]) => {
        header = names;
      },
      row: (cells: readonly string[]) => {
        if (cells.length !== header.length) throw new Error(`cells: ${cells.join()}`);
        rows.push(
          Object.fromEntries(
            header.flatMap((name, at) => (cells[at] === "" ? [] : [[name, cells[at]!]])),
          ),
        );
      },
    };
  };
  const ledger = new ImportLedger();
  const usual = importer.options.flatMap(({ name, default: value }) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const chosen = new Map([...usual, ...Object.entries(options)]);
  const [nodes, pods] = [sink(tables.nodes), sink(tables.pods)];
  const job = importer.start({ options: chosen, nodes, pods, ledger });
  for (const file of importer.files) {
    for (const [name, text] of Object.entries(texts)) {
      if (name.split("#")[0] !== file.name) continue;
      const reader = job.open(file, name);
      for (let at = 0; at < text.length; at += piece) reader.push(text.slice(at, at + piece));
      reader.end();
    }
  }
  const scenario = job.finish();
  return { scenario, ...tables, notes: ledger.notes(), problems: ledger.problems };
}

/** The count of the one note that holds these words; 0 if there is none. */
export function countOf({ notes }: ImportedRows, words: string): number {
  return notes
    .filter(({ what }) => what.includes(words))
    .reduce((sum, { count }) => sum + count, 0);
}
