// The cell of a study: plain data that determines one run, the hash of it, and what the run leaves.
//
// Comparisons, sweeps and plans are lists of cells. A list is run by CellRunner (below), which hands
// cells out to threads or to a queue and gives the results back in the cells' order, the same for any
// number of workers; a store keeps each result under its hash, so no cell is run twice.
//
// How to use it from a command: make one StudyPoint per variant (another `--set` or scheduler in its
// request; `cluster.nodePools.0.count=12` for a size, `faults.-={kind: NodeCrash, node: n-0, at: 10m}`
// appends a fault), and one cell per point and replication, all cells of a point holding the same
// point object: its inputs are then read once per thread. Ask for more cells whenever the results so
// far call for them; the threads stay.

import { sha256Hex } from "../../base/index.ts";
import type { LongRunMeasure } from "../../analysis/index.ts";
import type { RunEnd } from "../../metrics/index.ts";
import type { MeasuredValue } from "../compare/compare-measures.ts";
import type { RunInputRequest } from "../run-input-request.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import type { WaitingPercentiles } from "../waiting-times.ts";
import type { BinnedSeries } from "./steady-series.ts";

/** One variant of the world: everything that determines its runs but the replication. */
export interface StudyPoint {
  /** Inputs, `--set` overrides, seed, and at most one scheduler. */
  readonly request: RunInputRequest;
  /** What differs between replications. */
  readonly varied: readonly VariedPart[];
  /** Odd replications oppose the one before them. */
  readonly isAntithetic?: true;
  readonly allowUnsimulated: boolean;
  readonly strict: boolean;
  /** What a person would call it, for messages: "best-fit" or "cluster.nodePools.0.count=20". */
  readonly name: string;
}

/** One run of a study. */
export interface StudyCell {
  readonly point: StudyPoint;
  readonly replication: number;
}

/** What one cell leaves: numbers and hashes only, key order as declared. */
export interface CellResult {
  readonly end: RunEnd;
  readonly fingerprint: string;
  readonly inputHash: string;
  readonly podsCreatedCount: number;
  readonly podsPendingAtEndCount: number;
  readonly attemptsCount: number;
  readonly tiedCount: number;
  readonly isUnstable: boolean;
  readonly measures: readonly MeasuredValue[];
  /** Absent: nobody asked. */
  readonly waiting?: WaitingPercentiles;
  /** Of a pilot that looks for a warm-up, in place of `batches`. */
  readonly series?: readonly BinnedSeries[];
  /** Of a steady-state run: what its own batches say, for a study of one long run. */
  readonly batches?: readonly LongRunMeasure[];
}

/** Runs cells, wherever: in threads of this process or on other machines. */
export interface CellRunner {
  /**
   * Results parallel to `cells`; undefined where the caller's signal stopped it before that cell began.
   * Throws what ended the study: the failure of the first failing cell in the list's order.
   */
  run(cells: readonly StudyCell[], watch?: CellWatch): Promise<readonly (CellResult | undefined)[]>;
  /** Lines about what the runs left out, each once, in the order of points; for stderr. */
  readonly notes: string;
  /** Ends the threads or connections. A runner can be closed once. */
  close(): Promise<void>;
}

/** What a caller may watch and stop. */
export interface CellWatch {
  /** Told after each cell, in the order in which they end; `isKept`: it came from the store. */
  readonly onDone?: (cell: StudyCell, isKept: boolean) => void;
  /** Aborted: present cells end, no further ones begin. */
  readonly signal?: AbortSignal;
}

/** Content hash of a cell: `pointHash` is that of everything but the replication. */
export function cellHash(pointHash: string, replication: number): string {
  return sha256Hex(`${pointHash}\nreplication ${replication}\n`);
}
