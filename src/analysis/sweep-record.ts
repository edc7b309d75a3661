// The record that a sweep leaves: one row per combination of parameters and scheduler.
//
// Versioned and plain, the same bytes for the same inputs wherever the cells ran. What a row cannot
// say (nothing varied, few, unstable, missing) is in its estimates' types, as everywhere.

import type { MeasureUnit } from "../metrics/index.ts";
import type { BootstrapBeside } from "./bootstrap-beside.ts";
import type { AlternativeSummary } from "./compare-record.ts";
import type { Estimate } from "./estimate.ts";
import type { LongRunMeasure } from "./batch-means.ts";
import type { Direction } from "./paired-comparison.ts";
import type { AntitheticAnswer, AntitheticPilot } from "./variance-reduction.ts";
import type { WarmUpRecord } from "./warm-up-record.ts";

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
  /** Present of replications that were chosen by how many machines fail; estimates weight them. */
  readonly strata?: readonly {
    /** Machines that fail at least once: from, and up to (null: or more). */
    readonly machinesMin: number;
    readonly machinesMax: number | null;
    readonly probability: number;
    readonly replicationsCount: number;
  }[];
  /** Present of antithetic pairs; estimates are then over pairs. */
  readonly antithetic?: readonly AntitheticAnswer[];
  /** Present where measures are skewed or bounded: a second interval, beside that of the estimate. */
  readonly bootstraps?: readonly (BootstrapBeside & { readonly measure: string })[];
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
  /** What makes the sweep again; "" = not said. */
  readonly command: string;
  /** Present where pairs were asked for: whether the first of them were worth going on with. */
  readonly antitheticPilot?: AntitheticPilot;
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
  /** Present where warm-ups were found by a pilot: one per combination, in the order of the rows. */
  readonly warmUps?: readonly SweptWarmUp[];
  /** Present where rows are one long run each: what its batches say. */
  readonly longRuns?: readonly (LongRunMeasure & { readonly row: number })[];
}

/** The warm-up of one combination, the same for all its schedulers. */
export interface SweptWarmUp extends WarmUpRecord {
  /** Values of the record's parameters. */
  readonly values: readonly string[];
}
