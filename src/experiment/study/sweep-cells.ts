// From a sweep's cells to its record: one row per combination and scheduler.
//
// Pure: the cells may come from threads, from shards or from a queue. Of a row only the replications
// before the first missing one count, so that a sweep that was stopped says nothing about luck.

import {
  type AntitheticPilot,
  type Estimate,
  judgePairs,
  SWEEP_SCHEMA_VERSION,
  type SweepRecord,
  type SweepRow,
  type SweptWarmUp,
} from "../../analysis/index.ts";
import { assert, streamName } from "../../base/index.ts";
import { KUBERNETES_VERSION } from "../../metrics/index.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import { FINGERPRINT_VERSION, PODSIM_VERSION } from "../versions.ts";
import {
  estimateRuns,
  longRunsOfVariant,
  type StudiedWorld,
  studyOf,
  summaryOf,
} from "./cell-estimates.ts";
import { blockedPairs, opposedMeasures, pilotCount } from "./antithetic-pairs.ts";
import { type FaultStratum, stratifiedEstimate, strataToldOf } from "./fault-strata.ts";
import { bootstrapRuns, waitingEstimates } from "./more-estimates.ts";
import type { CellResult } from "./study-cell.ts";

/** What is swept: plain, so that a store can keep it. */
export interface SweepPlan {
  readonly parameters: readonly string[];
  readonly rows: readonly {
    /** Values of the parameters, in their order. */
    readonly values: readonly string[];
    readonly scheduler: string;
    readonly world: StudiedWorld;
    /** Replications chosen so that rare ones are among them; absent: 0 up to the count. */
    readonly strata?: readonly FaultStratum[];
  }[];
  readonly varied: readonly VariedPart[];
  /** Odd replications oppose the one before them; estimates are over pairs. */
  readonly isAntithetic?: true;
  /** Of every row; where nothing varies, one replication says it all. */
  readonly replicationsCount: number;
  readonly confidence: number;
  /** Measures to report, by name or first part ("pending"); empty = all. */
  readonly measures: readonly string[];
  /** What the first pairs said, where pairs were asked for; if they are not kept, none is antithetic. */
  readonly antitheticPilot?: AntitheticPilot;
  /** What makes this sweep again, without what changes nothing about it; "" = not said. */
  readonly command?: string;
  /** What pilots found, one per combination; the rows' worlds then have it. */
  readonly warmUps?: readonly SweptWarmUp[];
}

/** All cells of a plan by row and replication; a row's stand together. */
export function sweepCellsOf(plan: SweepPlan): { row: number; replication: number }[] {
  const count = countOf(plan);
  return plan.rows.flatMap(({ strata }, row) => {
    const chosen = strata?.flatMap(({ replications }) => replications);
    return Array.from({ length: count }, (_, at) => ({ row, replication: chosen?.[at] ?? at }));
  });
}

/** The cells of the first pairs of every row, for a plan that asks for pairs. */
export function sweepPilotCellsOf(plan: SweepPlan): { row: number; replication: number }[] {
  const count = pilotCount(plan.replicationsCount);
  return plan.rows.flatMap((_, row) =>
    Array.from({ length: count }, (_replication, replication) => ({ row, replication })),
  );
}

/** Whether those pairs are worth going on with; `results` are parallel to their cells. */
export function judgeSweptPairs(plan: SweepPlan, results: readonly CellResult[]): AntitheticPilot {
  const count = pilotCount(plan.replicationsCount);
  const runs = plan.rows.map((_, row) => results.slice(row * count, (row + 1) * count));
  const names = measuresIn(runs, plan.measures).map(({ measure }) => measure);
  return judgePairs(
    count / 2,
    runs.flatMap((some) => opposedMeasures(some, names)),
  );
}

/** The record; `results` are parallel to the plan's cells, undefined where there is none. */
export function sweepCells(
  plan: SweepPlan,
  results: readonly (CellResult | undefined)[],
): SweepRecord {
  const count = countOf(plan);
  assert(results.length === plan.rows.length * count, "one result or hole per cell");
  const runs = plan.rows.map((_, row) => prefixOf(results.slice(row * count, (row + 1) * count)));
  const measures = measuresIn(runs, plan.measures);
  return {
    schemaVersion: SWEEP_SCHEMA_VERSION,
    scenario: plan.rows[0]!.world.metadata.name,
    versions: {
      podsim: PODSIM_VERSION,
      kubernetes: KUBERNETES_VERSION,
      fingerprint: FINGERPRINT_VERSION,
    },
    command: plan.command ?? "",
    ...(plan.antitheticPilot && { antitheticPilot: plan.antitheticPilot }),
    varied: plan.varied,
    replicationsCount: count,
    confidence: plan.confidence,
    missingCellsCount: results.filter((result) => result === undefined).length,
    parameters: plan.parameters,
    measures,
    rows: plan.rows.map((_, row) => rowOf(plan, row, runs[row]!, measures)),
    ...(plan.warmUps && { warmUps: plan.warmUps }),
    ...longRunsOf(plan, runs),
  };
}

function longRunsOf(
  { confidence }: SweepPlan,
  rows: readonly (readonly CellResult[])[],
): Pick<SweepRecord, "longRuns"> {
  const longRuns = rows.flatMap((runs, row) =>
    longRunsOfVariant(runs, confidence).map((one) => ({ row, ...one })),
  );
  return longRuns.length === 0 ? {} : { longRuns };
}

function countOf(plan: SweepPlan): number {
  return plan.varied.length === 0 ? 1 : plan.replicationsCount;
}

function prefixOf(results: readonly (CellResult | undefined)[]): CellResult[] {
  const hole = results.indexOf(undefined);
  return (hole < 0 ? results : results.slice(0, hole)) as CellResult[];
}

// Rows may have resources that others lack: every name once, in the order of first appearance.
function measuresIn(
  rows: readonly (readonly CellResult[])[],
  asked: readonly string[],
): SweepRecord["measures"] {
  const found = new Map<string, SweepRecord["measures"][number]>();
  for (const [first] of rows)
    for (const { measure, unit, direction } of first?.measures ?? [])
      if (!found.has(measure)) found.set(measure, { measure, unit, direction });
  return [...found.values()].filter(
    ({ measure }) =>
      asked.length === 0 ||
      asked.some((name) => measure === name || measure.startsWith(`${name}.`)),
  );
}

function rowOf(
  plan: SweepPlan,
  row: number,
  runs: readonly CellResult[],
  measures: SweepRecord["measures"],
): SweepRow {
  const { values, scheduler, world, strata } = plan.rows[row]!;
  const study = studyOf(world, plan.varied);
  const { name: _name, ...summary } = summaryOf(scheduler, runs);
  const used = plan.isAntithetic === true ? blockedPairs(runs) : runs;
  const estimates = measures.map(({ measure }): Estimate => {
    const at = runs[0]?.measures.findIndex((one) => one.measure === measure) ?? -1;
    if (at >= 0 && strata !== undefined)
      return stratifiedEstimate(study, strata, runs, at, plan.confidence);
    if (at >= 0) return estimateRuns(study, used, at, plan.confidence);
    const { length: count } = runs;
    return { kind: "absent", reason: "no-values", count, affectedCount: count };
  });
  return {
    values,
    scheduler,
    seed: world.run.seed,
    study: study.kind,
    warmUpUs: world.run.warmup,
    horizonUs: world.run.horizon ?? null,
    inputHash: runs[0]?.inputHash ?? null,
    replicationsCount: runs.length,
    ...summary,
    // Rare replications are there more often than they come: no plain mean over runs is right.
    ...(strata === undefined
      ? waitingEstimates(study, used, plan.confidence)
      : { strata: strataToldOf(strata) }),
    estimates,
    ...(plan.isAntithetic === true && {
      antithetic: opposedMeasures(
        runs,
        measures.map(({ measure }) => measure),
      ),
    }),
    ...bootstrapsOf(plan, row, used, measures, estimates),
  };
}

/** Second intervals of what is skewed or bounded, each from a stream of its own name. */
function bootstrapsOf(
  { parameters, rows, confidence }: SweepPlan,
  row: number,
  runs: readonly CellResult[],
  measures: SweepRecord["measures"],
  estimates: readonly Estimate[],
): Pick<SweepRow, "bootstraps"> {
  const { values, scheduler, world } = rows[row]!;
  const name = [...values.map((value, at) => `${parameters[at]!}=${value}`), scheduler].join(",");
  const bootstraps = measures.flatMap(({ measure }, place) => {
    const at = runs[0]?.measures.findIndex((one) => one.measure === measure) ?? -1;
    const purpose = `bootstrap/sweep/${world.metadata.name}/${measure}/${name}`;
    const stream = streamName(world.run.seed, 0, purpose);
    const found =
      at < 0
        ? undefined
        : bootstrapRuns(runs, at, { estimate: estimates[place]!, stream, confidence });
    return found === undefined ? [] : { measure, ...found };
  });
  return bootstraps.length === 0 ? {} : { bootstraps };
}
