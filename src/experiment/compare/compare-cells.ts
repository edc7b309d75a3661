// From cells to the record: pairs by replication, verdicts over all measures, the world stated.
//
// Pure: the cells may come from one thread, from many, or from files; only what they hold counts, and
// they are put in order by (alternative, replication) before anything is computed.

import {
  type AntitheticPilot,
  auditTies,
  COMPARE_SCHEMA_VERSION,
  type ComparedMeasure,
  type CompareRecord,
  type ComparisonQuestion,
  type ControlledDifferences,
  COUNT_MIN,
  estimateWithControls,
  judgeComparisons,
  judgePairs,
  type Margin,
  rankAlternatives,
  type Study,
  type TieAuditAnswer,
  type WarmUpRecord,
} from "../../analysis/index.ts";
import { assert, streamName } from "../../base/index.ts";
import { FINGERPRINT_VERSION, PODSIM_VERSION } from "../versions.ts";
import { KUBERNETES_VERSION } from "../../metrics/index.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import {
  estimateRuns,
  longRunsOfVariant,
  type StudiedWorld,
  studyOf,
  summaryOf,
} from "../study/cell-estimates.ts";
import { blockedPairs, opposition, pilotCount } from "../study/antithetic-pairs.ts";
import { bootstrapRuns, waitingEstimates } from "../study/more-estimates.ts";
import type { CompareCell } from "./compare-cell.ts";
import {
  type CellPlace,
  cellsByAlternative,
  chosenMeasures,
  type CompareDesign,
  type DesignState,
  designState,
  nextCells,
} from "./compare-design.ts";
import type { MeasuredValue } from "./compare-measures.ts";
import type { KnownControl } from "./known-controls.ts";

/** What is compared, and how. */
export interface ComparePlan {
  readonly scenario: StudiedWorld;
  /** Names, all different, at least two. */
  readonly alternatives: readonly string[];
  /** Position of the baseline among them. */
  readonly baseline: number;
  readonly varied: readonly VariedPart[];
  /** Odd replications oppose the one before them; estimates and verdicts are over pairs. */
  readonly isAntithetic?: true;
  readonly replicationsCount: number;
  readonly margin: Margin;
  readonly confidence: number;
  /** Measures to compare on, by name or first part ("pending"); empty = all. */
  readonly measures: readonly string[];
  /** When it has seen enough; absent: after `replicationsCount` replications. */
  readonly design?: CompareDesign;
  /** Every replication is run again with ties drawn at random, to see what they alone do. */
  readonly hasTieAudit?: boolean;
  /** Something with a known mean that all alternatives of a replication share; corrects differences. */
  readonly control?: KnownControl;
  /** What the first pairs said, where pairs were asked for; if they are not kept, none is antithetic. */
  readonly antitheticPilot?: AntitheticPilot;
  /** What a pilot found, where the warm-up was left to it; the scenario then has it. */
  readonly warmUp?: WarmUpRecord;
  /** What makes this comparison again, without what changes nothing about it; "" = not said. */
  readonly command?: string;
}

/** The cells that a plan begins with: all of them, unless it adds replications as it goes. */
export function cellsOf(plan: ComparePlan): CellPlace[] {
  return nextCells(plan, []);
}

/** The record of a plan whose cells have all been run: of which `nextCells` asks for no more. */
export function compareCells(plan: ComparePlan, cells: readonly CompareCell[]): CompareRecord {
  const { byAlternative, shuffled, state } = arrangedCells(plan, cells);
  const { scenario, alternatives, baseline, confidence, margin, varied } = plan;
  const study = studyOf(scenario, varied);
  const first = byAlternative[0]![0]!;
  const used = plan.isAntithetic === true ? byAlternative.map(blockedPairs) : byAlternative;
  const chosen = chosenMeasures(first, plan.measures);
  const questions = chosen.flatMap((at) => questionsOf(plan, study, used, at));
  const comparisons = judgeComparisons(questions, confidence);
  const measures = chosen.map((at) => measureOf(study, used, at, confidence));
  return {
    schemaVersion: COMPARE_SCHEMA_VERSION,
    scenario: {
      name: scenario.metadata.name,
      inputHashes: byAlternative.map(([one]) => one!.inputHash),
    },
    versions: {
      podsim: PODSIM_VERSION,
      kubernetes: KUBERNETES_VERSION,
      fingerprint: FINGERPRINT_VERSION,
    },
    command: plan.command ?? "",
    seed: scenario.run.seed,
    study: study.kind,
    warmUpUs: scenario.run.warmup,
    horizonUs: scenario.run.horizon ?? null,
    varied,
    replicationsCount: Math.max(...byAlternative.map((runs) => runs.length)),
    confidence,
    margin,
    correction: "Holm",
    testsCount: comparisons.filter(({ verdict }) => verdict !== null).length,
    baseline: alternatives[baseline]!,
    alternatives: byAlternative.map((runs, at) => ({
      ...summaryOf(alternatives[at]!, runs),
      ...waitingEstimates(study, used[at]!, confidence),
    })),
    measures,
    comparisons,
    ...(plan.warmUp && { warmUp: plan.warmUp }),
    ...longRunsOf(plan, byAlternative),
    ...(state.stopping && { stopping: state.stopping }),
    ...(state.selection && { selection: state.selection }),
    ...(shuffled.length > 0 && {
      tieAudits: tieAuditsOf(plan, study, measures, shuffled, chosen),
    }),
    ...(plan.antitheticPilot && { antitheticPilot: plan.antitheticPilot }),
    ...(plan.isAntithetic === true && {
      antithetic: opposedDifferences(plan, measures, chosen, byAlternative),
    }),
    ...bootstrapsOf(plan, measures, chosen, used),
    ...(plan.control && { controlled: controlledOf(plan, plan.control, byAlternative, questions) }),
  };
}

/** What the batches of single runs say; nothing where there are replications. */
function longRunsOf(
  { alternatives, confidence }: ComparePlan,
  byAlternative: readonly (readonly CompareCell[])[],
): Pick<CompareRecord, "longRuns"> {
  const longRuns = byAlternative.flatMap((runs, at) =>
    longRunsOfVariant(runs, confidence).map((one) => ({ alternative: alternatives[at]!, ...one })),
  );
  return longRuns.length === 0 ? {} : { longRuns };
}

/** The cells of the first pairs of a plan that asks for pairs, all alternatives. */
export function pilotCellsOf({ alternatives, replicationsCount }: ComparePlan): CellPlace[] {
  return Array.from({ length: pilotCount(replicationsCount) }, (_, replication) =>
    alternatives.map((_name, alternative) => ({ alternative, replication })),
  ).flat();
}

/** Whether those pairs are worth going on with: judged on the differences that will be compared. */
export function judgePilotPairs(plan: ComparePlan, cells: readonly CompareCell[]): AntitheticPilot {
  const { alternatives, measures: asked, replicationsCount } = plan;
  const runs = alternatives.map((_, at) => cells.filter(({ alternative }) => alternative === at));
  const first = runs[0]![0]!;
  const chosen = chosenMeasures(first, asked);
  const named = chosen.map((at) => first.measures[at]!);
  return judgePairs(
    pilotCount(replicationsCount) / 2,
    opposedDifferences(plan, named, chosen, runs),
  );
}

/** Whether the differences of a pair opposed each other, on each measure of each alternative. */
function opposedDifferences(
  { alternatives, baseline }: ComparePlan,
  measures: readonly Pick<ComparedMeasure, "measure">[],
  chosen: readonly number[],
  byAlternative: readonly (readonly CompareCell[])[],
): NonNullable<CompareRecord["antithetic"]> {
  const valuesOf = (runs: readonly CompareCell[], at: number): (number | null)[] =>
    runs.map((run) => run.measures[at]!.value);
  return measures.flatMap(({ measure }, place) => {
    const reference = valuesOf(byAlternative[baseline]!, chosen[place]!);
    return alternatives.flatMap((alternative, at) => {
      if (at === baseline) return [];
      const values = valuesOf(byAlternative[at]!, chosen[place]!);
      const differences = values.map((value, run) =>
        value === null || reference[run] === null ? null : value - reference[run]!,
      );
      return { alternative, ...opposition(measure, differences) };
    });
  });
}

/** Second intervals of what is skewed or bounded, each from a stream of its own name. */
function bootstrapsOf(
  { alternatives, scenario, confidence }: ComparePlan,
  measures: readonly ComparedMeasure[],
  chosen: readonly number[],
  byAlternative: readonly (readonly CompareCell[])[],
): Pick<CompareRecord, "bootstraps"> {
  const bootstraps = measures.flatMap(({ measure, estimates }, place) =>
    alternatives.flatMap((alternative, at) => {
      const estimate = estimates[at]!;
      const stream = streamName(
        scenario.run.seed,
        0,
        `bootstrap/compare/${scenario.metadata.name}/${measure}/${alternative}`,
      );
      const question = { estimate, stream, confidence };
      const found = bootstrapRuns(byAlternative[at]!, chosen[place]!, question);
      return found === undefined ? [] : { measure, alternative, ...found };
    }),
  );
  return bootstraps.length === 0 ? {} : { bootstraps };
}

/** Differences with what the control explains taken out; those without a verdict are left out. */
function controlledOf(
  plan: ComparePlan,
  { name, mean }: KnownControl,
  byAlternative: readonly (readonly CompareCell[])[],
  questions: readonly ComparisonQuestion[],
): ControlledDifferences {
  const created = byAlternative[plan.baseline]!.map(({ podsCreatedCount }) => podsCreatedCount);
  const answers = questions.flatMap(({ measure, alternative, pairing, obstacle }) => {
    const { baseline, alternative: values } = pairing;
    if (obstacle !== null || baseline.includes(null) || values.includes(null)) return [];
    const differences = values.map((value, at) => value! - baseline[at]!);
    const control = { name, values: created.slice(0, differences.length), mean };
    const estimate = estimateWithControls(differences, [control], plan.confidence);
    return { measure, alternative, estimate };
  });
  return { control: name, mean, answers };
}

interface Arranged {
  /** Replications that count, by alternative. */
  readonly byAlternative: readonly (readonly CompareCell[])[];
  /** The same with drawn ties; empty without a tie audit. */
  readonly shuffled: readonly (readonly CompareCell[])[];
  readonly state: DesignState;
}

function arrangedCells(plan: ComparePlan, cells: readonly CompareCell[]): Arranged {
  assert(nextCells(plan, cells).length === 0, "every cell has been run");
  const all = cellsByAlternative(plan, cells);
  assert(
    all.reduce((sum, runs) => sum + runs.filter((run) => run !== undefined).length, 0) ===
      cells.length,
    "no cell was run twice",
  );
  const state = designState(plan, all);
  const count = plan.alternatives.length;
  const kept = (runs: readonly CompareCell[], at: number): readonly CompareCell[] =>
    runs.slice(0, state.counts[at]);
  return {
    byAlternative: all.slice(0, count).map(kept),
    shuffled: all.slice(count).map(kept),
    state,
  };
}

function tieAuditsOf(
  plan: ComparePlan,
  study: Study,
  measures: readonly ComparedMeasure[],
  shuffled: readonly (readonly CompareCell[])[],
  chosen: readonly number[],
): TieAuditAnswer[] {
  return measures.flatMap(({ measure, estimates }, place) =>
    plan.alternatives.map((alternative, at) => ({
      ...{ measure, alternative },
      ...auditTies(
        estimates[at]!,
        estimateRuns(study, shuffled[at]!, chosen[place]!, plan.confidence),
      ),
    })),
  );
}

function measureOf(
  study: Study,
  byAlternative: readonly (readonly CompareCell[])[],
  at: number,
  confidence: number,
): ComparedMeasure {
  const { measure, unit, direction } = byAlternative[0]![0]!.measures[at]!;
  const estimates = byAlternative.map((runs) => estimateRuns(study, runs, at, confidence));
  const areRanked =
    byAlternative.length > 2 &&
    byAlternative.every((runs) => runs.length === byAlternative[0]!.length) &&
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
  return byAlternative.flatMap((all, alternative) => {
    if (alternative === plan.baseline) return [];
    // An alternative that has left a choice has fewer; pairs are of replications that both have.
    const count = Math.min(all.length, byAlternative[plan.baseline]!.length);
    const runs = all.slice(0, count);
    const baseline = byAlternative[plan.baseline]!.slice(0, count);
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
