// The answer to "how many copies fit" in the format that -o asks for. All formats show one record.
//
// CSV has one row per node. The table says number and reason first; nodes are grouped by how many
// copies they took, and listed one by one only in the wide form.

import { escapeControls, writeYaml } from "../base/index.ts";
import { amountText, type FitRecord } from "../metrics/index.ts";
import { csvText } from "./csv-rows.ts";
import { formatTextTable } from "./text-table.ts";

/** The record as text. */
export function formatFit(record: FitRecord, format: string): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(record, undefined, 2)}\n`;
    case "yaml":
      return writeYaml(record);
    case "csv":
      return csvOf(record);
    case "name":
      return `${record.copiesCount}\n`;
    default:
      return tableOf(record, format === "wide");
  }
}

function csvOf({ nodes }: FitRecord): string {
  const rows = nodes.map(({ node, copiesCount, reasons }) => [
    node,
    copiesCount,
    reasons.join("; "),
  ]);
  return `node,copiesCount,reasons\n${csvText(rows)}`;
}

function tableOf(record: FitRecord, isWide: boolean): string {
  const { copiesCount, pod, cluster } = record;
  const requests = pod.requests.map(
    ({ resource, unit, amount }) => `${resource} ${amountText(amount, unit)}`,
  );
  const waiting =
    cluster.placedFirstCount + cluster.waitingCount === 0
      ? ""
      : `, ${cluster.placedFirstCount} placed first, ${cluster.waitingCount} waiting`;
  const asked = requests.length === 0 ? "no requests" : requests.join(", ");
  const lines = [
    `ANSWER   ${copiesCount} ${copiesCount === 1 ? "copy fits" : "copies fit"} of ${pod.namespace}/${pod.name} (${asked})`,
    `CLUSTER  ${cluster.nodesCount} nodes, ${cluster.boundCount} pods on them${waiting}`,
    `STOPPED  ${stopText(record)}`,
  ];
  const head = lines.map((line) => `${escapeControls(line)}\n`).join("");
  return `${head}${verdictTable(record)}${isWide ? nodeTable(record) : shareTable(record)}`;
}

function stopText({ stoppedBy, message, preempting }: FitRecord): string {
  switch (stoppedBy) {
    case "limit":
      return "as many as were asked for; more may fit";
    case "unschedulable":
      return message;
    case "preemption":
      return `the next copy would push ${preempting!.victimsCount} pods off ${preempting!.node}: ${message}`;
    case "refused":
      return `the API refuses the next copy: ${message}`;
    case "not-bound":
      return `the next copy is not bound: ${message}`;
    case "untried":
      return `no scheduler tries the next copy: ${message}`;
    case "error":
      return `the cycle of the next copy failed: ${message}`;
  }
}

function verdictTable({ verdicts }: FitRecord): string {
  if (verdicts.length === 0) return "";
  const rows = verdicts.map(({ plugin, reasons, nodesCount, copiesCount }) => [
    ...[String(nodesCount), String(copiesCount), reasons.join(", "), plugin],
  ]);
  const header = ["NODES", "COPIES", "WHY NOT ONE MORE", "PLUGIN"];
  return `\n${formatTextTable(header, rows, ["right", "right"])}`;
}

function shareTable({ nodes }: FitRecord): string {
  const nodesByCopies = new Map<number, number>();
  for (const { copiesCount } of nodes)
    nodesByCopies.set(copiesCount, (nodesByCopies.get(copiesCount) ?? 0) + 1);
  const rows = [...nodesByCopies]
    .sort(([a], [b]) => b - a)
    .map(([copies, count]) => [String(copies), String(count)]);
  return `\n${formatTextTable(["COPIES PER NODE", "NODES"], rows, ["right", "right"])}`;
}

function nodeTable({ nodes }: FitRecord): string {
  const rows = nodes.map(({ node, copiesCount, reasons }) => [
    ...[node, String(copiesCount), reasons.join(", ")],
  ]);
  return `\n${formatTextTable(["NODE", "COPIES", "WHY NOT ONE MORE"], rows, ["left", "right"])}`;
}
