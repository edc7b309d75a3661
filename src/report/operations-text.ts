// What a run cost in operations, as a table for `run -v`.
//
// The figures are those of the result and their shares per decision, by which runs of different length
// can be compared. Milliseconds are not among them.

import type { OperationsSummary, RunResult } from "../metrics/index.ts";
import { formatTextTable } from "./text-table.ts";

/** Kinds of events that are shown: the most frequent ones. */
const KINDS_SHOWN = 10;

/** Counts of the loop and of each scheduler, in all and per decision; nothing for what never happened. */
export function formatOperations({ operations, decisions }: RunResult): string {
  const { events, apiChanges, schedulers } = operations;
  const perRun = Math.max(1, decisions.attemptsCount);
  const rows: string[][] = [];
  const add = (of: string, name: string, count: number, divisor: number): void => {
    if (count > 0) rows.push([of, name, String(count), (count / divisor).toFixed(2)]);
  };
  for (const [name, count] of Object.entries(events)) add("events", name, count, perRun);
  for (const { kind, count } of mostFrequent(operations))
    add("events by kind", kind, count, perRun);
  add("api", "changes", apiChanges, perRun);
  for (const { name: scheduler, ...counts } of schedulers) {
    const divisor = Math.max(1, counts.decisions);
    for (const [name, count] of Object.entries(counts)) add(scheduler, name, count, divisor);
  }
  const header = ["OF", "OPERATION", "COUNT", "PER DECISION"];
  return formatTextTable(header, rows, ["left", "left", "right", "right"]);
}

function mostFrequent({ eventsByKind }: OperationsSummary): OperationsSummary["eventsByKind"] {
  // Sorting is stable: kinds of equal count stay in the order of their definition.
  return [...eventsByKind].sort((a, b) => b.count - a.count).slice(0, KINDS_SHOWN);
}
