// A comparison in the format that -o asks for: verdicts with intervals, never a bare list of means.
//
// Takes the record, computes nothing of its own. What must be known to trust the verdicts (study, what
// varied, margin, correction, what was censored, unstable or skewed) is part of every text form.

import type { AlternativeSummary, CompareRecord, Estimate, Margin } from "../analysis/index.ts";
import { escapeControls, writeYaml } from "../base/index.ts";
import type { MeasureUnit } from "../metrics/index.ts";
import { amountText } from "./amount-text.ts";
import { antitheticText, bootstrapText, pilotText, waitingText } from "./beside-text.ts";
import { csvText } from "./csv-rows.ts";
import { spanText } from "./summary-text.ts";
import { formatTextTable } from "./text-table.ts";
import { formatWarmUp, longRunLine } from "./warm-up-text.ts";

type Answer = CompareRecord["comparisons"][number];

/** Formats that a comparison has. */
export const COMPARE_FORMATS = [
  "table",
  "wide",
  "json",
  "yaml",
  "csv",
  "markdown",
  "name",
] as const;

/** The record as text. */
export function formatCompare(record: CompareRecord, format: string): string {
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
      return `compare/${record.scenario.name}\n`;
    default:
      return tableOf(record, format === "wide");
  }
}

function tableOf(record: CompareRecord, isWide: boolean): string {
  const unitOf = unitsOf(record);
  const baseline = record.alternatives.findIndex(({ name }) => name === record.baseline);
  const quiet = quietMeasures(record);
  const shown = record.comparisons.filter(({ measure }) => isWide || !quiet.has(measure));
  const rows = shown.map((answer) => {
    const unit = unitOf(answer.measure);
    const measure = record.measures.find((one) => one.measure === answer.measure)!;
    const at = record.alternatives.findIndex(({ name }) => name === answer.alternative);
    const cells = [
      answer.measure,
      answer.alternative,
      estimateText(measure.estimates[baseline]!, unit),
      estimateText(measure.estimates[at]!, unit),
      differenceText(answer, unit),
      verdictText(answer, countedIn(record)),
    ];
    return isWide ? [...cells, ...detailCells(answer, measure.ranks?.[at])] : cells;
  });
  const header = ["MEASURE", "ALTERNATIVE", "BASELINE", "MEAN", "DIFFERENCE", "VERDICT"];
  const more = ["P (HOLM)", "CORRELATION", "VARIANCE / PAIRS", "LOWER / HIGHER", "PLACES"];
  const table = formatTextTable(isWide ? [...header, ...more] : header, rows, [
    "left",
    "left",
    "right",
    "right",
    "right",
  ]);
  const hidden = isWide ? "" : quietLines(quiet);
  return `${headLines(record)}\n${table}${hidden}${steadyLines(record)}${cautionLines(record)}${originLines(record)}`;
}

/** How the warm-up was found, and what the batches of single runs say. */
function steadyLines({ warmUp, longRuns = [], measures }: CompareRecord): string {
  const unitOf = (name: string): MeasureUnit =>
    measures.find(({ measure }) => measure === name)?.unit ?? "us";
  const shown = longRuns.filter(({ measure }) => measures.some((one) => one.measure === measure));
  const lines = shown.map(
    (one) => `${one.alternative}, ${longRunLine(one, unitOf(one.measure))}\n`,
  );
  return [...(warmUp === undefined ? [] : [formatWarmUp(warmUp)]), lines.join("")]
    .filter((text) => text !== "")
    .map((text) => `\n${text.split("\n").map(escapeControls).join("\n")}`)
    .join("");
}

type Quiet = "identical in every pair" | "no values";

/** Measures with nothing to show in any row, which the table names in one line. */
function quietMeasures(record: CompareRecord): Map<string, Quiet> {
  const quiet = new Map<string, Quiet>();
  for (const { measure } of record.measures) {
    const rows = record.comparisons.filter((one) => one.measure === measure);
    if (rows.every(({ comparison }) => isIdentical(comparison)))
      quiet.set(measure, "identical in every pair");
    else if (rows.every(({ comparison }) => isNowhere(comparison))) quiet.set(measure, "no values");
  }
  return quiet;
}

function isIdentical(comparison: Answer["comparison"]): boolean {
  return comparison.kind === "paired"
    ? comparison.equalRatio === 1
    : comparison.reason === "nothing-varies" && comparison.difference === 0;
}

function isNowhere(comparison: Answer["comparison"]): boolean {
  return (
    comparison.kind === "incomparable" &&
    comparison.reason === "missing-values" &&
    comparison.affectedCount === comparison.count
  );
}

function quietLines(quiet: ReadonlyMap<string, Quiet>): string {
  const line = (why: Quiet): string => {
    const names = [...quiet].flatMap(([measure, reason]) => (reason === why ? [measure] : []));
    return names.length === 0 ? "" : `${why}: ${names.join(", ")}\n`;
  };
  const text = `${line("identical in every pair")}${line("no values")}`;
  return text === "" ? "" : `\n${text}`;
}

function headLines(record: CompareRecord): string {
  const { alternatives, baseline, replicationsCount, varied, study } = record;
  const others = alternatives.filter(({ name }) => name !== baseline).map(({ name }) => name);
  const runs =
    study === "fixed"
      ? "nothing varies between replications: one run of each, no intervals"
      : `${replicationsCount} replications${record.antithetic === undefined ? "" : ` in ${Math.floor(replicationsCount / 2)} antithetic pairs`}, varied: ${varied.join(", ")}; ${study} study${record.horizonUs === null ? "" : ` of ${spanText(record.horizonUs)}`}${study === "steady-state" ? ` after ${spanText(record.warmUpUs)} of warm-up` : ""}`;
  const method = `paired by replication; ${percentText(record.confidence)} intervals, margin ${marginText(record.margin)}, Holm over ${record.testsCount} tests`;
  const lines = [
    `COMPARE  ${others.join(", ")} against ${baseline} on ${record.scenario.name}, seed ${record.seed}`,
    `         ${runs}`,
    ...(study === "fixed" ? [] : [`         ${method}`]),
    ...designLines(record).map((line) => `         ${line}`),
  ];
  return lines.map((line) => `${escapeControls(line)}\n`).join("");
}

/** How many replications were run and why, and who was chosen; nothing for a fixed number. */
function designLines({
  stopping,
  selection,
  replicationsCount,
  measures,
}: CompareRecord): string[] {
  const lines: string[] = [];
  if (stopping !== undefined) {
    const { kind, precisionRatio, countMax, reachedAtCount } = stopping;
    const aim = `half-widths of ${stopping.measures.join(", ")} within ${percentText(precisionRatio)} of the baseline`;
    lines.push(
      kind === "reached"
        ? `${aim}: from ${reachedAtCount} replications on, held up to ${replicationsCount}`
        : kind === "capped"
          ? `${aim}: NOT reached with ${countMax} replications`
          : `${aim}: cannot be judged, a value is missing in the first ${replicationsCount} replications`,
    );
  }
  if (selection !== undefined) {
    const { kind, best, measure, direction, indifference, eliminated, countMax } = selection;
    const unit = measures.find((one) => one.measure === measure)?.unit ?? "count";
    const what = `best on ${measure} (${direction}; differences below ${amountText(indifference, unit)} do not matter, ${percentText(selection.confidence)}, Kim and Nelson)`;
    lines.push(
      kind === "selected"
        ? `${what}: ${best} after ${replicationsCount} replications`
        : kind === "undecided"
          ? `${what}: NOT decided with ${countMax} replications`
          : `${what}: cannot be judged, a value is missing`,
    );
    for (const { alternative, atCount, by } of eliminated)
      lines.push(`left after ${atCount}: ${alternative}, behind ${by}`);
  }
  return lines;
}

/** What makes the comparison again, and what it was made with. */
function originLines({ command, versions, alternatives }: CompareRecord): string {
  const digests = alternatives.map(({ name, digest }) => `${name} ${digest.slice(0, 16)}`);
  const lines = [
    `made with podsim ${versions.podsim} for Kubernetes ${versions.kubernetes}; digests: ${digests.join(", ")}`,
    ...(command === "" ? [] : [`again: ${command}`]),
  ];
  return `\n${lines.map((line) => `${escapeControls(line)}\n`).join("")}`;
}

/** Differences with what a control explains taken out, and what that did to their intervals. */
function controlLines(record: CompareRecord): string[] {
  if (record.controlled === undefined) return [];
  const { control, mean, answers } = record.controlled;
  const unitOf = unitsOf(record);
  return answers.flatMap(({ measure, alternative, estimate }) => {
    const plain = record.comparisons.find(
      (one) => one.measure === measure && one.alternative === alternative,
    )?.comparison;
    if (estimate.kind !== "interval" || plain?.kind !== "paired" || plain.interval === null)
      return [];
    const unit = unitOf(measure);
    const { value, low, high } = estimate;
    const kept = (high - low) / (plain.interval.high - plain.interval.low);
    return `${measure} of ${alternative}, corrected for ${control} (${mean.toFixed(1)} expected): ${signed(value, unit)} [${signed(low, unit)}, ${signed(high, unit)}], ${percentText(kept)} as wide`;
  });
}

/** Measures that ties alone move further than their interval is wide. */
function tieLines(record: CompareRecord): string[] {
  if (record.tieAudits === undefined) return [];
  const sensitive = record.tieAudits.filter(({ kind }) => kind === "sensitive");
  if (sensitive.length === 0)
    return ["ties drawn at random move no measure by more than its half-width"];
  const unitOf = unitsOf(record);
  return sensitive.flatMap((audit) => {
    if (audit.kind !== "sensitive") return [];
    const { measure, alternative, movement, halfWidth } = audit;
    const unit = unitOf(measure);
    return `WARNING: ties alone move ${measure} of ${alternative} by ${amountText(movement, unit)}, more than its half-width of ${amountText(halfWidth, unit)}: the result depends on how ties are broken`;
  });
}

/** What takes away from the verdicts, one line each. */
function cautionLines(record: CompareRecord): string {
  const lines = record.alternatives.flatMap((alternative) => [
    ...censoredLine(alternative),
    ...waitingText(alternative.waiting).map((text) => `${alternative.name}: ${text}`),
    ...(alternative.unstableRunsCount > 0
      ? [
          `${alternative.name}: work piles up in ${alternative.unstableRunsCount} of ${record.replicationsCount} runs: there is no long-run mean`,
        ]
      : []),
    ...(alternative.tiedRatio !== null && alternative.tiedRatio > 0
      ? [`${alternative.name}: ${percentText(alternative.tiedRatio)} of attempts were ties`]
      : []),
  ]);
  for (const { measure, alternative, comparison } of record.comparisons) {
    if (comparison.kind !== "paired" || comparison.ranks === null) continue;
    const { skewness, ranks } = comparison;
    const unit = unitsOf(record)(measure);
    const shift = signed(ranks.shift, unit);
    const bounds =
      ranks.interval === null
        ? ""
        : ` [${signed(ranks.interval.low, unit)}, ${signed(ranks.interval.high, unit)}]`;
    lines.push(
      `${measure} of ${alternative}: differences are skewed (${skewness!.toFixed(1)}); signed ranks say p = ${chanceText(ranks.pValue)}, shift ${shift}${bounds}`,
    );
  }
  lines.push(
    ...pilotText(record.antitheticPilot),
    ...antitheticLines(record),
    ...bootstrapLines(record),
    ...tieLines(record),
    ...controlLines(record),
  );
  return lines.length === 0 ? "" : `\n${lines.map((line) => `${escapeControls(line)}\n`).join("")}`;
}

/** What antithetic pairs did to the difference of each alternative. */
function antitheticLines({ alternatives, antithetic = [] }: CompareRecord): string[] {
  return alternatives.flatMap(({ name }) =>
    antitheticText(antithetic.filter(({ alternative }) => alternative === name)).map(
      (text) => `${name}: ${text}`,
    ),
  );
}

/** Second intervals of what is skewed, or whose first interval holds what cannot be. */
function bootstrapLines(record: CompareRecord): string[] {
  return (record.bootstraps ?? []).flatMap((beside) => {
    const { measure, alternative } = beside;
    const at = record.alternatives.findIndex(({ name }) => name === alternative);
    const found = record.measures.find((one) => one.measure === measure)!;
    return bootstrapText(found.estimates[at]!, beside, found.unit).map(
      (text) => `${measure} of ${alternative}: ${text}`,
    );
  });
}

function censoredLine({
  name,
  censoredRatio,
  podsPendingAtEndCount,
}: AlternativeSummary): string[] {
  if (censoredRatio === null || podsPendingAtEndCount === 0) return [];
  const share = percentText(censoredRatio);
  return [
    `${name}: ${podsPendingAtEndCount} pods (${share}) still waited at the end and are in no waiting time`,
  ];
}

function detailCells(
  answer: Answer,
  rank: { readonly best: number; readonly worst: number } | undefined,
): string[] {
  const places =
    rank === undefined
      ? ""
      : rank.best === rank.worst
        ? `${rank.best}`
        : `${rank.best}-${rank.worst}`;
  if (answer.verdict === null) return ["", "", "", "", places];
  const { gain, lowerRatio, higherRatio } = answer.comparison;
  const factor = gain.varianceReductionFactor;
  return [
    chanceText(answer.adjustedPValue),
    gain.correlation === null ? "n/a" : gain.correlation.toFixed(3),
    factor === null ? "n/a" : factor.toPrecision(3),
    `${percentText(lowerRatio)} / ${percentText(higherRatio)}`,
    places,
  ];
}

function markdownOf(record: CompareRecord): string {
  const unitOf = unitsOf(record);
  const others = record.alternatives.filter(({ name }) => name !== record.baseline);
  const header = ["measure", ...others.map(({ name }) => `${name} - ${record.baseline}`)];
  const rows = record.measures.map(({ measure }) => [
    measure,
    ...others.map(({ name }) => {
      const answer = record.comparisons.find(
        (one) => one.measure === measure && one.alternative === name,
      )!;
      return `${differenceText(answer, unitOf(measure))} ${verdictText(answer, countedIn(record))}`;
    }),
  ]);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  const table = [header, header.map(() => "---"), ...rows].map(line).join("");
  const varied =
    record.varied.length === 0 ? "nothing varied" : `varied: ${record.varied.join(", ")}`;
  const closing = `${varied}; n=${record.replicationsCount}; Holm over ${record.testsCount}; margin ${marginText(record.margin)}; seed ${record.seed}`;
  const design = designLines(record).map((line) => `\n${line}\n`);
  return `${table}\n${closing}\n${design.join("")}${cautionLines(record)}${originLines(record)}`;
}

const CSV_HEADER = [
  ...["measure", "unit", "alternative", "baseline", "count", "baselineMean", "alternativeMean"],
  ...["difference", "low", "high", "pValue", "adjustedPValue", "adjustedEquivalencePValue"],
  ...["margin", "correlation", "varianceReductionFactor", "skewness", "rankPValue", "verdict"],
  ...["countNeeded"],
];

function csvOf(record: CompareRecord): string {
  const unitOf = unitsOf(record);
  const rows = record.comparisons.map((answer) => {
    const { measure, alternative, comparison } = answer;
    const head = [measure, unitOf(measure), alternative, record.baseline, comparison.count];
    if (answer.verdict === null) {
      const blank = new Array<null>(10).fill(null);
      const reason = answer.comparison.reason;
      return [...head, null, null, comparison.difference, ...blank, `none: ${reason}`, null];
    }
    const { comparison: paired, verdict } = answer;
    return [
      ...head,
      paired.baselineMean,
      paired.alternativeMean,
      paired.difference,
      paired.interval?.low ?? null,
      paired.interval?.high ?? null,
      paired.pValue,
      answer.adjustedPValue,
      answer.adjustedEquivalencePValue,
      paired.margin,
      paired.gain.correlation,
      paired.gain.varianceReductionFactor,
      paired.skewness,
      paired.ranks?.pValue ?? null,
      verdict.kind,
      verdict.kind === "inconclusive" ? verdict.countNeeded : null,
    ];
  });
  return `${CSV_HEADER.join(",")}\n${csvText(rows)}`;
}

function unitsOf(record: CompareRecord): (measure: string) => MeasureUnit {
  const units = new Map(record.measures.map(({ measure, unit }) => [measure, unit]));
  return (measure) => units.get(measure)!;
}

function estimateText(estimate: Estimate, unit: MeasureUnit): string {
  return estimate.kind === "absent" ? "n/a" : amountText(estimate.value, unit);
}

function differenceText(answer: Answer, unit: MeasureUnit): string {
  const { comparison } = answer;
  if (comparison.difference === null) return "n/a";
  const difference = signed(comparison.difference, unit);
  if (comparison.kind !== "paired" || comparison.interval === null) return difference;
  const { low, high } = comparison.interval;
  return `${difference} [${signed(low, unit)}, ${signed(high, unit)}]`;
}

/** What a comparison's numbers are counted in. */
function countedIn({ antithetic }: CompareRecord): string {
  return antithetic === undefined ? "replications" : "pairs";
}

function verdictText(answer: Answer, counted: string): string {
  const { verdict, comparison } = answer;
  if (verdict === null) {
    const { reason, count, affectedCount } = comparison as Extract<
      Answer,
      { verdict: null }
    >["comparison"];
    switch (reason) {
      case "few":
        return `no verdict: ${count} ${counted}, 5 are needed`;
      case "no-values":
        return "no verdict: no replications";
      case "missing-values":
        return `no verdict: missing in ${affectedCount} of ${count} pairs`;
      case "insufficient-observations":
        return "no verdict: too few pods for this percentile";
      case "nothing-varies":
        return "no verdict: nothing varies";
      case "unstable":
        return "no verdict: work piles up";
    }
  }
  if (verdict.kind !== "inconclusive") return verdict.kind;
  return verdict.countNeeded === null
    ? "inconclusive"
    : `inconclusive (about ${verdict.countNeeded} ${counted} needed)`;
}

function signed(value: number, unit: MeasureUnit): string {
  const text = amountText(value, unit).replace(" %", " pp");
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

function marginText(margin: Margin): string {
  return margin.kind === "relative"
    ? `${percentText(margin.ratio)} of the baseline`
    : `${margin.amount}`;
}

function percentText(ratio: number): string {
  return `${Number((100 * ratio).toFixed(2))} %`;
}

function chanceText(chance: number): string {
  return chance < 0.001 ? "< 0.001" : chance.toFixed(3);
}
