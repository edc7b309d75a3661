// Result rows as CSV text: a header per row kind, one line per row, nothing a spreadsheet would run.
//
// The only importer of csv-stringify (its browser build, so that the portable bundle needs no Node
// module). Text is always quoted and numbers never are, so a reader can tell them apart; a missing
// value is an empty, unquoted cell.

import { stringify } from "csv-stringify/browser/esm/sync";
import type { DecisionRow, EventRow, NodeRow, PodRow, SampleRow } from "../metrics/index.ts";

type Cell = string | number | null;

/** The columns of a CSV file, in order: the header and how to take each cell from a row. */
export interface CsvTable<Row> {
  readonly file: string;
  readonly columns: readonly (keyof Row & string)[];
}

/** `pods.csv`: one row per pod object. */
export const PODS_CSV: CsvTable<PodRow> = {
  file: "pods.csv",
  columns: [
    "namespace",
    "name",
    "uid",
    "owner",
    "node",
    "phase",
    "reason",
    "priority",
    "milliCpuRequested",
    "memoryBytesRequested",
    "createdUs",
    "boundUs",
    "startedUs",
    "readyUs",
    "finishedUs",
    "deletedUs",
    "attemptsCount",
    "departure",
  ],
};

/** `nodes.csv`: one row per node. */
export const NODES_CSV: CsvTable<NodeRow> = {
  file: "nodes.csv",
  columns: [
    "name",
    "zone",
    "createdUs",
    "removedUs",
    "milliCpuAllocatable",
    "memoryBytesAllocatable",
    "podsAllocatable",
    "podsBoundCount",
    "podsMaxCount",
    "cpuRequestedRatio",
    "memoryRequestedRatio",
    "downUs",
    "notReadyUs",
  ],
};

/** `timeseries.csv`: the cluster after each instant in which one of these values changed. */
export const TIMESERIES_CSV: CsvTable<SampleRow> = {
  file: "timeseries.csv",
  columns: [
    "atUs",
    "nodesReady",
    "podsPending",
    "podsRunning",
    "podsReady",
    "podsTerminating",
    "milliCpuRequested",
    "memoryBytesRequested",
    "milliCpuAllocatable",
    "memoryBytesAllocatable",
  ],
};

/** `decisions.csv`: one row per scheduling cycle. */
export const DECISIONS_CSV: CsvTable<DecisionRow> = {
  file: "decisions.csv",
  columns: [
    "atUs",
    "scheduler",
    "namespace",
    "pod",
    "uid",
    "attempt",
    "result",
    "node",
    "evaluated",
    "feasible",
    "score",
    "ties",
    "message",
  ],
};

/** `events.csv`: one row per Kubernetes Event, none merged. */
export const EVENTS_CSV: CsvTable<EventRow> = {
  file: "events.csv",
  columns: ["atUs", "type", "reason", "kind", "namespace", "name", "from", "message"],
};

/** The header line of a table. */
export function csvHeader<Row>(table: CsvTable<Row>): string {
  return `${table.columns.join(",")}\n`;
}

/** The lines of many rows; rows are plain records of numbers, texts and nulls. */
export function csvLines<Row extends object>(table: CsvTable<Row>, rows: readonly Row[]): string {
  return csvText(rows.map((row) => table.columns.map((column) => row[column] as Cell)));
}

/** CSV text of raw cells, without a header. */
export function csvText(rows: readonly (readonly Cell[])[]): string {
  const safe = rows.map((cells) =>
    cells.map((cell) => (typeof cell === "string" ? neutralized(cell) : cell)),
  );
  return stringify(safe, { quoted_string: true, quoted_empty: false });
}

// What spreadsheets take for the start of a formula, also in its full-width form, and also after
// blanks, quotes or semicolons that some of them skip. NUL is dropped by some readers on the way in.
const FORMULA_START = /^[\s"';\0]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n\0]/;

function neutralized(text: string): string {
  return FORMULA_START.test(text) ? `'${text}` : text;
}
