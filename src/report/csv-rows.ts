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
    "status",
    "ready",
    "restartsCount",
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

/** The line of one row; a row is a plain record of numbers, texts and nulls. */
export function csvLine<Row extends object>(table: CsvTable<Row>, row: Row): string {
  const { columns } = table;
  let line = "";
  for (let at = 0; at < columns.length; at++) {
    if (at > 0) line += ",";
    line += csvCell(row[columns[at]!] as Cell);
  }
  return `${line}\n`;
}

/** CSV text of raw cells, without a header. */
export function csvText(rows: readonly (readonly Cell[])[]): string {
  return rows.map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

// Nearly every cell is a number or a text without a quote, and there are hundreds of thousands of
// them; the package, whose generality costs ten times as much, does the others.
function csvCell(cell: Cell): string {
  if (typeof cell === "number") return String(cell);
  if (cell === null || cell === "") return "";
  const text = neutralized(cell);
  if (!text.includes('"')) return `"${text}"`;
  return stringify([[text]], { quoted_string: true, quoted_empty: false }).slice(0, -1);
}

// Letters and digits begin no formula; most texts begin so.
const PLAIN_START = /^[A-Za-z0-9]/;

// What spreadsheets take for the start of a formula, also in its full-width form, and also after
// blanks, quotes or semicolons that some of them skip. NUL is dropped by some readers on the way in.
const FORMULA_START = /^[\s"';\0]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n\0]/;

function neutralized(text: string): string {
  if (PLAIN_START.test(text)) return text;
  return FORMULA_START.test(text) ? `'${text}` : text;
}
