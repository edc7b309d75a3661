// One cell of a comparison: one alternative in one replication, and the numbers it leaves.
//
// A study's cell with its place in the comparison; plain data, so that it crosses threads.

import type { PreparedRun } from "../prepare-run.ts";
import { type CellRun, runStudyCell } from "../study/run-cell.ts";
import type { CellResult } from "../study/study-cell.ts";

/** What one cell leaves. */
export interface CompareCell extends CellResult {
  readonly alternative: number;
  readonly replication: number;
}

/** Which cell, in which world. */
export interface CellQuestion extends CellRun {
  readonly alternative: number;
}

/** Runs one cell to its end. */
export function runCell(prepared: PreparedRun, question: CellQuestion): CompareCell {
  const { alternative, replication } = question;
  return { alternative, replication, ...runStudyCell(prepared, question) };
}
