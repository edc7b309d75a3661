// Where two decisions about one pod on one state differ.
//
// Everything counts that the loop, the queue, explanations or the next decision depend on, verdicts of
// single nodes included; the scores of single plugins only where both kept them.

import { compareText } from "../../base/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { Decision } from "../framework/decision.ts";
import type { NodeStatuses } from "../framework/node-statuses.ts";
import { formatCode, type Status } from "../framework/status.ts";

/** One difference, in words. */
export interface DecisionDifference {
  /** What of the decision, such as "totals". */
  readonly field: string;
  readonly left: string;
  readonly right: string;
}

const FIELDS: readonly (readonly [string, (decision: Decision) => unknown])[] = [
  ["outcome", ({ outcome }) => outcome],
  ["error or message", ({ message }) => message],
  ["node", ({ node }) => node],
  ["total of the node", ({ score }) => score],
  ["number of feasible nodes", ({ feasibleCount }) => feasibleCount],
  ["feasible nodes", ({ feasible }) => feasible],
  ["totals", ({ totals }) => totals],
  ["ties", ({ tieCount }) => tieCount],
  ["nodes looked at", ({ evaluatedCount }) => evaluatedCount],
  ["start", ({ start }) => start],
  ["next start", ({ nextStart }) => nextStart],
  ["PreFilter", ({ preFilter }) => statusText(preFilter)],
  ["PreFilter message", ({ preFilterMessage }) => preFilterMessage],
  ["nodes left by PreFilter", ({ narrowedTo }) => narrowedTo && [...narrowedTo].sort(compareText)],
  ["filters skipped", ({ skippedFilters }) => skippedFilters],
  ["scores skipped", ({ skippedScores }) => skippedScores],
  ["rejecting plugins", ({ rejectingPlugins }) => [...rejectingPlugins].sort(compareText)],
  ["via nominated", ({ viaNominated }) => viaNominated],
  ["hint", ({ hint, viaHint }) => [hint, viaHint]],
  ["not simulated", ({ notSimulated }) => notSimulated],
  ["verdicts", ({ statuses }) => verdictTexts(statuses)],
];

/** The first difference, or undefined. Reads every list of both, so it is slow. */
export function findDecisionDifference(
  left: Decision,
  right: Decision,
): DecisionDifference | undefined {
  for (const [field, read] of FIELDS) {
    const a = JSON.stringify(read(left)) ?? "none";
    const b = JSON.stringify(read(right)) ?? "none";
    if (a !== b) return { field, left: a, right: b };
  }
  if (left.scores.length === 0 || right.scores.length === 0) return undefined;
  const a = JSON.stringify(left.scores);
  const b = JSON.stringify(right.scores);
  return a === b ? undefined : { field: "scores", left: a, right: b };
}

function verdictTexts(statuses: NodeStatuses): readonly (readonly [NodeRow | -1, string])[] {
  const texts: (readonly [NodeRow | -1, string])[] = [[-1, statusText(statuses.absent)]];
  for (const [row, status] of statuses.entries()) texts.push([row, statusText(status)]);
  return texts;
}

function statusText({ code, plugin, reasons }: Status): string {
  return `${formatCode(code)} ${plugin} ${reasons.join(" | ")}`;
}
