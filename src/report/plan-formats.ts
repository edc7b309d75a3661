// A plan in the format that -o asks for: the answer first, then what decided it and what takes from it.
//
// Takes the record, computes nothing of its own. CSV has one row per point, loss and requirement; the
// table shows the frontier, cost against the measures under the loss that leaves the least room.

import type { LossAnswer, PlanPoint, PlanRecord, RequirementAnswer } from "../analysis/index.ts";
import { escapeControls, writeYaml } from "../base/index.ts";
import type { MeasureUnit } from "../metrics/index.ts";
import { csvText } from "./csv-rows.ts";
import { spanText } from "./summary-text.ts";
import { formatTextTable } from "./text-table.ts";

/** The record as text. */
export function formatPlan(record: PlanRecord, format: string): string {
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
      return `${record.answer === null ? "none" : countsText(record, record.answer.counts)}\n`;
    default:
      return `${headLines(record)}\n${pointTable(record, format === "wide")}`;
  }
}

function headLines(record: PlanRecord): string {
  const { answer, worst, next, blocked, caveats } = record;
  const rows: [string, string][] = [["ANSWER", answerText(record)]];
  if (answer !== null && worst !== null) {
    const loss = answer.losses[worst]!;
    rows.push(["WORST", `${lostText(loss)}: ${measuresText(loss)}, ${runsText(record, loss)}`]);
  }
  if (next !== null) rows.push(["NEXT ONE", nextText(record, next)]);
  if (blocked.length > 0) {
    const nodes = blocked.reduce((sum, { nodesCount }) => sum + nodesCount, 0);
    const why = blocked.map(({ why: reason, nodesCount }) => `${reason} ${nodesCount}`).join(", ");
    rows.push(["BLOCKED", `${nodes} nodes: ${why}`]);
  }
  rows.push(["TRIED", triedText(record)]);
  for (const caveat of caveats) rows.push(["CAVEAT", caveat]);
  return rows.map(([name, text]) => `${name.padEnd(10)}${escapeControls(text)}\n`).join("");
}

function answerText(record: PlanRecord): string {
  const { answer, given, requirements, losses, sizes, isPartial, monotony, untriedCount } = record;
  const stopped = isPartial ? " (stopped early: partial)" : "";
  const asked = [...requirements, ...losses.map(({ asked: loss }) => `lose ${loss}`)].join(", ");
  if (sizes.length === 0) {
    const nodes = `${given.nodesCount} nodes as given`;
    return `${answer === null ? `no, ${nodes} do not meet` : `yes, ${nodes} meet`} ${asked}${stopped}`;
  }
  if (answer === null) {
    if (isPartial) return `none yet: nothing tried so far meets ${asked}${stopped}`;
    const bounds = sizes.map(({ name, max }) => `${name} ${max}`).join(", ");
    return `none: nothing up to ${bounds} meets ${asked}${stopped}`;
  }
  const isProven = !isPartial && monotony.isMonotone && untriedCount === 0;
  const word = sizes.length > 1 ? "cheapest mix" : "smallest cluster";
  const change =
    answer.nodesCount === given.nodesCount
      ? "as many nodes as given"
      : `${Math.abs(answer.nodesCount - given.nodesCount)} ${answer.nodesCount > given.nodesCount ? "more" : "fewer"} than given`;
  return `${countsText(record, answer.counts)}: ${answer.nodesCount} nodes, ${change}${costText(record, answer)}; ${isProven ? word : `${word} found`} that meets ${asked}${stopped}`;
}

function costText({ given, currency }: PlanRecord, point: PlanPoint): string {
  const { costPerHourMicros } = point;
  if (costPerHourMicros === null) return "";
  const text = `, ${moneyText(costPerHourMicros, currency)}/h`;
  if (given.costPerHourMicros === null) return text;
  const difference = costPerHourMicros - given.costPerHourMicros;
  const sign = difference > 0 ? "+" : difference < 0 ? "-" : "+";
  return `${text} (${sign}${moneyText(Math.abs(difference), currency)})`;
}

/** Millionths of a currency with at least two digits behind the point. */
function moneyText(micros: number, currency: string): string {
  const whole = Math.floor(micros / 1e6);
  const digits = String(micros - whole * 1e6)
    .padStart(6, "0")
    .replace(/0{1,4}$/, "");
  return `${whole}.${digits}${currency === "" ? "" : ` ${currency}`}`;
}

function countsText({ sizes }: PlanRecord, counts: readonly number[]): string {
  if (sizes.length === 0) return "as given";
  return counts.map((count, at) => `${sizes[at]!.name} ${count}`).join(" + ");
}

function lostText({ loss }: LossAnswer): string {
  return loss === "none" ? "nothing lost" : `${loss} lost`;
}

function measuresText({ requirements }: LossAnswer): string {
  return requirements.map((answer) => `${measureOf(answer)} ${valueText(answer)}`).join(", ");
}

function measureOf({ requirement }: RequirementAnswer): string {
  return requirement.split(/[<>=!]/)[0]!.trim();
}

function valueText({ estimate, unit, reason, failureRatioMax }: RequirementAnswer): string {
  if (estimate.kind === "absent") return `n/a (${reasonText(reason)})`;
  const value = amountText(estimate.value, unit);
  if (reason === "every-run" && failureRatioMax !== null)
    return `${value} in every run (else in under ${percentText(failureRatioMax)} of worlds)`;
  if (estimate.kind === "point")
    return reason === "censored" ? `${value} (${reasonText(reason)})` : value;
  const interval = `${value} [${amountText(estimate.low, unit)}, ${amountText(estimate.high, unit)}]`;
  return reason === null ? interval : `${interval} (${reasonText(reason)})`;
}

function reasonText(reason: RequirementAnswer["reason"]): string {
  switch (reason) {
    case "every-run":
      return "not in every run";
    case "missing-values":
      return "no such value";
    case "insufficient-observations":
      return "too few pods for this percentile";
    case "unstable":
      return "work piles up";
    case "censored":
      return "too many pods still waited at the end";
    default:
      return "one run";
  }
}

function runsText(record: PlanRecord, { replicationsCount }: LossAnswer): string {
  return record.study === "fixed" ? "one run" : `n=${replicationsCount}`;
}

/** What stops the next cheaper point: the first requirement it misses, and the pods that wait. */
function nextText(record: PlanRecord, point: PlanPoint): string {
  const name = countsText(record, point.counts);
  const loss =
    point.losses.find(({ requirements }) => requirements.some(({ state }) => state === "missed")) ??
    point.losses.find(({ requirements }) => requirements.some(({ state }) => state === "open"));
  if (loss === undefined) return `${name} misses`;
  const answer =
    loss.requirements.find(({ state }) => state === "missed") ??
    loss.requirements.find(({ state }) => state === "open")!;
  const verb = answer.state === "open" ? "cannot be told from" : "misses";
  const [waiting] = loss.waiting;
  const pods =
    waiting === undefined
      ? ""
      : `; ${waiting.podsCount} pods such as ${waiting.example} wait: ${waiting.message}`;
  return `${name}, ${lostText(loss)}: ${verb} ${answer.requirement}: ${valueText(answer)}, ${runsText(record, loss)}${pods}`;
}

function triedText(record: PlanRecord): string {
  const { points, runsCount, study, varied, confidence, looks, losses, warmUpUs, seed } = record;
  const how =
    study === "fixed"
      ? "nothing varies: one run each, no intervals"
      : `varied: ${varied.join(", ")}; ${study} study${study === "steady-state" ? ` after ${spanText(warmUpUs)} of warm-up` : ""}; ${percentText(confidence)} over looks at ${looks.join(", ")} runs`;
  const [first] = losses;
  const when =
    first === undefined
      ? ""
      : first.atUs === null
        ? "; lost from the start"
        : `; lost at ${spanText(first.atUs)}`;
  return `${points.length} points, ${runsCount} runs, seed ${seed}; ${how}${when}`;
}

function pointTable(record: PlanRecord, isWide: boolean): string {
  const { points, requirements } = record;
  const rows = points.map((point) => {
    const worst = decisiveLoss(point);
    const cells = [
      countsText(record, point.counts),
      String(point.nodesCount),
      point.costPerHourMicros === null ? "-" : moneyText(point.costPerHourMicros, record.currency),
      stateText(point),
      worst?.loss ?? "-",
      ...(worst?.requirements.map(valueText) ?? requirements.map(() => "-")),
    ];
    return isWide
      ? [...cells, `${point.losses.length}/${point.lossesCount}`, String(point.runsCount)]
      : cells;
  });
  const header = ["POINT", "NODES", "COST/H", "STATE", "DECIDED BY LOSS", ...requirements];
  const more = isWide ? ["LOSSES RUN", "RUNS"] : [];
  return formatTextTable([...header, ...more], rows, ["left", "right", "right"]);
}

function stateText({ state }: PlanPoint): string {
  return state === "open" ? "not told apart" : state === "met" ? "meets" : "misses";
}

/** The loss that a point fails under, or the last one it was run under. */
function decisiveLoss({ losses, state }: PlanPoint): LossAnswer | undefined {
  const failing = losses.find(({ requirements }) =>
    requirements.some((answer) => answer.state === state && state !== "met"),
  );
  return failing ?? losses.at(-1);
}

function markdownOf(record: PlanRecord): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  const header = ["point", "nodes", "cost per hour", "state", "loss", ...record.requirements];
  const rows = record.points.map((point) => {
    const worst = decisiveLoss(point);
    return [
      ...[countsText(record, point.counts), String(point.nodesCount)],
      point.costPerHourMicros === null ? "-" : moneyText(point.costPerHourMicros, record.currency),
      ...[stateText(point), worst?.loss ?? "-"],
      ...(worst?.requirements.map(valueText) ?? record.requirements.map(() => "-")),
    ];
  });
  const table = [header, header.map(() => "---"), ...rows].map(line).join("");
  const caveats = record.caveats.map((caveat) => `${caveat}\n`).join("");
  return `${escapeControls(answerText(record))}\n\n${table}\n${triedText(record)}\n${caveats}`;
}

const CSV_HEADER = [
  ...["point", "nodes", "costPerHourMicros", "state", "loss", "requirement", "requirementState"],
  ...["reason", "replications", "value", "low", "high", "podsPendingAtEnd"],
];

function csvOf(record: PlanRecord): string {
  const rows = record.points.flatMap((point) =>
    point.losses.flatMap((loss) =>
      loss.requirements.map(({ requirement, state, reason, estimate }) => [
        ...[countsText(record, point.counts), point.nodesCount, point.costPerHourMicros],
        ...[point.state, loss.loss, requirement, state, reason ?? "", loss.replicationsCount],
        estimate.kind === "absent" ? null : estimate.value,
        estimate.kind === "interval" ? estimate.low : null,
        estimate.kind === "interval" ? estimate.high : null,
        loss.podsPendingAtEndCount,
      ]),
    ),
  );
  return `${CSV_HEADER.join(",")}\n${csvText(rows)}`;
}

function amountText(value: number, unit: MeasureUnit): string {
  const sign = value < 0 ? "-" : "";
  const size = Math.abs(value);
  if (unit === "us") return `${sign}${spanText(Math.round(size))}`;
  if (unit === "ratio") return `${sign}${(100 * size).toFixed(2)} %`;
  return `${sign}${Number.isInteger(size) ? String(size) : size.toFixed(2)}`;
}

function percentText(ratio: number): string {
  return `${Number((100 * ratio).toFixed(1))} %`;
}
