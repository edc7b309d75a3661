// The record that a sweep leaves: one row per combination of parameters and scheduler.
//
// Versioned and plain, the same bytes for the same inputs wherever the cells ran. What a row cannot
// say (nothing varied, few, unstable, missing) is in its estimates' types, as everywhere.

import type { MeasureUnit } from "../metrics/index.ts";
import type { AlternativeSummary } from "./compare-record.ts";
import type { Estimate } from "./estimate.ts";
import type { Direction } from "./paired-comparison.ts";

/** Version of the shape of SweepRecord and of `sweep.json`. */
export const SWEEP_SCHEMA_VERSION = "podsim.dev/sweep/v1";

/** One combination under one scheduler, over its replications. */
export interface SweepRow extends Omit<AlternativeSummary, "name"> {
  /** Values of the record's parameters, as they were given. */
  readonly values: readonly string[];
  readonly scheduler: string;
  readonly seed: string;
  readonly study: "fixed" | "terminating" | "steady-state";
  readonly warmUpUs: number;
  readonly horizonUs: number | null;
  /** Null before the first replication. */
  readonly inputHash: string | null;
  readonly replicationsCount: number;
  /** In the order of the record's measures. */
  readonly estimates: readonly Estimate[];
}

/** The whole sweep. Key order is the order of this declaration. */
export interface SweepRecord {
  readonly schemaVersion: string;
  readonly scenario: string;
  readonly versions: {
    readonly podsim: string;
    readonly kubernetes: string;
    readonly fingerprint: number;
  };
  readonly varied: readonly string[];
  readonly replicationsCount: number;
  readonly confidence: number;
  /** Above 0: the sweep was stopped, and rows hold the replications that were whole. */
  readonly missingCellsCount: number;
  /** Paths in the scenario. */
  readonly parameters: readonly string[];
  readonly measures: readonly {
    readonly measure: string;
    readonly unit: MeasureUnit;
    readonly direction: Direction;
  }[];
  readonly rows: readonly SweepRow[];
}
