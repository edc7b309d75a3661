// Findings as text and as Markdown: one row per figure, one line that sums all goals up.

import { type Bar, type Finding, GOAL_IDS, type GoalId } from "./goal.ts";
import { verdictOf } from "./verdict.ts";

/** Findings in the order of the goals. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return GOAL_IDS.flatMap((id) => findings.filter(({ goal }) => goal === id));
}

/** One line for the terminal. */
export function formatFinding(finding: Finding): string {
  const { goal, part, status } = finding;
  const anchors = anchorText(finding);
  const parts = [
    `${goal.padEnd(3)} ${status.padEnd(12)} ${figureText(finding)}`,
    finding.bar === undefined ? "" : `(${barText(finding.bar)})`,
    part,
    finding.hash === undefined ? "" : `hash ${finding.hash}`,
    anchors === "" ? "" : `[${anchors}]`,
    finding.note === undefined ? "" : `- ${finding.note}`,
  ];
  return parts.filter((text) => text !== "").join("  ");
}

/** The table of a page. */
export function formatMarkdown(findings: readonly Finding[]): string {
  const head = [
    "| goal | workload | figure | bar | | visits, E0 draws per decision | load | hash | |",
    "|---|---|---:|---:|---|---:|---:|---|---|",
  ];
  const rows = inOrder(findings).map((finding) => {
    const { goal, part, status, bar, hash, note = "", load } = finding;
    const verdict = status === "missed" || status === "FAILED" ? `**${status}**` : status;
    const cells = [goal, part, figureText(finding), bar === undefined ? "" : barText(bar), verdict];
    const rest = [anchorText(finding), load.toFixed(0), hash === undefined ? "" : `\`${hash}\``];
    return `| ${[...cells, ...rest, note].join(" | ")} |`;
  });
  return [...head, ...rows].join("\n");
}

/** How many goals are met, and which are not. */
export function summarize(findings: readonly Finding[], wanted: readonly GoalId[]): string {
  const by = (status: Finding["status"]): GoalId[] =>
    wanted.filter((id) => verdictOf(findings.filter(({ goal }) => goal === id)) === status);
  const lists = (["missed", "not measured", "FAILED"] as const).flatMap((status) => {
    const goals = by(status);
    return goals.length === 0 ? [] : [`${status}: ${goals.join(", ")}`];
  });
  return [`${by("met").length} of ${wanted.length} goals met`, ...lists].join("; ");
}

function figureText({ figure, unit }: Finding): string {
  return figure === undefined ? "none" : `${numberText(figure)} ${unit}`;
}

function barText(bar: Bar): string {
  return "atLeast" in bar ? `at least ${bar.atLeast}` : `at most ${bar.atMost}`;
}

function anchorText({ visits, e0Draws }: Finding): string {
  return [
    ...(visits === undefined ? [] : [`${Math.round(visits)} visits`]),
    ...(e0Draws === undefined ? [] : [`${Math.round(e0Draws)} draws`]),
  ].join(", ");
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
