// The three tables of the FGD study as CSV text: one row per run.
//
// Columns: workload, policy, seed, then 0 to 130, the demand that has arrived in per cent of all GPUs. A
// cell is empty where no arrival came near that per cent, which small traces alone can cause.

import { LAST_PERCENT, type FgdRows } from "./arrival-bins.ts";

/** One run of the study. */
export interface FgdCell {
  readonly workload: string;
  readonly policy: string;
  readonly seed: number;
}

/** File name of each table, and which rows it holds. */
export const FGD_TABLES: readonly { readonly file: string; readonly rows: keyof FgdRows }[] = [
  { file: "allocation.csv", rows: "allocation" },
  { file: "fragmentation.csv", rows: "fragmentation" },
  { file: "fragmentation-ratio.csv", rows: "fragmentationRatio" },
];

/** The text of one table; `results` is parallel to `cells`. Names need no quotes: see isFgdName. */
export function fgdTable(
  cells: readonly FgdCell[],
  results: readonly FgdRows[],
  rows: keyof FgdRows,
): string {
  const percents = Array.from({ length: LAST_PERCENT + 1 }, (_, percent) => percent);
  const lines = [["workload", "policy", "seed", ...percents].join(",")];
  for (const [index, { workload, policy, seed }] of cells.entries()) {
    const values = results[index]![rows].map((value) => (Number.isNaN(value) ? "" : value));
    lines.push([workload, policy, seed, ...values].join(","));
  }
  return `${lines.join("\n")}\n`;
}

/** Whether a workload's name can stand in a file name and a table as it is. */
export function isFgdName(name: string): boolean {
  return /^[A-Za-z0-9_.-]+$/.test(name) && !name.startsWith(".");
}
