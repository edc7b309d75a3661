// ExplainRecord: why one pod went where it went, as a versioned value.
//
// Made by replaying a run up to one decision, or from a snapshot alone; printed by the report floor.
// Plain data in stable order with raw numbers; it holds names, never rows or handles.

/** Version of this record's shape; stands in every explanation. */
export const EXPLAIN_SCHEMA_VERSION = "podsim.dev/explain/v1";

/** The answer to "why is this pod where it is". */
export interface ExplainRecord {
  readonly schemaVersion: string;
  readonly source: "run" | "snapshot";
  readonly scenario: { readonly name: string; readonly inputHash: string };
  readonly versions: { readonly podsim: string; readonly kubernetes: string };
  /** The scheduler as the user calls it. */
  readonly scheduler: string;
  readonly pod: ExplainedPod;
  /** Why there is no decision to explain; null when there is one. */
  readonly untried: UntriedPod | null;
  /** Attempts on this pod object, equal neighbours counted together. Empty for a snapshot. */
  readonly attempts: readonly AttemptSpan[];
  /** The attempt that is explained; null for a snapshot. */
  readonly attempt: ExplainedAttempt | null;
  readonly decision: ExplainedDecision | null;
  /** The node asked about with --node. */
  readonly askedNode: ExplainedNode | null;
  /** For a pod without a node: what stands in the way where least does, nearest first. */
  readonly nearest: readonly NodeObstacles[];
  /** Rules that this pod touches and that are not simulated. */
  readonly notSimulated: readonly { readonly plugin: string; readonly reason: string }[];
  /** What else a reader must know, such as a replay that went another way. */
  readonly notes: readonly string[];
}

/** The pod in question. */
export interface ExplainedPod {
  readonly namespace: string;
  readonly name: string;
  /** Creation number in the run. */
  readonly uid: number;
  readonly schedulerName: string;
  readonly priority: number;
  readonly requests: readonly ResourceAmount[];
  /** At the end of the replay. */
  readonly phase: string;
  readonly node: string | null;
}

/** An amount of a resource: cpu in thousandths, memory and storage in bytes, all else counted. */
export interface ResourceAmount {
  readonly resource: string;
  readonly unit: ResourceUnit;
  readonly amount: number;
}

/** What an amount of a resource counts. */
export type ResourceUnit = "milli" | "bytes" | "count";

/** A pod about which no scheduler ever decided. */
export interface UntriedPod {
  readonly reason: "gated" | "unclaimed" | "preassigned" | "waiting" | "finished" | "deleting";
  readonly text: string;
}

/** Successive attempts with one outcome. */
export interface AttemptSpan {
  readonly firstAttempt: number;
  readonly lastAttempt: number;
  readonly firstUs: number;
  readonly lastUs: number;
  readonly result: string;
  readonly node: string | null;
  readonly message: string;
}

/** When the explained decision was made. */
export interface ExplainedAttempt {
  readonly number: number;
  readonly poppedUs: number;
  readonly decidedUs: number;
  readonly result: string;
}

/** One decision with its reasons. */
export interface ExplainedDecision {
  readonly outcome: "placed" | "unschedulable" | "no-nodes" | "error";
  readonly node: string | null;
  /** The failure text as the pod's condition shows it; "" when placed. */
  readonly message: string;
  readonly search: SearchSummary;
  /** Every node of the cluster is in exactly one group. */
  readonly verdicts: readonly VerdictGroup[];
  /** Null when nothing was scored; `whyNoScores` says why. */
  readonly scores: ScoreTable | null;
  readonly whyNoScores: string;
  readonly ties: TieSet | null;
  /** What PostFilter (preemption) said; null when it was not asked. */
  readonly postFilter: { readonly message: string; readonly nominatedNode: string | null } | null;
}

/** How much of the cluster was looked at. */
export interface SearchSummary {
  readonly nodeCount: number;
  readonly evaluatedCount: number;
  readonly feasibleCount: number;
  readonly rejectedCount: number;
  readonly notLookedAtCount: number;
  /** Of those, how many would have taken the pod. */
  readonly notLookedAtFittingCount: number;
  /** The search ends after so many feasible nodes. */
  readonly wantedCount: number;
  /** Position in the node list where the search began, and the node there. */
  readonly start: number;
  readonly startNode: string | null;
  readonly nextStart: number;
  readonly viaNominated: boolean;
  /** Nodes left by PreFilter; null when nothing narrowed the search. */
  readonly narrowedTo: readonly string[] | null;
  /** Filters that had nothing to say about this pod. */
  readonly skippedFilters: readonly string[];
}

/** Nodes with one verdict. */
export interface VerdictGroup {
  readonly verdict: "feasible" | "rejected" | "left-out" | "not-looked-at";
  /** Empty where no plugin spoke. */
  readonly plugin: string;
  readonly code: string;
  readonly reasons: readonly string[];
  readonly count: number;
  /** In the order in which they were judged. */
  readonly nodes: readonly string[];
}

/** Scores of all feasible nodes; best first, equals in the order of the search. */
export interface ScoreTable {
  readonly plugins: readonly { readonly plugin: string; readonly weight: number }[];
  /** Plugins that had nothing to say about this pod. */
  readonly skipped: readonly string[];
  readonly nodes: readonly NodeScores[];
}

/** One node's row; `scores` is parallel to the table's plugins. */
export interface NodeScores {
  readonly node: string;
  /** Position in the feasible list, which decides among equals. */
  readonly position: number;
  readonly total: number;
  readonly scores: readonly {
    readonly raw: number;
    readonly normalized: number;
    readonly weighted: number;
  }[];
}

/** The nodes of the highest total. */
export interface TieSet {
  readonly total: number;
  readonly nodes: readonly string[];
  readonly winner: string;
  readonly why: string;
}

/** Everything about one node at that decision. */
export interface ExplainedNode {
  readonly node: string;
  readonly verdict: VerdictGroup["verdict"];
  /** Each filter asked on its own, in the profile's order; a real cycle stops at the first refusal. */
  readonly filters: readonly {
    readonly plugin: string;
    readonly code: string;
    readonly reasons: readonly string[];
  }[];
  readonly obstacles: readonly Obstacle[];
  /** Place among the feasible by total, 1 = best; null when it was not scored. */
  readonly rank: number | null;
  readonly total: number | null;
  /** Weighted scores beside the winner's. */
  readonly againstWinner: readonly {
    readonly plugin: string;
    readonly weighted: number;
    readonly winnerWeighted: number;
  }[];
}

/** What keeps a pod off one node. */
export interface NodeObstacles {
  readonly node: string;
  readonly obstacles: readonly Obstacle[];
}

/** One thing that would have to change. */
export interface Obstacle {
  readonly plugin: string;
  readonly code: string;
  readonly kind: "resource" | "taint" | "label" | "cordon" | "port" | "other";
  /** What is in the way and what would remove it. */
  readonly text: string;
  /** For resources: asked, free and offered in all, and how much is missing. */
  readonly lack: ResourceLack | null;
}

/** A resource of which a node has too little left. */
export interface ResourceLack {
  readonly resource: string;
  readonly unit: ResourceUnit;
  readonly asked: number;
  readonly free: number;
  readonly allocatable: number;
  readonly missing: number;
}
