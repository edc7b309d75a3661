// The nodes of an explanation as text: verdicts by group, scores, and everything about one node.
//
// Within 80 columns scores are weighted ones under letters, with all three numbers for one node; the
// wide form has them for every node.

import type {
  ExplainedDecision,
  ExplainedNode,
  NodeScores,
  ScoreTable,
  VerdictGroup,
} from "../metrics/index.ts";
import { changeText, checkText, obstacleText } from "./explain-changes.ts";
import { type ExplainDetail, type ExplainSection, nameList } from "./explain-section.ts";

const VERDICT_WORDS: Readonly<Record<VerdictGroup["verdict"], string>> = {
  feasible: "feasible",
  rejected: "rejected",
  "left-out": "left out",
  "not-looked-at": "not looked at",
};

// --- Verdicts ------------------------------------------------------------------------------------

/** Nodes by verdict and reason; every node is counted once. */
export function verdictSection(
  { verdicts }: ExplainedDecision,
  { wide, top }: ExplainDetail,
): ExplainSection {
  if (wide) return verdictTable(verdicts);
  const width = Math.max(...verdicts.map(({ count }) => String(count).length));
  const lines = verdicts.flatMap(({ verdict, plugin, code, reasons, count, nodes }) => {
    const indent = " ".repeat(width + 1);
    const number = String(count).padStart(width);
    const names = nameList(nodes, top, count);
    if (reasons.length === 0 && plugin === "")
      return [`${number} ${VERDICT_WORDS[verdict]}: ${names}`];
    const by = plugin === "" ? "" : ` by ${plugin}`;
    return [
      `${number} ${VERDICT_WORDS[verdict]}${by} (${code})`,
      `${indent}${reasons.join(", ")}`,
      `${indent}${names}`,
    ];
  });
  return { title: "NODES", lines };
}

function verdictTable(verdicts: readonly VerdictGroup[]): ExplainSection {
  const rows = verdicts.map(({ verdict, plugin, code, reasons, count, nodes }) => [
    VERDICT_WORDS[verdict],
    String(count),
    plugin,
    verdict === "feasible" || verdict === "not-looked-at" ? "" : code,
    reasons.join(", "),
    nodes.join(", "),
  ]);
  const header = ["VERDICT", "COUNT", "PLUGIN", "CODE", "REASON", "NODES"];
  return { title: "NODES", lines: [], table: { header, rows, alignment: ["left", "right"] } };
}

// --- Scores --------------------------------------------------------------------------------------

/** The best nodes with their scores; then the chosen node (or the one asked about) in full. */
export function scoreSections(
  { scores, node }: ExplainedDecision,
  asked: ExplainedNode | null,
  detail: ExplainDetail,
): ExplainSection[] {
  if (scores === null) return [];
  if (detail.wide) return [wideScores(scores, node)];
  const wanted = asked?.rank == null ? node : asked.node;
  const row = scores.nodes.find((each) => each.node === wanted);
  const sections = [narrowScores(scores, node, detail.top)];
  if (row !== undefined) sections.push(breakdown(scores, row, row.node === node));
  return sections;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

function narrowScores(table: ScoreTable, winner: string | null, top: number): ExplainSection {
  const differing = table.plugins.flatMap((plugin, at) =>
    isConstant(table.nodes, at) ? [] : [{ ...plugin, at }],
  );
  const constant = table.plugins.flatMap(({ plugin }, at) =>
    isConstant(table.nodes, at) ? [`${plugin} ${table.nodes[0]!.scores[at]!.weighted}`] : [],
  );
  // More plugins than letters are told apart by numbers.
  const mark = (index: number): string => LETTERS[index] ?? String(index + 1);
  const lines: string[] = [];
  if (differing.length > 0) {
    const legend = differing.map(
      ({ plugin, weight }, index) => `${mark(index)} ${plugin} x${weight}`,
    );
    lines.push(legend.join(", "));
  }
  if (constant.length > 0) lines.push(`the same for all: ${constant.join(", ")}`);
  if (table.skipped.length > 0)
    lines.push(`nothing to say about this pod: ${table.skipped.join(", ")}`);
  const shown = mostInteresting(table.nodes, winner, top);
  const rest = table.nodes.length - shown.length;
  if (rest > 0) lines.push(`${rest} more ${rest === 1 ? "node" : "nodes"} with -o wide`);
  const rows = shown.map(({ node, total, scores }) => [
    node === winner ? `${node} *` : node,
    String(total),
    ...differing.map(({ at }) => String(scores[at]!.weighted)),
  ]);
  return {
    title: "SCORES (weighted; * chosen)",
    lines,
    table: {
      header: ["NODE", "TOTAL", ...differing.map((_, index) => mark(index))],
      rows,
      alignment: ["left", "right", ...differing.map(() => "right" as const)],
    },
  };
}

function breakdown(table: ScoreTable, row: NodeScores, isChosen: boolean): ExplainSection {
  const rows = table.plugins.map(({ plugin, weight }, at) => {
    const { raw, normalized, weighted } = row.scores[at]!;
    return [plugin, String(raw), String(normalized), `x${weight}`, String(weighted)];
  });
  rows.push(["total", "", "", "", String(row.total)]);
  return {
    title: `SCORE OF ${row.node}${isChosen ? " (chosen)" : ""}`,
    lines: [],
    table: {
      header: ["PLUGIN", "RAW", "NORMALISED", "WEIGHT", "SCORE"],
      rows,
      alignment: ["left", "right", "right", "right", "right"],
    },
  };
}

function wideScores(table: ScoreTable, winner: string | null): ExplainSection {
  const lines: string[] = [];
  if (table.skipped.length > 0)
    lines.push(`nothing to say about this pod: ${table.skipped.join(", ")}`);
  const rows = table.nodes.map(({ node, total, scores }) => [
    node === winner ? `${node} *` : node,
    String(total),
    ...scores.map(({ raw, normalized, weighted }) => `${raw} / ${normalized} / ${weighted}`),
  ]);
  return {
    title: "SCORES (raw / normalised / weighted; * chosen)",
    lines,
    table: {
      header: [
        "NODE",
        "TOTAL",
        ...table.plugins.map(({ plugin, weight }) => `${plugin} x${weight}`),
      ],
      rows,
      alignment: ["left", "right", ...table.plugins.map(() => "right" as const)],
    },
  };
}

function mostInteresting(
  nodes: readonly NodeScores[],
  winner: string | null,
  top: number,
): readonly NodeScores[] {
  const first = nodes.slice(0, top);
  const chosen = nodes.find((each) => each.node === winner);
  return chosen === undefined || first.includes(chosen) ? first : [...first, chosen];
}

function isConstant(nodes: readonly NodeScores[], at: number): boolean {
  const first = nodes[0]!.scores[at]!;
  return nodes.every(
    ({ scores }) => scores[at]!.raw === first.raw && scores[at]!.weighted === first.weighted,
  );
}

// --- One node ------------------------------------------------------------------------------------

/** Everything about the node that was asked about. */
export function nodeSections(
  asked: ExplainedNode,
  winner: string | null,
  { wide }: ExplainDetail,
): ExplainSection[] {
  const { node, verdict, rank, total, filters, obstacles, againstWinner, changes } = asked;
  const placed = rank === null ? "" : `; total ${total}, rank ${rank}`;
  const lines = [
    `${VERDICT_WORDS[verdict]}${placed}`,
    ...obstacles.map((obstacle) => `in the way: ${obstacleText(obstacle)}`),
  ];
  if (obstacles.length > 0) {
    const doing = changes.map(changeText).join("; ");
    lines.push(
      `would fit with: ${doing === "" ? "nothing that is known" : doing}${checkText(asked)}`,
    );
  }
  const table = {
    header: ["FILTER", "CODE", "REASON"],
    rows: filters.map(({ plugin, code, reasons }) => [plugin, code, reasons.join(", ")]),
  };
  if (!wide) lines.push(...filterLines(filters));
  const sections: ExplainSection[] = [{ title: `NODE ${node}`, lines, ...(wide ? { table } : {}) }];
  if (againstWinner.length > 0 && winner !== node) {
    sections.push({
      title: `AGAINST ${winner}`,
      lines: [],
      table: {
        header: ["PLUGIN", node, String(winner), "DIFFERENCE"],
        rows: againstWinner.map(({ plugin, weighted, winnerWeighted }) => [
          plugin,
          String(weighted),
          String(winnerWeighted),
          String(weighted - winnerWeighted),
        ]),
        alignment: ["left", "right", "right", "right"],
      },
    });
  }
  return sections;
}

function filterLines(filters: ExplainedNode["filters"]): string[] {
  const passed = filters.filter(({ code }) => code === "Success").map(({ plugin }) => plugin);
  const refused = filters.filter(({ code }) => code !== "Success");
  return [
    ...refused.map(
      ({ plugin, code, reasons }) => `refused by ${plugin} (${code}): ${reasons.join(", ")}`,
    ),
    ...(passed.length === 0 ? [] : [`passed ${passed.join(", ")}`]),
  ];
}
