// The answer to a what-if question in the format that -o asks for.
//
// Takes the record, computes nothing of its own. A long list of pods is summed up by workload in the
// table for people; -o wide, csv and json have every pod.

import type { Estimate, WhatifAnswer } from "../analysis/index.ts";
import { escapeControls, writeYaml } from "../base/index.ts";
import type {
  PodOutcome,
  WhatifBudget,
  WhatifPod,
  WhatifWorkload,
  WorkloadFigures,
} from "../metrics/index.ts";
import { formatCompare } from "./compare-formats.ts";
import { csvText } from "./csv-rows.ts";
import { ratioText, spanText } from "./summary-text.ts";
import { type Alignment, formatTextTable } from "./text-table.ts";
import { energyText, moneyText } from "./unit-text.ts";

/** Formats that an answer has. */
export const WHATIF_FORMATS = ["table", "wide", "json", "yaml", "csv", "markdown", "name"] as const;

/** Rows that a table for people has; the heaviest come first then. */
const ROWS_SHOWN_MAX = 40;

/** The answer as text. */
export function formatWhatif(answer: WhatifAnswer, format: string): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(answer, undefined, 2)}\n`;
    case "yaml":
      return writeYaml(answer);
    case "csv":
      return csvOf(answer);
    case "name":
      return answer.pods.map(({ namespace, pod }) => `${namespace}/${pod}\n`).join("");
    case "markdown":
      return textOf(answer, false, markdownTable);
    default:
      return textOf(answer, format === "wide", plainTable);
  }
}

type Table = (
  header: readonly string[],
  rows: readonly (readonly string[])[],
  alignment?: readonly Alignment[],
) => string;

const plainTable: Table = (header, rows, alignment) =>
  `\n${formatTextTable(header, rows, alignment ?? [])}`;

const markdownTable: Table = (header, rows) => {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => escapeControls(cell).replaceAll("|", "\\|")).join(" | ")} |\n`;
  const names = header.map((name) => name.toLowerCase());
  return `\n${[names, names.map(() => "---"), ...rows].map(line).join("")}`;
};

function textOf(answer: WhatifAnswer, isWide: boolean, table: Table): string {
  const head = headLines(answer).map((line) => `${escapeControls(line)}\n`);
  const isMarkdown = table === markdownTable;
  return [
    ...(isMarkdown ? head.map((line) => `${line.trimEnd()}  \n`) : head),
    podTable(answer, isWide || isMarkdown, table),
    workloadTable(answer, isWide, isWide || isMarkdown, table),
    budgetTable(answer, table),
    gateTable(answer, table),
    answer.study === null ? measureTable(answer, isWide, table) : "",
    studyText(answer, isWide, isMarkdown),
  ].join("");
}

const WORDS: readonly (readonly [PodOutcome, string, string])[] = [
  ["moved", "moves", "move"],
  ["recreated", "is made anew where it was", "are made anew where they were"],
  ["waits", "waits", "wait"],
  ["gone", "is gone for good", "are gone for good"],
  ["down", "is down at the end", "are down at the end"],
  ["restarted", "is restarted where it is", "are restarted where they are"],
  ["delayed", "gets its node later", "get their nodes later"],
  ["placed", "finds a node", "find a node"],
  ["spared", "is spared", "are spared"],
  ["new", "is new", "are new"],
  ["not-made", "is not made", "are not made"],
];

/** What happens, in one line. */
function answerLine({ counts, pending }: WhatifAnswer): string {
  const present = WORDS.filter(([outcome]) => counts[outcome] > 0);
  const parts = present.map(([outcome, one, many], at) => {
    const count = counts[outcome];
    const noun = at > 0 ? "" : count === 1 ? "pod " : "pods ";
    return `${count} ${noun}${count === 1 ? one : many}`;
  });
  const waiting =
    pending.baseline === 0 && pending.change === 0
      ? ""
      : `; ${pending.change} without a node at the end (baseline ${pending.baseline})`;
  const what = parts.length === 0 ? "no pod is touched" : parts.join(", ");
  return `${what}${waiting}`;
}

function headLines(answer: WhatifAnswer): string[] {
  const { changes, scenario, seed, end, nodes, budgets, rescheduled, fingerprints } = answer;
  const asked = changes.map(
    ({ text, taken }, at) => `${at === 0 ? "WHATIF  " : "        "} ${text} (${taken})`,
  );
  const place = rescheduled ? ", all pods placed anew under both" : "";
  const until = end.isWhole ? spanText(end.atUs) : `${spanText(end.atUs)}, stopped early`;
  const isSame = fingerprints.baseline === fingerprints.change;
  return [
    ...(asked.length === 0 ? ["WHATIF   nothing is changed"] : asked),
    `ON       ${scenario.name}, seed ${seed}, ${until}${place}`,
    `ANSWER   ${isSame ? "nothing is different" : answerLine(answer)}`,
    ...worstLine(answer),
    ...(budgets.length === 0
      ? []
      : [
          `BLOCKED  ${budgets.length} ${budgets.length === 1 ? "eviction was" : "evictions were"} held up by budgets, the longest ${longestBlock(answer)}`,
        ]),
    ...(nodes.baselineCount === nodes.changeCount && nodes.emptied.length === 0
      ? []
      : [`NODES    ${nodeText(answer)}`]),
  ];
}

function worstLine({ workloads }: WhatifAnswer): string[] {
  const [worst] = workloads
    .filter((one) => one.change !== null && isDifferent(one))
    .sort((a, b) => extraShortUs(b) - extraShortUs(a));
  if (worst === undefined || extraShortUs(worst) <= 0) return [];
  const { shortUs, readyMinCount, desiredCount } = worst.change!;
  const least = readyMinCount === null ? "" : `, ${readyMinCount} at the least`;
  const before = worst.baseline === null ? 0 : worst.baseline.shortUs;
  return [
    `WORST    ${nameOf(worst)} has fewer than ${desiredCount} ready for ${spanText(shortUs)} (baseline ${spanText(before)}${least})`,
  ];
}

function extraShortUs({ baseline, change }: WhatifWorkload): number {
  return (change?.shortUs ?? 0) - (baseline?.shortUs ?? 0);
}

function longestBlock({ budgets }: WhatifAnswer): string {
  const longestUs = budgets.reduce((max, block) => Math.max(max, heldUpUs(block)), 0);
  const open = budgets.filter(({ untilUs }) => untilUs === null).length;
  return `${spanText(longestUs)}${open === 0 ? "" : `; ${open} never came about`}`;
}

function heldUpUs({ fromUs, lastUs, untilUs }: WhatifBudget): number {
  return (untilUs ?? lastUs) - fromUs;
}

function nodeText({ nodes }: WhatifAnswer): string {
  const { baselineCount, changeCount, emptied } = nodes;
  const parts = baselineCount === changeCount ? [] : [`${changeCount} (baseline ${baselineCount})`];
  const names = emptied.slice(0, 8).join(", ");
  const more = emptied.length > 8 ? `, and ${emptied.length - 8} more` : "";
  if (emptied.length > 0)
    parts.push(`${emptied.length} empty at the end and not in the baseline: ${names}${more}`);
  return parts.join("; ");
}

function podTable(answer: WhatifAnswer, isWhole: boolean, table: Table): string {
  const { pods } = answer;
  if (pods.length === 0) return "";
  if (!isWhole && pods.length > ROWS_SHOWN_MAX) return groupTable(pods, table);
  const rows = pods.map((pod) => [
    `${pod.namespace}/${pod.pod}`,
    pod.outcome,
    pod.from === "" ? "-" : pod.from,
    pod.to === "" ? "-" : pod.to,
    pod.leftUs === null ? "" : spanText(pod.leftUs),
    waitText(pod),
    whyText(pod),
  ]);
  const header = ["POD", "OUTCOME", "FROM", "TO", "LEFT AT", "WAITED", "WHY"];
  return table(header, rows, ["left", "left", "left", "left", "right", "right"]);
}

function waitText({ waitedUs, pendingUs }: WhatifPod): string {
  if (pendingUs !== null) return `${spanText(pendingUs)} so far`;
  return waitedUs === null ? "" : spanText(waitedUs);
}

function groupTable(pods: readonly WhatifPod[], table: Table): string {
  const groups = new Map<string, { readonly first: WhatifPod; count: number }>();
  for (const pod of pods) {
    const workload = pod.workload === "" ? "bare pods" : pod.workload;
    const key = [pod.namespace, workload, pod.outcome, pod.cause, pod.because].join("\n");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: pod, count: 1 });
    else group.count++;
  }
  // Sorting is stable: equal groups stay in the order of their places.
  const heaviest = [...groups.values()].sort((a, b) => b.count - a.count);
  const rows = heaviest
    .slice(0, ROWS_SHOWN_MAX)
    .map(({ first, count }) => [
      String(count),
      first.outcome,
      `${first.namespace}/${first.workload === "" ? "bare pods" : first.workload}`,
      whyText(first),
    ]);
  const left = heaviest.slice(ROWS_SHOWN_MAX).reduce((sum, { count }) => sum + count, 0);
  const more = left === 0 ? "" : `, ${left} of them in none of these rows`;
  const hint = `\n${pods.length} pods differ${more}; -o wide lists them\n`;
  return `${table(["PODS", "OUTCOME", "WORKLOAD", "WHY"], rows, ["right"])}${hint}`;
}

function whyText({ cause, because, message, outcome, endedCount }: WhatifPod): string {
  const parts = [
    ...(cause === "" ? [] : [cause]),
    ...(because === "" ? [] : [`by '${because}'`]),
    ...(endedCount > 1 || outcome === "restarted"
      ? [endedCount === 1 ? "once" : `${endedCount} times`]
      : []),
  ];
  const isSaid = outcome === "waits" || outcome === "delayed" || cause === "preempted";
  if (!isSaid || message === "") return parts.join(" ");
  return `${parts.join(" ")}${parts.length === 0 ? "" : ": "}${message}`;
}

function workloadTable(
  answer: WhatifAnswer,
  isWide: boolean,
  isWhole: boolean,
  table: Table,
): string {
  const touched = answer.workloads.filter((one) => isWide || isDifferent(one));
  const isCut = !isWhole && touched.length > ROWS_SHOWN_MAX;
  if (isCut) touched.sort((a, b) => extraShortUs(b) - extraShortUs(a));
  const rows = touched.slice(0, isCut ? ROWS_SHOWN_MAX : touched.length).map((one) => {
    const { baseline, change } = one;
    const both = (of: (figures: WorkloadFigures) => string): string =>
      [baseline, change].map((figures) => (figures === null ? "-" : of(figures))).join(" -> ");
    return [
      nameOf(one),
      both(({ desiredCount }) => String(desiredCount)),
      both(({ readyAtEndCount }) => String(readyAtEndCount)),
      both(({ readyMinCount }) => (readyMinCount === null ? "never" : String(readyMinCount))),
      both(({ shortUs }) => spanText(shortUs)),
      both(({ longestShortUs }) => spanText(longestShortUs ?? 0)),
    ];
  });
  if (rows.length === 0) return "";
  const header = ["WORKLOAD", "DESIRED", "READY AT END", "READY AT LEAST", "SHORT FOR", "LONGEST"];
  const hint = isCut ? `\n${touched.length} workloads differ; -o wide lists them\n` : "";
  const text = table(header, rows, ["left", "right", "right", "right", "right", "right"]);
  return `${text}${hint}`;
}

/** Rollouts of two runs never take the same microsecond: from a second on it is a difference. */
const SHORT_US_MIN = 1_000_000;

function isDifferent(one: WhatifWorkload): boolean {
  const { baseline, change } = one;
  if (baseline === null || change === null) return baseline !== change;
  return (
    Math.abs(extraShortUs(one)) >= SHORT_US_MIN ||
    baseline.desiredCount !== change.desiredCount ||
    baseline.readyAtEndCount !== change.readyAtEndCount ||
    baseline.readyMinCount !== change.readyMinCount
  );
}

function nameOf({ kind, namespace, name }: WhatifWorkload): string {
  return `${namespace}/${kind}/${name}`;
}

function budgetTable({ budgets }: WhatifAnswer, table: Table): string {
  if (budgets.length === 0) return "";
  const rows = budgets.map((block) => [
    `${block.namespace}/${block.budget}`,
    block.node,
    block.pod,
    spanText(block.fromUs),
    `${spanText(heldUpUs(block))}${block.untilUs === null ? ", never evicted" : ""}`,
    String(block.refusalsCount),
    block.message,
  ]);
  const header = ["BUDGET", "NODE", "POD", "FROM", "HELD UP FOR", "REFUSALS", "ANSWER"];
  return table(header, rows, ["left", "left", "left", "right", "right", "right"]);
}

function gateTable({ thresholds }: WhatifAnswer, table: Table): string {
  if (thresholds.length === 0) return "";
  const rows = thresholds.map(({ expression, unit, baseline, change, passed }) => [
    ...[passed ? "ok" : "FAILED", expression],
    ...[amount(baseline, unit), amount(change, unit)],
  ]);
  return table(["GATE", "", "BASELINE", "CHANGE"], rows, ["left", "left", "right", "right"]);
}

function measureTable({ measures }: WhatifAnswer, isWide: boolean, table: Table): string {
  const rows = measures
    .map(({ measure, unit, baseline, change }) => [
      measure,
      amount(baseline, unit),
      amount(change, unit),
    ])
    .filter(([, baseline, change]) => isWide || baseline !== change);
  if (rows.length === 0) return "";
  return table(["MEASURE", "BASELINE", "CHANGE"], rows, ["left", "right", "right"]);
}

function amount(value: number | null, unit: string): string {
  if (value === null) return "n/a";
  if (unit === "us") return spanText(Math.round(value));
  if (unit === "ratio") return ratioText(value);
  if (unit === "money") return moneyText(value);
  if (unit === "energy") return energyText(value);
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function studyText({ study }: WhatifAnswer, isWide: boolean, isMarkdown: boolean): string {
  if (study === null) return "";
  const rows = study.outcomes
    .filter(({ estimate }) => isWide || estimate.kind === "absent" || estimate.value !== 0)
    .map(({ outcome, estimate }) => [outcome, estimateText(estimate)]);
  const table = isMarkdown ? markdownTable : plainTable;
  const over = `\npods by outcome over ${study.replicationsCount} replications, the list above is of the first\n`;
  const outcomes = rows.length === 0 ? "" : `${over}${table(["OUTCOME", "PODS"], rows, ["left"])}`;
  const format = isMarkdown ? "markdown" : isWide ? "wide" : "table";
  return `${outcomes}\n${formatCompare(study.comparison, format)}`;
}

function estimateText(estimate: Estimate): string {
  if (estimate.kind === "absent") return "n/a";
  const value = estimate.value.toFixed(2);
  if (estimate.kind !== "interval") return value;
  const { low, high } = estimate;
  return `${value} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

const CSV_COLUMNS = [
  ...["namespace", "pod", "workload", "outcome", "from", "to", "successor", "cause", "because"],
  ...["leftUs", "endedCount", "waitedUs", "pendingUs", "message"],
] as const;

function csvOf({ pods }: WhatifAnswer): string {
  const rows = pods.map((pod) => CSV_COLUMNS.map((column) => pod[column as keyof WhatifPod]));
  return `${CSV_COLUMNS.join(",")}\n${csvText(rows)}`;
}
