// What an explanation says beyond the verdict: who won and why, who would be evicted, what would help.
//
// Every change that is named was tried out when the record was made; where none is known, that is said.

import {
  amountText,
  type ExplainedChange,
  type ExplainedDecision,
  type ExplainedPostFilter,
  type NodeObstacles,
  type Obstacle,
  type PodSuggestion,
  type PreemptionOption,
} from "../metrics/index.ts";
import { type ExplainDetail, type ExplainSection, nameList } from "./explain-section.ts";

/** Who won and by which rule, or why nobody did. */
export function choiceLines(
  { ties, whyNoScores, node }: ExplainedDecision,
  { top }: ExplainDetail,
): string[] {
  if (ties === null) return [`${node ?? "none"}: ${whyNoScores}`];
  const { nodes, total, count, winner, why } = ties;
  const lines = [`${winner}: ${why}`];
  if (count > 1)
    lines.unshift(
      `${count} nodes share the highest total ${total}: ${nameList(nodes, top, count)}`,
    );
  return lines;
}

// --- Preemption ----------------------------------------------------------------------------------

/** What the search for victims came to; nothing where none was made. */
export function preemptionLines(
  postFilter: ExplainedPostFilter | null,
  { wide, top }: ExplainDetail,
): string[] {
  if (postFilter === null) return [];
  const { message, nominatedNode, preemption } = postFilter;
  if (preemption === null) return [message === "" ? "no help" : message];
  const { candidates, rejected, hopelessCount, notTriedCount, why } = preemption;
  const lines: string[] = [];
  if (nominatedNode !== null) lines.push(`nominated ${nominatedNode}: ${why}`);
  else lines.push("evictions would help nowhere");
  const shown = wide ? candidates : candidates.slice(0, top);
  for (const option of shown) lines.push(optionText(option, option.node === nominatedNode));
  if (shown.length < candidates.length)
    lines.push(`${candidates.length - shown.length} more candidates with -o wide`);
  for (const { reasons, count, nodes } of rejected)
    lines.push(
      `${count} tried in vain, ${reasons.join(", ")}: ${nameList(nodes, wide ? count : top)}`,
    );
  if (notTriedCount > 0) lines.push(`${notTriedCount} not tried: candidates enough`);
  if (hopelessCount > 0) lines.push(`${hopelessCount} where evictions cannot help`);
  return lines;
}

function optionText(
  { node, victims, budgetViolations }: PreemptionOption,
  isChosen: boolean,
): string {
  const names = victims.map(({ pod, priority }) => `${pod} (${priority})`).join(", ");
  const budgets = budgetViolations === 0 ? "" : `; ${budgetViolations} against a disruption budget`;
  return `${isChosen ? "*" : "-"} ${node}: evict ${names}${budgets}`;
}

// --- Changes -------------------------------------------------------------------------------------

/** Changes of the pod and where it would fit then. */
export function suggestionLines(
  suggestions: readonly PodSuggestion[],
  { wide, top }: ExplainDetail,
): string[] {
  return suggestions.map(({ changes, nodeCount, nodes }) => {
    const where =
      nodeCount === 1
        ? nodes[0]!
        : `${nodeCount} nodes: ${nameList(nodes, wide ? nodeCount : top, nodeCount)}`;
    return `- ${changes.map(({ text }) => text).join("; and ")}: fits on ${where}`;
  });
}

/** The nearest nodes with what is in the way and what would remove it; equal ones together. */
export function nearestSection(nearest: readonly NodeObstacles[]): ExplainSection {
  const names = new Map<string, string[]>();
  const bodies = new Map<string, readonly string[]>();
  for (const each of nearest) {
    const { node, obstacles, changes } = each;
    const doing = changes.map((change) =>
      change.node === node ? change.text : changeText(change),
    );
    const help = doing.length === 0 ? "nothing around it is known to help" : doing.join("; and ");
    const body = [
      `${help}${checkText(each)}`,
      ...obstacles.map((obstacle) => `  (${obstacleText(obstacle)})`),
    ];
    const key = body.join("\n");
    bodies.set(key, body);
    names.set(key, [...(names.get(key) ?? []), node === "*" ? "every node" : node]);
  }
  const lines = [...bodies].flatMap(([key, [first = "", ...rest]]) => [
    `- ${names.get(key)!.join(", ")}: ${first}`,
    ...rest,
  ]);
  return { title: "WHAT WOULD LET IT FIT: changes around it, nearest first, tried out", lines };
}

/** A change with the node it is made on. */
export function changeText({ text, node, target }: ExplainedChange): string {
  return target === "node" && node !== null ? `${node}: ${text}` : text;
}

/** What trying the changes came to, where they were not enough. */
export function checkText({ check, refusal }: Pick<NodeObstacles, "check" | "refusal">): string {
  return check === "fits" ? "" : ` (still in the way: ${refusal})`;
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
