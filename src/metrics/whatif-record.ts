// WhatifRecord: what a change does to a cluster, held against the same world without it.
//
// Made from two runs on the same draws; printed by the report floor. Plain data in stable order. Times
// are microseconds of virtual time, counted from the start of the runs.

import type { MeasureUnit } from "./thresholds.ts";

/** Version of this record's shape; stands in every answer. */
export const WHATIF_SCHEMA_VERSION = "podsim.dev/whatif/v1";

/** What became of a pod's place under the change, against the baseline. */
export type PodOutcome =
  /** It runs on another node. */
  | "moved"
  /** It was ended and made anew on the node it had. */
  | "recreated"
  /** It has no node, and has one in the baseline. */
  | "waits"
  /** It was ended and nobody made it anew. */
  | "gone"
  /** It is there at the end and not ready, and is ready in the baseline. */
  | "down"
  /** It stayed, and its containers ended and were started again oftener than in the baseline. */
  | "restarted"
  /** It got its node a second later or more. */
  | "delayed"
  /** It has a node, and has none in the baseline. */
  | "placed"
  /** It was ended in the baseline and is not here. */
  | "spared"
  /** It exists only under the change. */
  | "new"
  /** It exists only in the baseline. */
  | "not-made";

/** A pod's place with a difference: an owner's n-th pod, and whoever took its place. */
export interface WhatifPod {
  readonly namespace: string;
  /** The pod in the baseline; under the change where the baseline has none. */
  readonly pod: string;
  /** The object at the top of its owners, as Deployment/web; "" for a pod without. */
  readonly workload: string;
  readonly outcome: PodOutcome;
  /** Node in the baseline; "" for none. */
  readonly from: string;
  /** Node under the change; "" for none. */
  readonly to: string;
  /** Who has its place under the change in the end; "" for nobody. */
  readonly successor: string;
  /** How it left, such as evicted-by-api; "" if it did not. */
  readonly cause: string;
  /** The change that named its node or its workload; "" for a knock-on effect. */
  readonly because: string;
  /** When it left; null if it did not. */
  readonly leftUs: number | null;
  /** How often its place was emptied; of a restarted pod, how many restarts more it has. */
  readonly endedCount: number;
  /** From creation to its node, of whoever has its place in the end; null while it has none. */
  readonly waitedUs: number | null;
  /** From creation to the end of the run, of whoever has no node then; else null. */
  readonly pendingUs: number | null;
  /** What the scheduler last said of it while it had no node. */
  readonly message: string;
}

/** One workload under both. */
export interface WhatifWorkload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly baseline: WorkloadFigures | null;
  readonly change: WorkloadFigures | null;
}

/** Ready replicas against those asked for. */
export interface WorkloadFigures {
  readonly desiredCount: number;
  readonly readyAtEndCount: number;
  /** Fewest ready replicas after all had been ready once; null if they never were. */
  readonly readyMinCount: number | null;
  /**
   * Time with fewer ready replicas than asked for, since all were ready for the first time in either
   * run; less than a second until then in the other run counts as nothing.
   */
  readonly shortUs: number;
  /** The longest such span; null if there was none. */
  readonly longestShortUs: number | null;
}

/** A budget that held up an eviction. */
export interface WhatifBudget {
  readonly namespace: string;
  readonly budget: string;
  readonly node: string;
  readonly pod: string;
  readonly refusalsCount: number;
  readonly fromUs: number;
  /** The last refusal. */
  readonly lastUs: number;
  /** When the pod was evicted at last; null: never within the run. */
  readonly untilUs: number | null;
  readonly message: string;
}

/** How one of the changes was understood. */
export interface WhatifChange {
  readonly text: string;
  /** In words: what is done, to how many, from when. */
  readonly taken: string;
  /** Null: from the start. */
  readonly atUs: number | null;
}

/** A measure of both runs. */
export interface WhatifMeasure {
  readonly measure: string;
  readonly unit: MeasureUnit;
  readonly baseline: number | null;
  readonly change: number | null;
}

/** A gate, judged under the change. */
export interface WhatifGate {
  readonly expression: string;
  readonly unit: string;
  readonly baseline: number | null;
  readonly change: number | null;
  readonly passed: boolean;
}

/** Counts of outcomes. */
export type OutcomeCounts = Readonly<Record<PodOutcome, number>>;

/** The answer to "what if". */
export interface WhatifRecord {
  readonly schemaVersion: string;
  readonly scenario: { readonly name: string; readonly inputHash: string };
  readonly versions: { readonly podsim: string; readonly kubernetes: string };
  readonly seed: string;
  readonly changes: readonly WhatifChange[];
  /** True: all pods that have a node were placed anew under both. */
  readonly rescheduled: boolean;
  readonly end: {
    /** Of the longer run; the other stood still meanwhile. */
    readonly atUs: number;
    /** False: one of them was stopped before its end. */
    readonly isWhole: boolean;
  };
  readonly fingerprints: { readonly baseline: string; readonly change: string };
  readonly counts: OutcomeCounts;
  /** Pods without a node at the end. */
  readonly pending: { readonly baseline: number; readonly change: number };
  readonly pods: readonly WhatifPod[];
  /** All workloads, changed or not. */
  readonly workloads: readonly WhatifWorkload[];
  readonly budgets: readonly WhatifBudget[];
  readonly nodes: {
    readonly baselineCount: number;
    readonly changeCount: number;
    readonly added: readonly string[];
    readonly removed: readonly string[];
    /** Without any pod but those of DaemonSets at the end, and not so in the baseline. */
    readonly emptied: readonly string[];
  };
  readonly measures: readonly WhatifMeasure[];
  readonly thresholds: readonly WhatifGate[];
  readonly notes: readonly string[];
}
