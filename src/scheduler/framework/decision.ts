// Decision: everything one scheduling cycle concluded, as a record.
//
// Every evaluator returns this type, so they can be compared with each other and with recorded
// truth. Per-node and per-plugin details are filled in only when asked for; a run does not hoard.

import type { NodeRow } from "../cache/scheduler-cache.ts";
import type { NodeStatuses } from "./node-statuses.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Status } from "./status.ts";

/** A rule of upstream that this build does not model and that this pod touches. */
export interface NotSimulated {
  readonly plugin: string;
  readonly reason: string;
}

/** Scores of one plugin; the three lists are parallel to `feasible`. */
export interface PluginScores {
  readonly plugin: string;
  readonly weight: number;
  readonly raw: readonly number[];
  readonly normalized: readonly number[];
  readonly weighted: readonly number[];
}

/** How a cycle ended: a node, no node fits, no nodes at all, or an internal error. */
export type DecisionOutcome = "placed" | "unschedulable" | "no-nodes" | "error";

/** The result of one scheduling cycle up to (not including) assume; PostFilter is the caller's. */
export interface Decision {
  readonly pod: PodInfo;
  readonly outcome: DecisionOutcome;
  /** The chosen node, or -1. */
  readonly node: NodeRow | -1;
  /** Nodes that passed all filters, in evaluation order. */
  readonly feasible: readonly NodeRow[];
  /** How many those are; cheaper to ask than the list. */
  readonly feasibleCount: number;
  /** Total of the chosen node; undefined when nothing was scored. */
  readonly score: number | undefined;
  readonly statuses: NodeStatuses;
  /** PreFilter's overall verdict; Success unless it rejected the whole pod or failed. */
  readonly preFilter: Status;
  /** Names left by PreFilter's narrowing; undefined when nothing narrowed. */
  readonly narrowedTo: ReadonlySet<string> | undefined;
  /** Plugins that skipped, in profile order. */
  readonly skippedFilters: readonly string[];
  readonly skippedScores: readonly string[];
  /** Plugins that rejected the pod somewhere (or narrowed): the queue asks them about events. */
  readonly rejectingPlugins: ReadonlySet<string>;
  /** Totals parallel to `feasible`; empty when a single feasible node needed no scores. */
  readonly totals: readonly number[];
  /** Per plugin, when details were asked for; empty otherwise. */
  readonly scores: readonly PluginScores[];
  /** How many feasible nodes share the highest total (1 when nothing was scored). */
  readonly tieCount: number;
  /** True when the pod's nominated node fitted, so nothing else was looked at. */
  readonly viaNominated: boolean;
  /** The node that opportunistic batching proposed; "" when it proposed none. */
  readonly hint: string;
  /** True when that node took the pod, so that nothing else was looked at. */
  readonly viaHint: boolean;
  /** Nodes filtered in this cycle (feasible and rejected). */
  readonly evaluatedCount: number;
  /** Where the search began and where the next one begins. */
  readonly start: number;
  readonly nextStart: number;
  /** FitError text before PostFilter, or the error text; "" when placed. */
  readonly message: string;
  /** PreFilter's message inside the FitError; needed to append PostFilter's text later. */
  readonly preFilterMessage: string;
  readonly notSimulated: readonly NotSimulated[];
}
