// Which nodes can be removed, in the format that -o asks for. All formats show one record.
//
// CSV has one row per node; the table groups the nodes that stay by what keeps them.

import { escapeControls, writeYaml } from "../base/index.ts";
import type { RemovableRecord, RemovalNode } from "../metrics/index.ts";
import { csvText } from "./csv-rows.ts";
import { formatTextTable } from "./text-table.ts";

/** The record as text. */
export function formatRemovable(record: RemovableRecord, format: string): string {
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
      return record.nodes
        .flatMap(({ isRemovable, node }) => (isRemovable ? `${node}\n` : []))
        .join("");
    default:
      return `${headLines(record)}\n${nodeTable(record, format === "wide")}`;
  }
}

function headLines({ removableCount, nodesCount, nodes }: RemovableRecord): string {
  const stay = nodes.filter(({ isRemovable }) => !isRemovable);
  const counts = new Map<string, number>();
  for (const node of stay) counts.set(groupOf(node), (counts.get(groupOf(node)) ?? 0) + 1);
  const why = [...counts].map(([reason, count]) => `${reason} ${count}`).join(", ");
  const lines = [
    `ANSWER    ${removableCount} of ${nodesCount} nodes can be removed, one after the other, least requested first`,
    ...(stay.length === 0 ? [] : [`BLOCKED   ${stay.length} nodes: ${why}`]),
  ];
  return lines.map((line) => `${escapeControls(line)}\n`).join("");
}

function groupOf({ obstacle, name }: RemovalNode): string {
  switch (obstacle) {
    case "budget":
      return `PDB ${name}`;
    case "local-volume":
      return "local volumes";
    case "no-owner":
      return "pods without a controller";
    case "refused":
      return "refused by the API";
    default:
      return "no other place";
  }
}

function nodeTable({ nodes }: RemovableRecord, isWide: boolean): string {
  const rows = nodes.map((node) => [
    ...[node.node, node.isRemovable ? "yes" : "no", String(node.podsCount), whyText(node, isWide)],
  ]);
  const header = ["NODE", "REMOVABLE", "PODS", "WHY NOT"];
  return formatTextTable(header, rows, ["left", "left", "right"]);
}

function whyText({ obstacle, pod, name, message }: RemovalNode, isWide: boolean): string {
  switch (obstacle) {
    case null:
      return "";
    case "budget":
      return `PDB ${name} allows no eviction of ${pod}`;
    case "local-volume":
      return `${pod} keeps data in volume ${name}`;
    case "no-owner":
      return `${pod} has no controller: it would not come back`;
    case "refused":
      return `${pod}: ${message}`;
    case "no-place":
      return `${pod}: ${isWide ? message : (message.split(/(?<=\.) /)[0] ?? "")}`;
  }
}

function markdownOf(record: RemovableRecord): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  const rows = record.nodes.map((node) => [
    ...[node.node, node.isRemovable ? "yes" : "no", String(node.podsCount), whyText(node, false)],
  ]);
  const header = ["node", "removable", "pods", "why not"];
  return [header, header.map(() => "---"), ...rows].map(line).join("");
}

function csvOf({ nodes }: RemovableRecord): string {
  const rows = nodes.map(({ node, isRemovable, podsCount, obstacle, pod, name, message }) => [
    ...[node, isRemovable ? 1 : 0, podsCount, obstacle ?? "", pod, name, message],
  ]);
  return `node,removable,pods,obstacle,pod,name,message\n${csvText(rows)}`;
}
