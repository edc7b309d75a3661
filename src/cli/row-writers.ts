// Rows of a run on their way into its CSV files, buffered so that a write is worth its call.
//
// Rows pass through and are not kept: memory stays flat however long the run is.

import type { RowSinks } from "../metrics/index.ts";
import {
  type CsvTable,
  csvHeader,
  csvLine,
  DECISIONS_CSV,
  EVENTS_CSV,
  NODES_CSV,
  PODS_CSV,
  TIMESERIES_CSV,
} from "../report/index.ts";
import type { ResultFolder } from "./result-folder.ts";

const LENGTH_PER_WRITE = 256 * 1024;

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
    // Text at once: a row that is kept until the next write outlives the cheap garbage collections.
    let text = "";
    const flush = (): void => {
      if (text !== "") folder.append(table.file, text);
      text = "";
    };
    this.flushes.push(flush);
    folder.append(table.file, csvHeader(table));
    return (row) => {
      text += csvLine(table, row);
      if (text.length >= LENGTH_PER_WRITE) flush();
    };
  }
}
