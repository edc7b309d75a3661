// An explanation for people: the verdict first, then why, then what would change it.
//
// Takes the record, returns text. `table` shows the nodes that matter within 80 columns and counts the
// rest, `wide` shows all of them with every plugin; no name and no word is ever cut.

import { duration, escapeControls, formatDuration } from "../base/index.ts";
import {
  amountText,
  type AttemptSpan,
  type ExplainedQueue,
  type ExplainRecord,
  type SearchSummary,
} from "../metrics/index.ts";
import {
  choiceLines,
  nearestSection,
  preemptionLines,
  suggestionLines,
} from "./explain-changes.ts";
import { nodeSections, scoreSections, verdictSection } from "./explain-nodes.ts";
import { type ExplainDetail, type ExplainSection, nameList } from "./explain-section.ts";

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
export function explainSections(record: ExplainRecord, detail: ExplainDetail): ExplainSection[] {
  const { decision, nearest, suggestions, askedNode, notSimulated } = record;
  const sections: ExplainSection[] = [{ title: "", lines: factLines(record, detail) }];
  const add = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) sections.push({ title, lines });
  };
  if (decision !== null) {
    if (decision.verdicts.length > 0) sections.push(verdictSection(decision, detail));
    sections.push(...scoreSections(decision, askedNode, detail));
    add("CHOICE", choiceLines(decision, detail));
    add("PREEMPTION", preemptionLines(decision.postFilter, detail));
  }
  if (askedNode !== null) sections.push(...nodeSections(askedNode, decision?.node ?? null, detail));
  add("WHAT WOULD LET IT FIT: changes of the pod, tried out", suggestionLines(suggestions, detail));
  if (nearest.length > 0) sections.push(nearestSection(nearest));
  add(
    "NOT SIMULATED for this pod",
    notSimulated.map(({ plugin, reason }) => `${plugin}: ${reason}`),
  );
  return sections;
}

// --- Facts ---------------------------------------------------------------------------------------

function factLines(record: ExplainRecord, { wide, top }: ExplainDetail): string[] {
  const { pod, attempts, decision, scheduler, queue } = record;
  const asks = pod.requests.map(
    ({ resource, unit, amount }) => `${resource} ${amountText(amount, unit)}`,
  );
  const lines = [
    `pod        asks ${asks.length === 0 ? "nothing" : asks.join(", ")}; priority ${pod.priority}; ${phaseText(pod)}${pod.node === null ? "" : ` on ${pod.node}`}`,
    `scheduler  ${scheduler}${pod.schedulerName === "" || pod.schedulerName === scheduler ? "" : `, profile ${pod.schedulerName}`}`,
  ];
  if (decision !== null && decision.outcome !== "no-nodes")
    lines.push(...searchLines(decision.search, top));
  if (queue !== null) lines.push(...queueLines(queue, wide));
  if (attempts.length > 1 || (attempts[0]?.lastAttempt ?? 1) > 1)
    lines.push(...attemptLines(attempts, wide));
  return lines;
}

// What kubectl would print, where it says more than the phase.
function phaseText({ phase, shown }: ExplainRecord["pod"]): string {
  return shown.status === phase ? phase : `${phase} (${shown.status}, ${shown.ready} ready)`;
}

function searchLines(search: SearchSummary, top: number): string[] {
  const { nodeCount, evaluatedCount, feasibleCount, notLookedAtCount, startNode } = search;
  const from = startNode === null ? "" : `, from ${startNode} (position ${search.start})`;
  const lines = [
    `search     ${evaluatedCount} of ${nodeCount} nodes judged${from}; ${feasibleCount} feasible`,
  ];
  if (search.viaHint)
    lines.push(
      `           ${search.hintedNode} stood next in an equal pod's ranking, was asked first and took the pod`,
    );
  else if (search.viaNominated)
    lines.push("           the nominated node was asked first and took the pod");
  else if (notLookedAtCount > 0) {
    lines.push(
      `           ${notLookedAtCount} not looked at: enough at ${search.wantedCount} feasible nodes; ${search.notLookedAtFittingCount} of them would have fitted`,
    );
  }
  if (search.narrowedTo !== null)
    lines.push(`           narrowed beforehand to ${nameList(search.narrowedTo, top)}`);
  if (search.hintedNode !== null && !search.viaHint)
    lines.push(
      `           ${search.hintedNode}, proposed by an equal pod's ranking, did not take it`,
    );
  return lines;
}

function queueLines(queue: ExplainedQueue, wide: boolean): string[] {
  const { wokenBy, backoffUntilUs, rejectedCount, errorCount, rejectedBy, moves } = queue;
  const parts = [wokenBy === "" ? "waiting from the start" : `woken by ${wokenBy}`];
  const woken = moves.at(-1);
  if (woken !== undefined && wokenBy !== "") parts[0] += ` at ${timeText(woken.atUs)}`;
  if (rejectedCount > 0)
    parts.push(`${rejectedCount} ${rejectedCount === 1 ? "rejection" : "rejections"} before`);
  if (errorCount > 0)
    parts.push(`${errorCount} ${errorCount === 1 ? "error" : "errors"} in a row before`);
  if (rejectedBy.length > 0) parts.push(`events judged by ${rejectedBy.join(", ")}`);
  if (backoffUntilUs !== null) parts.push(`back-off until ${timeText(backoffUntilUs)}`);
  const lines = [`queue      ${parts.join("; ")}`];
  if (!wide) return lines;
  const steps = moves.map(
    ({ atUs, place, event }) => `           ${timeText(atUs)}: ${place} (${event})`,
  );
  return [...lines, ...steps];
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

function timeText(us: number): string {
  return formatDuration(duration(us));
}
