// The explanation in the format that -o asks for. All formats show one record.
//
// Machine formats hold the record itself, or one row per node; what people read is explain-text.ts.

import { escapeControls, writeYaml } from "../base/index.ts";
import type { ExplainRecord, NodeScores, VerdictGroup } from "../metrics/index.ts";
import { selectTop } from "./explain-selection.ts";
import { csvText } from "./csv-rows.ts";
import type { ExplainDetail, ExplainSection } from "./explain-section.ts";
import { explainHeadline, explainSections } from "./explain-text.ts";
import { formatTextTable } from "./text-table.ts";
import { wrapLine } from "./wrap-line.ts";

/** The narrowest terminal that is reckoned with. */
const COLUMNS = 80;

/** Names in a list unless a number is asked for. */
const TOP = 10;

/**
 * The record as text; `csv` has one row per node, `name` is the chosen node. `top` keeps so many nodes
 * of every list; without it `table` and `markdown` show ten and all other formats everything.
 */
export function formatExplanation(
  whole: ExplainRecord,
  format: string,
  top: number | undefined = undefined,
): string {
  const record = top === undefined ? whole : selectTop(whole, top);
  switch (format) {
    case "json":
      return `${JSON.stringify(record, undefined, 2)}\n`;
    case "jsonl":
      return `${JSON.stringify(record)}\n`;
    case "yaml":
      return writeYaml(record);
    case "csv":
      return csvOf(record);
    case "markdown":
      return markdownOf(record, top ?? TOP);
    case "name":
      return record.decision?.node == null ? "" : `node/${record.decision.node}\n`;
    default:
      return textOf(record, { wide: format === "wide", top: top ?? TOP });
  }
}

function textOf(record: ExplainRecord, detail: ExplainDetail): string {
  const width = detail.wide ? Number.POSITIVE_INFINITY : COLUMNS;
  const parts = [`${wrapLine(explainHeadline(record), width)}\n`];
  for (const { title, lines, table } of explainSections(record, detail)) {
    if (title !== "") parts.push(`\n${title}\n`);
    for (const line of lines) parts.push(`${wrapLine(escapeControls(line), width)}\n`);
    if (table !== undefined) parts.push(formatTextTable(table.header, table.rows, table.alignment));
  }
  return parts.join("");
}

function markdownOf(record: ExplainRecord, top: number): string {
  const parts = [`**${escaped(explainHeadline(record))}**\n`];
  for (const section of explainSections(record, { wide: false, top }))
    parts.push(markdownSection(section));
  return parts.join("");
}

function markdownSection({ title, lines, table }: ExplainSection): string {
  const head = title === "" ? "\n" : `\n### ${escaped(title)}\n\n`;
  const list = lines.map((line) => `- ${escaped(line)}\n`).join("");
  if (table === undefined) return head + list;
  const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(" | ")} |\n`;
  const rule = `|${"---|".repeat(table.header.length)}\n`;
  return `${head}${list}${list === "" ? "" : "\n"}${row(table.header)}${rule}${table.rows.map(row).join("")}`;
}

function escaped(text: string): string {
  return escapeControls(text.trim().replaceAll("\n", " "))
    .replaceAll(/[|<*`]/g, "\\$&")
    .replaceAll(/ {2,}/g, " ");
}

function csvOf({ decision }: ExplainRecord): string {
  const plugins = decision?.scores?.plugins ?? [];
  const header = ["node", "verdict", "plugin", "code", "reasons", "position", "total"];
  for (const { plugin } of plugins)
    header.push(`${plugin}.raw`, `${plugin}.normalized`, `${plugin}.weighted`);
  const scored = new Map(decision?.scores?.nodes.map((row) => [row.node, row]));
  const rows = (decision?.verdicts ?? []).flatMap((group) =>
    group.nodes.map((node) => csvRow(node, group, scored.get(node), plugins.length)),
  );
  return `${header.join(",")}\n${csvText(rows)}`;
}

function csvRow(
  node: string,
  { verdict, plugin, code, reasons }: VerdictGroup,
  scores: NodeScores | undefined,
  pluginCount: number,
): (string | number | null)[] {
  const cells =
    scores === undefined
      ? Array.from({ length: 3 * pluginCount }, () => null)
      : scores.scores.flatMap(({ raw, normalized, weighted }) => [raw, normalized, weighted]);
  return [
    node,
    verdict,
    plugin,
    code,
    reasons.join("; "),
    scores?.position ?? null,
    scores?.total ?? null,
    ...cells,
  ];
}
