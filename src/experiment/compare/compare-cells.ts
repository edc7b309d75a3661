// From cells to the record: pairs by replication, verdicts over all measures, the world stated.
//
// Pure: the cells may come from one thread, from many, or from files; only what they hold counts, and
// they are put in order by (alternative, replication) before anything is computed.

import {
  type AlternativeSummary,
  COMPARE_SCHEMA_VERSION,
  type ComparedMeasure,
  type CompareRecord,
  type ComparisonQuestion,
  COUNT_MIN,
  estimateOf,
  judgeComparisons,
  type Margin,
  rankAlternatives,
  type Study,
} from "../../analysis/index.ts";
import { assert, sha256Hex } from "../../base/index.ts";
import type { Scenario, VariedPart } from "../scenario/scenario.ts";
import type { CompareCell } from "./compare-cell.ts";
import type { MeasuredValue } from "./compare-measures.ts";

/** What is compared, and how. */
export interface ComparePlan {
  readonly scenario: Scenario;
  /** Names, all different, at least two. */
  readonly alternatives: readonly string[];
  /** Position of the baseline among them. */
  readonly baseline: number;
  readonly varied: readonly VariedPart[];
  readonly replicationsCount: number;
  readonly margin: Margin;
  readonly confidence: number;
  /** Measures to compare on, by name or first part ("pending"); empty = all. */
  readonly measures: readonly string[];
}

/** All cells of a plan; where nothing varies, one replication says it all. */
export function cellsOf(plan: ComparePlan): { alternative: number; replication: number }[] {
  const count = plan.varied.length === 0 ? 1 : plan.replicationsCount;
  return Array.from({ length: count }, (_, replication) =>
    plan.alternatives.map((_name, alternative) => ({ alternative, replication })),
  ).flat();
}

/** The record of a plan whose cells have all been run. */
export function compareCells(plan: ComparePlan, cells: readonly CompareCell[]): CompareRecord {
  const byAlternative = arrangedCells(plan, cells);
  const { scenario, alternatives, baseline, confidence, margin, varied } = plan;
  const study = studyOf(plan);
  const first = byAlternative[0]![0]!;
  const chosen = first.measures.flatMap(({ measure }, at) =>
    isChosen(measure, plan.measures) ? [at] : [],
  );
  const questions = chosen.flatMap((at) => questionsOf(plan, study, byAlternative, at));
  const comparisons = judgeComparisons(questions, confidence);
  return {
    schemaVersion: COMPARE_SCHEMA_VERSION,
    scenario: {
      name: scenario.metadata.name,
      inputHashes: byAlternative.map(([one]) => one!.inputHash),
    },
    seed: scenario.run.seed,
    study: study.kind,
    warmUpUs: scenario.run.warmup,
    varied,
    replicationsCount: byAlternative[0]!.length,
    confidence,
    margin,
    correction: "Holm",
    testsCount: comparisons.filter(({ verdict }) => verdict !== null).length,
    baseline: alternatives[baseline]!,
    alternatives: byAlternative.map((runs, at) => summaryOf(alternatives[at]!, runs)),
    measures: chosen.map((at) => measureOf(study, byAlternative, at, confidence)),
    comparisons,
  };
}

function arrangedCells(plan: ComparePlan, cells: readonly CompareCell[]): CompareCell[][] {
  const expected = cellsOf(plan);
  const byAlternative = plan.alternatives.map((): CompareCell[] => []);
  for (const cell of cells) byAlternative[cell.alternative]![cell.replication] = cell;
  for (const { alternative, replication } of expected)
    assert(byAlternative[alternative]![replication] !== undefined, "every cell has been run");
  assert(cells.length === expected.length, "no cell was run twice");
  return byAlternative;
}

function studyOf({ scenario, varied }: ComparePlan): Study {
  if (varied.length === 0) return { kind: "fixed" };
  const { study, warmup } = scenario.run;
  return study === "steady-state"
    ? { kind: study, varied, warmUpUs: warmup }
    : { kind: study, varied };
}

function isChosen(measure: string, asked: readonly string[]): boolean {
  return (
    asked.length === 0 || asked.some((name) => measure === name || measure.startsWith(`${name}.`))
  );
}

function summaryOf(name: string, runs: readonly CompareCell[]): AlternativeSummary {
  const sum = (of: (run: CompareCell) => number): number =>
    runs.reduce((total, run) => total + of(run), 0);
  const created = sum((run) => run.podsCreatedCount);
  const pending = sum((run) => run.podsPendingAtEndCount);
  const attempts = sum((run) => run.attemptsCount);
  return {
    name,
    digest: sha256Hex(runs.map(({ fingerprint }) => `${fingerprint}\n`).join("")),
    podsCreatedCount: created,
    podsPendingAtEndCount: pending,
    censoredRatio: created === 0 ? null : pending / created,
    tiedRatio: attempts === 0 ? null : sum((run) => run.tiedCount) / attempts,
    unstableRunsCount: runs.filter(({ isUnstable }) => isUnstable).length,
  };
}

function measureOf(
  study: Study,
  byAlternative: readonly (readonly CompareCell[])[],
  at: number,
  confidence: number,
): ComparedMeasure {
  const { measure, unit, direction } = byAlternative[0]![0]!.measures[at]!;
  const estimates = byAlternative.map((runs) => {
    const thin = runs.filter((run) => run.measures[at]!.isThin).length;
    const replicates = runs.map((run) => ({
      value: run.measures[at]!.value,
      isUnstable: run.isUnstable,
    }));
    return thin > 0
      ? ({
          kind: "absent",
          reason: "insufficient-observations",
          count: runs.length,
          affectedCount: thin,
        } as const)
      : estimateOf(study, replicates, confidence);
  });
  const areRanked =
    byAlternative.length > 2 &&
    direction !== "neither" &&
    study.kind !== "fixed" &&
    estimates.every(({ kind, count }) => kind !== "absent" && count >= COUNT_MIN);
  const values = byAlternative.map((runs) => runs.map((run) => run.measures[at]!.value ?? 0));
  const ranks = areRanked ? rankAlternatives(values, direction, confidence) : null;
  return { measure, unit, direction, estimates, ranks };
}

function questionsOf(
  plan: ComparePlan,
  study: Study,
  byAlternative: readonly (readonly CompareCell[])[],
  at: number,
): ComparisonQuestion[] {
  const baseline = byAlternative[plan.baseline]!;
  return byAlternative.flatMap((runs, alternative) => {
    if (alternative === plan.baseline) return [];
    const pairs = [...runs, ...baseline];
    const measured = (run: CompareCell): MeasuredValue => run.measures[at]!;
    const isThin = pairs.some((run) => measured(run).isThin);
    const isUnstable = study.kind === "steady-state" && pairs.some((run) => run.isUnstable);
    return {
      measure: measured(runs[0]!).measure,
      alternative: plan.alternatives[alternative]!,
      direction: measured(runs[0]!).direction,
      margin: plan.margin,
      pairing: {
        baseline: baseline.map((run) => measured(run).value),
        alternative: runs.map((run) => measured(run).value),
      },
      obstacle: isThin
        ? "insufficient-observations"
        : isUnstable
          ? "unstable"
          : study.kind === "fixed"
            ? "nothing-varies"
            : null,
    };
  });
}
