// Which cells a comparison needs next: all at once, until a precision, or until one alternative is best.
//
// A function of the plan and of the cells so far, judged on complete prefixes of the replications only,
// so that no number of workers changes where a comparison ends. Cells beyond the end are left out of
// the record. Ask, run what is asked for, ask again; nothing asked for means done.

import {
  judgeStopping,
  Selection,
  type SelectionOutcome,
  type SelectionState,
  type StoppingOutcome,
  type StoppingSeries,
} from "../../analysis/index.ts";
import { assert } from "../../base/index.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import type { CompareCell } from "./compare-cell.ts";
import type { ComparePlan } from "./compare-cells.ts";

/** When a comparison has seen enough; all but "fixed" count replications up to `countMax`. */
export type CompareDesign =
  | { readonly kind: "fixed" }
  /** Half-widths of all paired differences within this share of the baseline's mean. */
  | { readonly kind: "precision"; readonly ratio: number; readonly countMax: number }
  /** Kim and Nelson's procedure on one measure; the indifference amount is in the measure's unit. */
  | {
      readonly kind: "selection";
      readonly measure: string;
      readonly indifference: number;
      readonly countMax: number;
    };

/** A cell by its place. With a tie audit the alternatives stand a second time behind the last. */
export interface CellPlace {
  readonly alternative: number;
  readonly replication: number;
}

/** Where a design stands with the cells so far. */
export interface DesignState {
  /** Replications that each alternative keeps; what was run beyond is left out. */
  readonly counts: readonly number[];
  /** Alternatives that need more replications, by position; none = the design is complete. */
  readonly active: readonly number[];
  readonly stopping?: StoppingOutcome;
  readonly selection?: SelectionOutcome;
}

/** Replications before a precision is judged, and before an alternative can leave. */
const FIRST_COUNT = 10;
/** Asked for at once after that. */
const BLOCK = 5;

/**
 * The cells to run next; none when the comparison is complete. Of a fixed design the first answer holds
 * them all, in the order of replications, then of alternatives.
 */
export function nextCells(plan: ComparePlan, cells: readonly CompareCell[]): CellPlace[] {
  const byAlternative = cellsByAlternative(plan, cells);
  const state = designState(plan, byAlternative);
  const wanted =
    state.active.length > 0 ? cellsUntil(plan, byAlternative, state) : ([] as CellPlace[]);
  if (plan.hasTieAudit !== true) return wanted;
  // Ties are drawn in the replications that count, which are known at once only where none is dropped.
  if (state.active.length > 0 && designOf(plan).kind !== "fixed") return wanted;
  const shift = plan.alternatives.length;
  const shuffled = state.counts.flatMap((count, at) =>
    missing(byAlternative[shift + at]!, count).map((replication) => ({
      ...{ alternative: shift + at, replication },
    })),
  );
  return inOrder([...wanted, ...shuffled]);
}

/** Which alternative a cell is of, and what varies in it: in a tie audit's cells ties do too. */
export function worldOfCell(
  plan: ComparePlan,
  place: CellPlace,
): { readonly alternative: number; readonly varied: readonly VariedPart[] } {
  const count = plan.alternatives.length;
  if (place.alternative < count) return { alternative: place.alternative, varied: plan.varied };
  const varied: readonly VariedPart[] = plan.varied.includes("ties")
    ? plan.varied
    : [...plan.varied, "ties"];
  return { alternative: place.alternative - count, varied };
}

/** Cells by alternative and replication, with those of a tie audit behind. */
export function cellsByAlternative(
  plan: ComparePlan,
  cells: readonly CompareCell[],
): CompareCell[][] {
  const places = plan.alternatives.length * (plan.hasTieAudit === true ? 2 : 1);
  const byAlternative = Array.from({ length: places }, (): CompareCell[] => []);
  for (const cell of cells) byAlternative[cell.alternative]![cell.replication] = cell;
  return byAlternative;
}

/** Judges the cells so far. */
export function designState(
  plan: ComparePlan,
  byAlternative: readonly (readonly CompareCell[])[],
): DesignState {
  const own = byAlternative.slice(0, plan.alternatives.length);
  const design = designOf(plan);
  switch (design.kind) {
    case "fixed": {
      const wanted = plan.varied.length === 0 ? 1 : plan.replicationsCount;
      const counts = own.map(() => wanted);
      return { counts, active: positions(own, (runs) => prefixOf(runs) < wanted) };
    }
    case "precision":
      return precisionState(plan, design, own);
    case "selection":
      return selectionState(plan, design, own);
  }
}

/** The design of a plan; where nothing varies there is nothing to stop early. */
function designOf({ varied, design }: ComparePlan): CompareDesign {
  return varied.length === 0 || design === undefined ? { kind: "fixed" } : design;
}

function positions<T>(list: readonly T[], test: (one: T) => boolean): number[] {
  return list.flatMap((one, at) => (test(one) ? [at] : []));
}

function cellsUntil(
  plan: ComparePlan,
  byAlternative: readonly (readonly CompareCell[])[],
  { counts, active }: DesignState,
): CellPlace[] {
  const design = designOf(plan);
  return inOrder(
    active.flatMap((alternative) => {
      const count = counts[alternative]!;
      const goal =
        design.kind === "fixed"
          ? count
          : Math.min(design.countMax, Math.max(FIRST_COUNT, count + BLOCK));
      return missing(byAlternative[alternative]!, goal).map((replication) => ({
        ...{ alternative, replication },
      }));
    }),
  );
}

function precisionState(
  plan: ComparePlan,
  design: Extract<CompareDesign, { kind: "precision" }>,
  own: readonly (readonly CompareCell[])[],
): DesignState {
  const complete = Math.min(...own.map(prefixOf));
  const outcome = { precisionRatio: design.ratio, countMax: design.countMax };
  const counted = (count: number): number[] => own.map(() => count);
  const goOn = { counts: counted(complete), active: own.map((_, at) => at) };
  if (complete === 0) return goOn;
  const chosen = chosenMeasures(own[0]![0]!, plan.measures);
  const measures = chosen.map((at) => own[0]![0]!.measures[at]!.measure);
  const end = (
    kind: StoppingOutcome["kind"],
    count: number,
    reached: number | null,
  ): DesignState => ({
    counts: counted(count),
    active: [],
    stopping: { kind, ...outcome, reachedAtCount: reached, measures },
  });
  const series = chosen.flatMap((at) => differenceSeries(plan, own, at, complete));
  if (series.some((one) => one === undefined)) return end("missing-values", complete, null);
  const state = judgeStopping(series as StoppingSeries[], {
    precisionRatio: design.ratio,
    confidence: plan.confidence,
    countMin: Math.min(FIRST_COUNT, design.countMax),
    countMax: design.countMax,
  });
  if (state.kind === "reached") return end("reached", state.count, state.reachedAtCount);
  if (state.kind === "capped") return end("capped", state.count, null);
  return goOn;
}

/** Differences to the baseline, one series per other alternative; undefined where a value is missing. */
function differenceSeries(
  plan: ComparePlan,
  own: readonly (readonly CompareCell[])[],
  at: number,
  count: number,
): (StoppingSeries | undefined)[] {
  const valuesOf = (runs: readonly CompareCell[]): (number | null)[] =>
    runs.slice(0, count).map((run) => run.measures[at]!.value);
  const reference = valuesOf(own[plan.baseline]!);
  return own.flatMap((runs, alternative) => {
    if (alternative === plan.baseline) return [];
    const values = valuesOf(runs);
    if ([...values, ...reference].includes(null)) return [undefined];
    const differences = values.map((value, run) => value! - reference[run]!);
    return [{ values: differences, reference: reference as number[] }];
  });
}

function selectionState(
  plan: ComparePlan,
  design: Extract<CompareDesign, { kind: "selection" }>,
  own: readonly (readonly CompareCell[])[],
): DesignState {
  const { measure, indifference, countMax } = design;
  const { confidence, alternatives } = plan;
  const first = own[0]![0]?.measures ?? [];
  const at = first.findIndex((one) => one.measure === measure);
  const everyone = own.map((_, alternative) => alternative);
  if (first.length === 0) return { counts: own.map(() => 0), active: everyone };
  assert(at >= 0, `the measure ${measure} is one of the run's`);
  const { direction } = first[at]!;
  assert(direction !== "neither", "a choice needs to know which way is better");
  const selection = new Selection(alternatives.length, { indifference, direction, confidence });
  let state: SelectionState = selection.state;
  let isMissing = false;
  for (let run = 0; run < countMax && state.kind === "undecided"; run++) {
    const { survivors } = state;
    if (survivors.some((one) => own[one]![run] === undefined)) break;
    const values = own.map((runs) => runs[run]?.measures[at]?.value);
    isMissing = survivors.some((one) => values[one] === null);
    if (isMissing) break;
    state = selection.add(values.map((value) => value ?? undefined));
  }
  const left = new Map(state.eliminated.map((one) => [one.alternative, one.atCount]));
  const isOpen = state.kind === "undecided" && !isMissing && state.count < countMax;
  return {
    counts: everyone.map((alternative) => left.get(alternative) ?? state.count),
    active: isOpen && state.kind === "undecided" ? state.survivors : [],
    selection: {
      kind: isMissing ? "missing-values" : state.kind,
      ...{ measure, direction, indifference, procedure: "KN", confidence, countMax },
      best: state.kind === "selected" ? alternatives[state.best]! : null,
      eliminated: state.eliminated.map(({ alternative, atCount, by }) => ({
        ...{ alternative: alternatives[alternative]!, atCount, by: alternatives[by]! },
      })),
    },
  };
}

/** Positions of the measures that are compared; all where none is asked for. */
export function chosenMeasures(cell: CompareCell, asked: readonly string[]): number[] {
  return cell.measures.flatMap(({ measure }, at) =>
    asked.length === 0 || asked.some((name) => measure === name || measure.startsWith(`${name}.`))
      ? [at]
      : [],
  );
}

/** Replications without a gap from the first on. */
function prefixOf(runs: readonly (CompareCell | undefined)[]): number {
  let count = 0;
  while (runs[count] !== undefined) count++;
  return count;
}

function missing(runs: readonly (CompareCell | undefined)[], count: number): number[] {
  return Array.from({ length: count }, (_, run) => run).filter((run) => runs[run] === undefined);
}

function inOrder(places: readonly CellPlace[]): CellPlace[] {
  return [...places].sort((a, b) => a.replication - b.replication || a.alternative - b.alternative);
}
