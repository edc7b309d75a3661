// The result in the format that -o asks for. All formats show numbers of one record.
//
// A format may leave numbers out and never computes one of its own, so all of them agree.

import { writeYaml } from "../base/index.ts";
import type { RunResult } from "../metrics/index.ts";
import { csvText } from "./csv-rows.ts";
import { formatSummary, ratioText, spanText } from "./summary-text.ts";
import { efficiencyRows } from "./unit-text.ts";

/** One number of a result: a dotted name as in the record, and the value. */
export interface MeasureRow {
  readonly measure: string;
  readonly value: number | string | null;
}

/** The result as text in a format of the command line; `name` gives the run's name alone. */
export function formatResult(result: RunResult, format: string): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(result, undefined, 2)}\n`;
    case "jsonl":
      return `${JSON.stringify(result)}\n`;
    case "yaml":
      return writeYaml(result);
    case "csv":
      return `measure,value\n${csvText(measureRows(result).map((row) => [row.measure, row.value]))}`;
    case "markdown":
      return markdownOf(result);
    case "name":
      return `run/${result.scenario.name}\n`;
    case "wide":
      return formatSummary(result, { wide: true });
    default:
      return formatSummary(result, { wide: false });
  }
}

/** Every number of the record outside its lists, with its path as name. */
export function measureRows(result: RunResult): MeasureRow[] {
  const rows: MeasureRow[] = [];
  const walk = (prefix: string, value: unknown): void => {
    if (value === null || typeof value === "number") rows.push({ measure: prefix, value });
    else if (typeof value === "object" && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value as object))
        walk(prefix === "" ? key : `${prefix}.${key}`, inner);
    }
  };
  walk("", result);
  for (const use of result.utilization) {
    rows.push({ measure: `utilization.${use.resource}.requestedRatio`, value: use.requestedRatio });
    rows.push({ measure: `utilization.${use.resource}.peakRatio`, value: use.peakRatio });
  }
  for (const room of result.fragmentation?.resources ?? []) {
    const prefix = `fragmentation.${room.resource}`;
    rows.push({ measure: `${prefix}.fragmentedRatio`, value: room.fragmentedRatio });
    rows.push({ measure: `${prefix}.strandedRatio`, value: room.strandedRatio });
  }
  return rows;
}

function markdownOf(result: RunResult): string {
  const rows: [string, string][] = [
    ["pods created / bound", `${result.counts.podsCreated} / ${result.counts.podsBound}`],
    [
      "pending p50 / p99 / max",
      [result.pending.p50Us, result.pending.p99Us, result.pending.maxUs].map(spanText).join(" / "),
    ],
    ["start-up p50 / p99", [result.startup.p50Us, result.startup.p99Us].map(spanText).join(" / ")],
    ["pods that fit nowhere", String(result.counts.podsUnschedulableAtEnd)],
    ["ready replicas over desired", ratioText(result.availabilityRatio)],
    ["longest recovery", spanText(result.recoveryMaxUs)],
    ...result.utilization.map((use): [string, string] => [
      `${use.resource} requested over allocatable`,
      ratioText(use.requestedRatio),
    ]),
    ...efficiencyRows(result, ratioText),
  ];
  for (const threshold of result.thresholds) {
    rows.push([`\`${threshold.expression}\``, threshold.passed ? "pass" : "**fail**"]);
  }
  for (const { about, fact, wanted, passed } of result.expectations) {
    rows.push([`${about}: ${fact} ${wanted}`, passed ? "pass" : "**fail**"]);
  }
  const lines = rows.map(([measure, value]) => `| ${escaped(measure)} | ${escaped(value)} |\n`);
  return `| ${escaped(result.scenario.name)} | |\n|---|---|\n${lines.join("")}`;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
