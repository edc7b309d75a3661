// An explanation for people: the verdict first, then why, then what would change it.
//
// Takes the record, returns text. `table` shows the nodes that matter and counts the rest, `wide`
// shows all of them with every plugin; no cell is ever cut.

import { duration, escapeControls, formatDuration } from "../base/index.ts";
import {
  amountText,
  type AttemptSpan,
  type ExplainedDecision,
  type ExplainedNode,
  type ExplainRecord,
  type NodeScores,
  type Obstacle,
  type ScoreTable,
  type SearchSummary,
  type VerdictGroup,
} from "../metrics/index.ts";
import type { Alignment } from "./text-table.ts";

/** A heading with a table or lines under it; laid out as text or as Markdown. */
export interface ExplainSection {
  readonly title: string;
  readonly lines: readonly string[];
  readonly table?: {
    readonly header: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly alignment?: readonly Alignment[];
  };
}

/** How many nodes a cell or table shows unless all are asked for. */
const NODES_SHOWN = 10;
const SPANS_SHOWN = 8;

/** One line: where the pod went, or that it went nowhere. */
export function explainHeadline(record: ExplainRecord): string {
  const { pod, decision, untried, attempt, source } = record;
  const name = escapeControls(`${pod.namespace}/${pod.name}`);
  if (untried !== null) return `NOT TRIED  ${name}: ${escapeControls(untried.text)}`;
  if (decision === null) return `NOT TRIED  ${name}`;
  const when =
    attempt === null ? "" : `, attempt ${attempt.number} at ${timeText(attempt.decidedUs)}`;
  const verb = source === "snapshot" ? "would go to" : "went to";
  if (attempt !== null && attempt.result !== "scheduled" && decision.node !== null) {
    return `TURNED DOWN  ${name}: chosen for ${escapeControls(decision.node)}, then refused${when}`;
  }
  if (decision.node !== null)
    return `PLACED     ${name} ${verb} ${escapeControls(decision.node)}${when}`;
  return `NOT PLACED ${name}${when}: ${escapeControls(decision.message)}`;
}

/** Everything below the headline, section by section. */
export function explainSections(record: ExplainRecord, wide: boolean): ExplainSection[] {
  const { decision, nearest, askedNode, notSimulated } = record;
  const sections: ExplainSection[] = [{ title: "", lines: factLines(record, wide) }];
  if (decision !== null) {
    if (decision.verdicts.length > 0) sections.push(verdictSection(decision, wide));
    if (decision.scores !== null) sections.push(scoreSection(decision.scores, decision.node, wide));
    sections.push({ title: "CHOICE", lines: choiceLines(decision) });
  }
  if (askedNode !== null) sections.push(...nodeSections(askedNode, decision?.node ?? null));
  if (nearest.length > 0) {
    sections.push({
      title: "WHAT WOULD LET IT FIT, nearest first",
      lines: [],
      table: { header: ["NODE", "IN THE WAY"], rows: nearest.flatMap(obstacleRows) },
    });
  }
  if (notSimulated.length > 0) {
    const lines = notSimulated.map(({ plugin, reason }) => `${plugin}: ${reason}`);
    sections.push({ title: "NOT SIMULATED for this pod", lines });
  }
  return sections;
}

/** What is in the way, with figures where there are any. */
export function obstacleText({ kind, text, lack }: Obstacle): string {
  if (kind !== "resource" || lack === null) return text;
  const { resource, unit, asked, free, allocatable, missing } = lack;
  const amount = (value: number): string => amountText(value, unit);
  if (resource === "pods")
    return `no room for another pod: the node takes ${allocatable}, all taken`;
  if (asked > allocatable)
    return `${resource}: asks ${amount(asked)}, the node has ${amount(allocatable)} in all`;
  return `${resource}: ${amount(missing)} missing (asks ${amount(asked)}, ${amount(free)} free of ${amount(allocatable)})`;
}

// --- Facts ---------------------------------------------------------------------------------------

function factLines(record: ExplainRecord, wide: boolean): string[] {
  const { pod, attempts, decision, scheduler } = record;
  const asks = pod.requests.map(
    ({ resource, unit, amount }) => `${resource} ${amountText(amount, unit)}`,
  );
  const lines = [
    `pod        asks ${asks.length === 0 ? "nothing" : asks.join(", ")}; priority ${pod.priority}; ${pod.phase}${pod.node === null ? "" : ` on ${pod.node}`}`,
    `scheduler  ${scheduler}${pod.schedulerName === "" || pod.schedulerName === scheduler ? "" : `, profile ${pod.schedulerName}`}`,
  ];
  if (decision !== null && decision.outcome !== "no-nodes")
    lines.push(...searchLines(decision.search));
  if (attempts.length > 1 || (attempts[0]?.lastAttempt ?? 1) > 1)
    lines.push(...attemptLines(attempts, wide));
  return lines;
}

function searchLines(search: SearchSummary): string[] {
  const { nodeCount, evaluatedCount, feasibleCount, notLookedAtCount, startNode } = search;
  const from = startNode === null ? "" : `, from ${startNode} (position ${search.start})`;
  const lines = [
    `search     ${evaluatedCount} of ${nodeCount} nodes judged${from}; ${feasibleCount} feasible`,
  ];
  if (search.viaNominated)
    lines.push("           the nominated node was asked first and took the pod");
  else if (notLookedAtCount > 0) {
    lines.push(
      `           ${notLookedAtCount} not looked at: enough at ${search.wantedCount} feasible nodes; ${search.notLookedAtFittingCount} of them would have fitted`,
    );
  }
  if (search.narrowedTo !== null)
    lines.push(`           narrowed beforehand to ${nameList(search.narrowedTo, false)}`);
  return lines;
}

function attemptLines(attempts: readonly AttemptSpan[], wide: boolean): string[] {
  const shown = wide ? attempts : attempts.slice(-SPANS_SHOWN);
  const left = attempts.length - shown.length;
  const lines = shown.map((span) => {
    const { firstAttempt, lastAttempt, firstUs, lastUs, result, node, message } = span;
    const which =
      firstAttempt === lastAttempt ? `${firstAttempt}` : `${firstAttempt}-${lastAttempt}`;
    const when =
      firstUs === lastUs ? timeText(firstUs) : `${timeText(firstUs)} to ${timeText(lastUs)}`;
    return `${which} at ${when}: ${result}${node === null ? "" : ` on ${node}`}${message === "" ? "" : `: ${message}`}`;
  });
  if (left > 0) lines.unshift(`(${left} earlier outcomes; -o wide lists all)`);
  return lines.map((line, index) => `${index === 0 ? "attempts   " : "           "}${line}`);
}

// --- Nodes and scores ----------------------------------------------------------------------------

const VERDICT_WORDS: Readonly<Record<VerdictGroup["verdict"], string>> = {
  feasible: "feasible",
  rejected: "rejected",
  "left-out": "left out",
  "not-looked-at": "not looked at",
};

function verdictSection({ verdicts }: ExplainedDecision, wide: boolean): ExplainSection {
  const rows = verdicts.map(({ verdict, plugin, code, reasons, count, nodes }) => [
    VERDICT_WORDS[verdict],
    String(count),
    plugin,
    verdict === "feasible" || verdict === "not-looked-at" ? "" : code,
    reasons.join(", "),
    nameList(nodes, wide),
  ]);
  return {
    title: "NODES",
    lines: [],
    table: {
      header: ["VERDICT", "COUNT", "PLUGIN", "CODE", "REASON", "NODES"],
      rows,
      alignment: ["left", "right"],
    },
  };
}

function nameList(names: readonly string[], all: boolean): string {
  if (all || names.length <= NODES_SHOWN) return names.join(", ");
  return `${names.slice(0, NODES_SHOWN).join(", ")} and ${names.length - NODES_SHOWN} more (-o wide)`;
}

function scoreSection(table: ScoreTable, winner: string | null, wide: boolean): ExplainSection {
  const shown = wide ? table.nodes : mostInteresting(table.nodes, winner);
  const differing = table.plugins.map((_, at) => wide || !isConstant(table.nodes, at));
  const kept = table.plugins.flatMap((plugin, at) => (differing[at] ? [{ ...plugin, at }] : []));
  const constant = table.plugins.flatMap(({ plugin }, at) =>
    differing[at] ? [] : [`${plugin} ${table.nodes[0]!.scores[at]!.weighted}`],
  );
  const lines: string[] = [];
  if (constant.length > 0) lines.push(`the same for all: ${constant.join(", ")}`);
  if (table.skipped.length > 0)
    lines.push(`nothing to say about this pod: ${table.skipped.join(", ")}`);
  if (shown.length < table.nodes.length)
    lines.push(`${table.nodes.length - shown.length} more nodes with -o wide`);
  const rows = shown.map(({ node, total, scores }) => [
    node === winner ? `${node} *` : node,
    String(total),
    ...kept.map(({ at }) => scoreText(scores[at]!)),
  ]);
  return {
    title: "SCORES (raw / normalised / weighted; * chosen)",
    lines,
    table: {
      header: ["NODE", "TOTAL", ...kept.map(({ plugin, weight }) => `${plugin} x${weight}`)],
      rows,
      alignment: ["left", ...kept.map(() => "right" as const), "right"],
    },
  };
}

function scoreText({ raw, normalized, weighted }: NodeScores["scores"][number]): string {
  return `${raw} / ${normalized} / ${weighted}`;
}

function mostInteresting(
  nodes: readonly NodeScores[],
  winner: string | null,
): readonly NodeScores[] {
  const first = nodes.slice(0, NODES_SHOWN);
  const chosen = nodes.find((each) => each.node === winner);
  return chosen === undefined || first.includes(chosen) ? first : [...first, chosen];
}

function isConstant(nodes: readonly NodeScores[], at: number): boolean {
  const first = nodes[0]!.scores[at]!;
  return nodes.every(
    ({ scores }) => scores[at]!.raw === first.raw && scores[at]!.weighted === first.weighted,
  );
}

function choiceLines({ ties, whyNoScores, node, postFilter }: ExplainedDecision): string[] {
  const lines: string[] = [];
  if (ties !== null) {
    const { nodes, total, winner, why } = ties;
    if (nodes.length > 1)
      lines.push(
        `${nodes.length} nodes share the highest total ${total}: ${nameList(nodes, false)}`,
      );
    lines.push(`${winner}: ${why}`);
  } else if (node !== null) {
    lines.push(`${node}: ${whyNoScores}`);
  } else {
    lines.push(`none: ${whyNoScores}`);
  }
  if (postFilter !== null) {
    const { message, nominatedNode } = postFilter;
    lines.push(
      `preemption: ${nominatedNode === null ? message || "no help" : `nominated ${nominatedNode}`}`,
    );
  }
  return lines;
}

// --- One node ------------------------------------------------------------------------------------

function nodeSections(asked: ExplainedNode, winner: string | null): ExplainSection[] {
  const { node, verdict, rank, total, filters, obstacles, againstWinner } = asked;
  const placed = rank === null ? "" : `; total ${total}, rank ${rank}`;
  const sections: ExplainSection[] = [
    {
      title: `NODE ${node}`,
      lines: [
        `${VERDICT_WORDS[verdict]}${placed}`,
        ...obstacles.map((obstacle) => `in the way: ${obstacleText(obstacle)}`),
      ],
      table: {
        header: ["FILTER", "CODE", "REASON"],
        rows: filters.map(({ plugin, code, reasons }) => [plugin, code, reasons.join(", ")]),
      },
    },
  ];
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

function obstacleRows({ node, obstacles }: ExplainRecord["nearest"][number]): string[][] {
  return obstacles.map((obstacle, index) => [
    index === 0 ? (node === "*" ? "every node" : node) : "",
    obstacleText(obstacle),
  ]);
}

function timeText(us: number): string {
  return formatDuration(duration(us));
}
