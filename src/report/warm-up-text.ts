// How a warm-up was found, and what the batches of one long run say, in a few lines of text.
//
// The curve is always drawn: MSER-5 is known to fail on some queues, and a person sees what it missed.

import type { LongRunMeasure, WarmUpCurve, WarmUpRecord } from "../analysis/index.ts";
import type { MeasureUnit } from "../metrics/index.ts";
import { amountText } from "./amount-text.ts";
import { spanText } from "./summary-text.ts";
import { formatTextTable } from "./text-table.ts";

const LEVELS = "▁▂▃▄▅▆▇█";
const COLUMNS = 40;

/** The cut with every curve it was found on; `title` says of what, where there are several. */
export function formatWarmUp(record: WarmUpRecord, title: string = ""): string {
  const { warmUpUs, lengthFactor, replicationsCount, method, curves } = record;
  const longer = lengthFactor === 1 ? "" : `, horizon taken ${lengthFactor} times`;
  const runs = replicationsCount === 1 ? "one run" : `${replicationsCount} replications`;
  const of = title === "" ? "" : ` of ${title}`;
  const head = `WARM-UP  ${spanText(warmUpUs)}${of}, found by ${method} on ${runs}${longer}; | ends what is deleted`;
  const names = new Set(curves.map(({ alternative }) => alternative));
  const rows = curves.map((curve) => [
    curve.measure,
    ...(names.size > 1 ? [curve.alternative] : []),
    curve.cutUs === null ? "n/a" : spanText(curve.cutUs),
    amountText(leastOf(curve.values), curve.unit),
    sparkline(curve, warmUpUs),
    amountText(mostOf(curve.values), curve.unit),
  ]);
  const header = ["CURVE", ...(names.size > 1 ? ["ALTERNATIVE"] : []), "CUT", "LEAST", "", "MOST"];
  const lines = [
    ...curves.flatMap((curve) => warningOf(curve)),
    ...(record.withoutCurve.length === 0
      ? []
      : [`too few pods for a curve: ${record.withoutCurve.join(", ")}`]),
  ];
  const more = lines.map((line) => `${line}\n`).join("");
  return `${head}\n${formatTextTable(header, rows)}${more}`;
}

/** One line per measure of a long run: its interval, or why there is none. */
export function longRunLine(
  { measure, estimate, batchesCount, vonNeumannRatio }: LongRunMeasure,
  unit: MeasureUnit,
): string {
  if (estimate.kind === "interval") {
    const { value, low, high, confidence } = estimate;
    const bounds = `[${amountText(low, unit)}, ${amountText(high, unit)}]`;
    return `${measure}: ${amountText(value, unit)} ${bounds}, ${Number((100 * confidence).toFixed(2))} % by ${batchesCount} batch means of one long run`;
  }
  if (estimate.kind === "point") return `${measure}: no interval, it never changed`;
  const ratio =
    vonNeumannRatio === null
      ? "fewer than 100 values"
      : `100 batches still depend on each other (von Neumann's ratio ${vonNeumannRatio.toFixed(2)}, 2 if independent)`;
  return `${measure}: no interval by batch means: ${ratio}; a longer run or replications give one`;
}

function warningOf({ measure, alternative, unit, halves }: WarmUpCurve): string[] {
  if (halves.kind !== "interval" || (halves.low <= 0 && halves.high >= 0)) return [];
  const signed = (value: number): string =>
    `${value > 0 ? "+" : ""}${amountText(value, unit).replace(" %", " pp")}`;
  const by = `${signed(halves.value)} [${signed(halves.low)}, ${signed(halves.high)}]`;
  return [
    `WARNING: ${measure} of ${alternative}: the halves of what is kept differ by ${by}: the warm-up is too short, or the run never settles`,
  ];
}

/** The curve in one line, with a bar where the study's cut lies. */
function sparkline({ values, binUs }: WarmUpCurve, warmUpUs: number): string {
  const width = Math.min(COLUMNS, values.length);
  const columns = Array.from({ length: width }, (_, at) => {
    const from = Math.floor((at * values.length) / width);
    const until = Math.floor(((at + 1) * values.length) / width);
    const part = values.slice(from, until);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [least, most] = [leastOf(columns), mostOf(columns)];
  const marks = columns.map((value) => {
    const share = most === least ? 0 : (value - least) / (most - least);
    return LEVELS[Math.min(LEVELS.length - 1, Math.floor(share * LEVELS.length))]!;
  });
  const cut = Math.round((warmUpUs / binUs / values.length) * width);
  return `${marks.slice(0, cut).join("")}|${marks.slice(cut).join("")}`;
}

function leastOf(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function mostOf(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
