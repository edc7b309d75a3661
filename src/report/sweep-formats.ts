// A sweep in the format that -o asks for: one row per combination and scheduler, means with intervals.
//
// Takes the record, computes nothing. The table shows a few measures unless others were asked for;
// wide shows all of them, CSV has one line per row and measure.

import type { Estimate, SweepRecord, SweepRow } from "../analysis/index.ts";
import { escapeControls, writeYaml } from "../base/index.ts";
import {
  antitheticText,
  bootstrapText,
  pilotText,
  strataText,
  waitingText,
} from "./beside-text.ts";
import { csvText } from "./csv-rows.ts";
import { amountText } from "./amount-text.ts";
import { spanText } from "./summary-text.ts";
import { formatTextTable } from "./text-table.ts";
import { formatWarmUp, longRunLine } from "./warm-up-text.ts";

/** Formats that a sweep has. */
export const SWEEP_FORMATS = ["table", "wide", "json", "yaml", "csv", "markdown", "name"] as const;

/** Measures of the plain table, where they exist and none was asked for. */
const HEADLINES: ReadonlySet<string> = new Set([
  ...["pending.avg", "pending.p95", "unschedulable", "utilization.cpu"],
]);
/** Up to so many measures are all shown. */
const SHOWN_MAX = 6;

/** The record as text. */
export function formatSweep(record: SweepRecord, format: string): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(record, undefined, 2)}\n`;
    case "yaml":
      return writeYaml(record);
    case "csv":
      return csvOf(record);
    case "markdown":
      return markdownOf(record);
    case "name":
      return `sweep/${record.scenario}\n`;
    default:
      return tableOf(record, format === "wide");
  }
}

function tableOf(record: SweepRecord, isWide: boolean): string {
  const shown = shownMeasures(record, isWide);
  const header = [...record.parameters, "SCHEDULER", ...measureNames(record, shown)];
  const rows = record.rows.map((row) => [
    ...row.values,
    row.scheduler,
    ...cellsOf(record, row, shown),
  ]);
  const hidden = record.measures.length - shown.length;
  const more = hidden === 0 ? "" : `\n${hidden} measures more with -o wide\n`;
  return `${headLines(record)}\n${formatTextTable(header, rows)}${more}${steadyLines(record)}${cautions(record, shown)}${originLines(record)}`;
}

/** How warm-ups were found, and which long runs have no interval. */
function steadyLines(record: SweepRecord): string {
  const { parameters, warmUps = [], longRuns = [], rows, measures } = record;
  const texts = warmUps.map((one) =>
    formatWarmUp(one, one.values.map((value, at) => `${parameters[at]!}=${value}`).join(", ")),
  );
  const lines = longRuns.flatMap((one) => {
    const unit = measures.find(({ measure }) => measure === one.measure)?.unit;
    return unit === undefined
      ? []
      : `${rowName(record, rows[one.row]!)}: ${longRunLine(one, unit)}\n`;
  });
  return [...texts, lines.join("")]
    .filter((text) => text !== "")
    .map((text) => `\n${text.split("\n").map(escapeControls).join("\n")}`)
    .join("");
}

function rowName({ parameters }: SweepRecord, { values, scheduler }: SweepRow): string {
  return [...values.map((value, at) => `${parameters[at]!}=${value}`), scheduler].join(", ");
}

function headLines(record: SweepRecord): string {
  const { rows, varied, replicationsCount } = record;
  const runs =
    varied.length === 0
      ? "nothing varies between replications: one run of each, no intervals"
      : `${replicationsCount} replications of each${rows.some(({ antithetic }) => antithetic !== undefined) ? ", in antithetic pairs" : ""}, varied: ${varied.join(", ")}; ${Number((100 * record.confidence).toFixed(2))} % intervals`;
  const seed = common(
    rows.map((row) => `, seed ${row.seed}`),
    "",
  );
  const world = common(rows.map(worldText), "studies differ from row to row (-o json)");
  const head = [`SWEEP  ${rows.length} rows on ${record.scenario}${seed}`];
  return [...head, `       ${runs}`, `       ${world}`]
    .map((line) => `${escapeControls(line)}\n`)
    .join("");
}

function worldText({ study, horizonUs, warmUpUs }: SweepRow): string {
  const kind = study === "fixed" ? "one fixed run" : `${study} study`;
  const length = horizonUs === null ? " until it drains" : ` of ${spanText(horizonUs)}`;
  const warmUp = study === "steady-state" ? ` after ${spanText(warmUpUs)} of warm-up` : "";
  return `${kind}${length}${warmUp}`;
}

/** What all rows share, or what to say if they do not. */
function common(texts: readonly string[], otherwise: string): string {
  const [first] = texts;
  return first !== undefined && texts.every((text) => text === first) ? first : otherwise;
}

/** Digests beyond so many rows are left to the record. */
const DIGESTS_MAX = 6;

/** What the sweep was made with, and what makes it again. */
function originLines({ command, versions, rows }: SweepRecord): string {
  const digests =
    rows.length > DIGESTS_MAX
      ? "digests of the rows: -o json"
      : `digests of the rows: ${rows.map(({ digest }) => digest.slice(0, 16)).join(", ")}`;
  const lines = [
    `made with podsim ${versions.podsim} for Kubernetes ${versions.kubernetes}; ${digests}`,
    ...(command === "" ? [] : [`again: ${command}`]),
  ];
  return `\n${lines.map((line) => `${escapeControls(line)}\n`).join("")}`;
}

function cautions(record: SweepRecord, shown: readonly number[]): string {
  const nameOf = (row: SweepRow): string => rowName(record, row);
  const lines = record.rows.flatMap((row) => [
    ...(row.unstableRunsCount > 0
      ? [
          `${nameOf(row)}: work piles up in ${row.unstableRunsCount} of ${row.replicationsCount} runs: there is no long-run mean`,
        ]
      : []),
    ...(row.podsPendingAtEndCount > 0
      ? [
          `${nameOf(row)}: ${row.podsPendingAtEndCount} of ${row.podsCreatedCount} pods still waited at the end and are in no waiting time`,
        ]
      : []),
    ...waitingText(row.waiting).map((text) => `${nameOf(row)}: ${text}`),
    ...strataText(row.strata).map((text) => `${nameOf(row)}: ${text}`),
    ...antitheticText(
      (row.antithetic ?? []).filter((one) =>
        shown.some((at) => record.measures[at]!.measure === one.measure),
      ),
    ).map((text) => `${nameOf(row)}: ${text}`),
    ...bootstrapLines(record, row, shown).map((text) => `${nameOf(row)}: ${text}`),
  ]);
  lines.push(...pilotText(record.antitheticPilot));
  if (record.missingCellsCount > 0)
    lines.push(
      `PARTIAL: ${record.missingCellsCount} cells are missing; rows hold the replications before the first missing one`,
    );
  return lines.length === 0 ? "" : `\n${lines.map((line) => `${escapeControls(line)}\n`).join("")}`;
}

/** Second intervals of the shown measures that are skewed, or whose first holds what cannot be. */
function bootstrapLines(record: SweepRecord, row: SweepRow, shown: readonly number[]): string[] {
  return (row.bootstraps ?? []).flatMap((beside) => {
    const at = shown.find((one) => record.measures[one]!.measure === beside.measure);
    if (at === undefined) return [];
    const { measure, unit } = record.measures[at]!;
    return bootstrapText(row.estimates[at]!, beside, unit).map((text) => `${measure}: ${text}`);
  });
}

function markdownOf(record: SweepRecord): string {
  const all = record.measures.map((_, at) => at);
  const header = [...record.parameters, "scheduler", ...measureNames(record, all)];
  const rows = record.rows.map((row) => [
    ...row.values,
    row.scheduler,
    ...cellsOf(record, row, all),
  ]);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  const varied =
    record.varied.length === 0 ? "nothing varied" : `varied: ${record.varied.join(", ")}`;
  const table = [header, header.map(() => "---"), ...rows].map(line).join("");
  return `${table}\n${varied}; n=${record.replicationsCount}\n${cautions(record, all)}`;
}

function csvOf(record: SweepRecord): string {
  const header = [
    ...record.parameters,
    ...["scheduler", "seed", "measure", "unit", "count", "mean", "low", "high", "reason"],
    ...["method", "skewness", "bootstrapLow", "bootstrapHigh"],
  ];
  const rows = record.rows.flatMap((row) =>
    record.measures.map(({ measure, unit }, at) => {
      const estimate = row.estimates[at]!;
      const { count } = estimate;
      const numbers =
        estimate.kind === "absent"
          ? [null, null, null, estimate.reason]
          : estimate.kind === "point"
            ? [estimate.value, null, null, estimate.reason]
            : [estimate.value, estimate.low, estimate.high, ""];
      const beside = row.bootstraps?.find((one) => one.measure === measure);
      const more = [
        estimate.kind === "interval" ? estimate.method : "",
        beside?.skewness ?? null,
        beside?.interval.low ?? null,
        beside?.interval.high ?? null,
      ];
      return [...row.values, row.scheduler, row.seed, measure, unit, count, ...numbers, ...more];
    }),
  );
  return `${header.join(",")}\n${csvText(rows)}`;
}

function shownMeasures(record: SweepRecord, isWide: boolean): number[] {
  const all = record.measures.map((_, at) => at);
  if (isWide || all.length <= SHOWN_MAX) return all;
  return all.filter((at) => HEADLINES.has(record.measures[at]!.measure));
}

function measureNames(record: SweepRecord, shown: readonly number[]): string[] {
  return shown.map((at) => record.measures[at]!.measure);
}

function cellsOf(record: SweepRecord, row: SweepRow, shown: readonly number[]): string[] {
  return shown.map((at) => estimateText(row.estimates[at]!, record.measures[at]!.unit));
}

/** The commonest reasons for no number, in few words. */
const ABSENT: Readonly<Partial<Record<string, string>>> = {
  "no-values": "n/a",
  "missing-values": "n/a: not in every run",
  "insufficient-observations": "n/a: too few pods",
  unstable: "n/a: work piles up",
};

function estimateText(estimate: Estimate, unit: SweepRecord["measures"][number]["unit"]): string {
  if (estimate.kind === "absent") return ABSENT[estimate.reason] ?? `n/a: ${estimate.reason}`;
  const value = amountText(estimate.value, unit);
  if (estimate.kind === "point") return value;
  return `${value} [${amountText(estimate.low, unit)}, ${amountText(estimate.high, unit)}]`;
}
