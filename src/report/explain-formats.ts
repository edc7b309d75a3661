// The explanation in the format that -o asks for. All formats show one record.
//
// Machine formats hold the record itself, or one row per node; what people read is explain-text.ts.

import { escapeControls, writeYaml } from "../base/index.ts";
import type { ExplainRecord, NodeScores, VerdictGroup } from "../metrics/index.ts";
import { csvText } from "./csv-rows.ts";
import { type ExplainSection, explainHeadline, explainSections } from "./explain-text.ts";
import { formatTextTable } from "./text-table.ts";

/** The record as text; `csv` has one row per node, `name` is the chosen node. */
export function formatExplanation(record: ExplainRecord, format: string): string {
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
      return markdownOf(record);
    case "name":
      return record.decision?.node == null ? "" : `node/${record.decision.node}\n`;
    default:
      return textOf(record, format === "wide");
  }
}

function textOf(record: ExplainRecord, wide: boolean): string {
  const parts = [`${explainHeadline(record)}\n`];
  for (const { title, lines, table } of explainSections(record, wide)) {
    if (title !== "") parts.push(`\n${title}\n`);
    for (const line of lines) parts.push(`${escapeControls(line)}\n`);
    if (table !== undefined) parts.push(formatTextTable(table.header, table.rows, table.alignment));
  }
  return parts.join("");
}

function markdownOf(record: ExplainRecord): string {
  const parts = [`**${escaped(explainHeadline(record))}**\n`];
  for (const section of explainSections(record, false)) parts.push(markdownSection(section));
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
