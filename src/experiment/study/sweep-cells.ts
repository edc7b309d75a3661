// From a sweep's cells to its record: one row per combination and scheduler.
//
// Pure: the cells may come from threads, from shards or from a queue. Of a row only the replications
// before the first missing one count, so that a sweep that was stopped says nothing about luck.

import {
  type Estimate,
  SWEEP_SCHEMA_VERSION,
  type SweepRecord,
  type SweepRow,
} from "../../analysis/index.ts";
import { assert } from "../../base/index.ts";
import { KUBERNETES_VERSION } from "../../metrics/index.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import { FINGERPRINT_VERSION, PODSIM_VERSION } from "../versions.ts";
import { estimateRuns, type StudiedWorld, studyOf, summaryOf } from "./cell-estimates.ts";
import type { CellResult } from "./study-cell.ts";

/** What is swept: plain, so that a store can keep it. */
export interface SweepPlan {
  readonly parameters: readonly string[];
  readonly rows: readonly {
    /** Values of the parameters, in their order. */
    readonly values: readonly string[];
    readonly scheduler: string;
    readonly world: StudiedWorld;
  }[];
  readonly varied: readonly VariedPart[];
  /** Of every row; where nothing varies, one replication says it all. */
  readonly replicationsCount: number;
  readonly confidence: number;
  /** Measures to report, by name or first part ("pending"); empty = all. */
  readonly measures: readonly string[];
}

/** All cells of a plan by row and replication; a row's stand together. */
export function sweepCellsOf(plan: SweepPlan): { row: number; replication: number }[] {
  const count = countOf(plan);
  return plan.rows.flatMap((_, row) =>
    Array.from({ length: count }, (_cell, replication) => ({ row, replication })),
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
    varied: plan.varied,
    replicationsCount: count,
    confidence: plan.confidence,
    missingCellsCount: results.filter((result) => result === undefined).length,
    parameters: plan.parameters,
    measures,
    rows: plan.rows.map((_, row) => rowOf(plan, row, runs[row]!, measures)),
  };
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
  const { values, scheduler, world } = plan.rows[row]!;
  const study = studyOf(world, plan.varied);
  const { name: _name, ...summary } = summaryOf(scheduler, runs);
  const estimates = measures.map(({ measure }): Estimate => {
    const at = runs[0]?.measures.findIndex((one) => one.measure === measure) ?? -1;
    if (at >= 0) return estimateRuns(study, runs, at, plan.confidence);
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
    estimates,
  };
}
