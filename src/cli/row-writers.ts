// Rows of a run on their way into its CSV files, buffered so that a write is worth its call.
//
// Rows pass through and are not kept: memory stays flat however long the run is.

import type { RowSinks } from "../metrics/index.ts";
import {
  type CsvTable,
  csvHeader,
  csvLines,
  DECISIONS_CSV,
  EVENTS_CSV,
  NODES_CSV,
  PODS_CSV,
  TIMESERIES_CSV,
} from "../report/index.ts";
import type { ResultFolder } from "./result-folder.ts";

const ROWS_PER_WRITE = 2_000;

/** Appends rows to their files; every file has its header even without a row. */
export class RowWriters {
  readonly sinks: RowSinks;
  private readonly flushes: (() => void)[] = [];

  constructor(folder: ResultFolder) {
    this.sinks = {
      pod: this.writer(folder, PODS_CSV),
      node: this.writer(folder, NODES_CSV),
      sample: this.writer(folder, TIMESERIES_CSV),
      decision: this.writer(folder, DECISIONS_CSV),
      event: this.writer(folder, EVENTS_CSV),
    };
  }

  flush(): void {
    for (const flush of this.flushes) flush();
  }

  private writer<Row extends object>(
    folder: ResultFolder,
    table: CsvTable<Row>,
  ): (row: Row) => void {
    let rows: Row[] = [];
    const flush = (): void => {
      if (rows.length > 0) folder.append(table.file, csvLines(table, rows));
      rows = [];
    };
    this.flushes.push(flush);
    folder.append(table.file, csvHeader(table));
    return (row) => {
      rows.push(row);
      if (rows.length >= ROWS_PER_WRITE) flush();
    };
  }
}
