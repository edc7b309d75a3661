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
  /** How the pod came out of the queue to be tried; null for a snapshot. */
  readonly queue: ExplainedQueue | null;
  readonly decision: ExplainedDecision | null;
  /** The node asked about with --node. */
  readonly askedNode: ExplainedNode | null;
  /** For a pod without a node: what stands in the way where least does, nearest first. */
  readonly nearest: readonly NodeObstacles[];
  /** For a pod without a node: changes of the pod itself, fewest first, each tried out. */
  readonly suggestions: readonly PodSuggestion[];
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
  /** STATUS and READY as `kubectl get pods` would print them then. */
  readonly shown: { readonly status: string; readonly ready: string };
  /** `status` of the v1 Pod then, with conditions and containers; null once the object is gone. */
  readonly status: Readonly<Record<string, unknown>> | null;
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

/** The pod's way through the queue before the explained attempt. */
export interface ExplainedQueue {
  /** Moves since the attempt before (or since the pod was seen), in order. */
  readonly moves: readonly {
    readonly atUs: number;
    readonly place: string;
    /** The event's name as in queue_incoming_pods_total. */
    readonly event: string;
  }[];
  /** The event that let it into the active queue; "" when it was there from the start. */
  readonly wokenBy: string;
  /** End of its last back-off; null when it had none. */
  readonly backoffUntilUs: number | null;
  /** Attempts before this one that ended with a rejection, and with an error (in a row). */
  readonly rejectedCount: number;
  readonly errorCount: number;
  /** Plugins that rejected it before: the ones asked whether an event is worth another attempt. */
  readonly rejectedBy: readonly string[];
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
  readonly postFilter: ExplainedPostFilter | null;
}

/** What was tried for a pod that fits nowhere. */
export interface ExplainedPostFilter {
  readonly message: string;
  readonly nominatedNode: string | null;
  /** The search for victims; null when there was none (`message` says why). */
  readonly preemption: ExplainedPreemption | null;
}

/** A search for pods to evict. */
export interface ExplainedPreemption {
  /** Nodes where evictions cannot help, whoever goes. */
  readonly hopelessCount: number;
  /** Nodes where they might have, but enough candidates were found before. */
  readonly notTriedCount: number;
  /** Nodes that would take the pod, in the order in which they were found. */
  readonly candidates: readonly PreemptionOption[];
  /** Nodes tried in vain, by what still stands in the way. */
  readonly rejected: readonly {
    readonly reasons: readonly string[];
    readonly count: number;
    readonly nodes: readonly string[];
  }[];
  /** Which rule told the chosen candidate from the others; "" when there is none. */
  readonly why: string;
}

/** A node with those who would have to go, most important first. */
export interface PreemptionOption {
  readonly node: string;
  readonly victims: readonly { readonly pod: string; readonly priority: number }[];
  /** Victims whose eviction breaks a disruption budget. */
  readonly budgetViolations: number;
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
  /** The node that an earlier, equal pod's ranking proposed (opportunistic batching); null = none. */
  readonly hintedNode: string | null;
  readonly viaHint: boolean;
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
  readonly count: number;
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
  /** What would let the pod fit here: see NodeObstacles. */
  readonly changes: readonly ExplainedChange[];
  readonly check: NodeObstacles["check"];
  readonly refusal: string;
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

/** What keeps a pod off one node, and what would have to change around it. */
export interface NodeObstacles {
  /** "*" stands for every node, where the pod was refused before any node was looked at. */
  readonly node: string;
  readonly obstacles: readonly Obstacle[];
  /** The fewest changes found that let the pod fit there; empty where nothing is known to help. */
  readonly changes: readonly ExplainedChange[];
  /**
   * "fits": with these changes all filters were asked again, and the pod fits. "refused": something
   * still objects (`refusal`). "unknown": a rule objects of which no remedy is known.
   */
  readonly check: "fits" | "refused" | "unknown";
  /** What still objects; "" when nothing does. */
  readonly refusal: string;
}

/** One thing that stands in the way. */
export interface Obstacle {
  readonly plugin: string;
  readonly code: string;
  readonly kind: ObstacleKind;
  /** What is in the way and what would remove it. */
  readonly text: string;
  /** For resources: asked, free and offered in all, and how much is missing. */
  readonly lack: ResourceLack | null;
}

/** What sort of rule stands in the way. */
export type ObstacleKind =
  | "resource"
  | "taint"
  | "label"
  | "cordon"
  | "port"
  | "spread"
  | "affinity"
  | "volume"
  | "feature"
  | "other";

/** A resource of which a node has too little left. */
export interface ResourceLack {
  readonly resource: string;
  readonly unit: ResourceUnit;
  readonly asked: number;
  readonly free: number;
  readonly allocatable: number;
  readonly missing: number;
}

/** One change, of the pod or around it. */
export interface ExplainedChange {
  readonly target: "pod" | "node" | "cluster";
  readonly kind: ChangeKind;
  /** What to do, without the node's name: "+250m cpu", "tolerate taint gpu=yes:NoSchedule". */
  readonly text: string;
  /** The node that is changed or emptied; null for changes of the pod. */
  readonly node: string | null;
  /** For what is counted: from how much to how much. Not one unit less would do. */
  readonly amount: {
    readonly resource: string;
    readonly unit: ResourceUnit;
    readonly from: number;
    readonly to: number;
  } | null;
  /** Pods that would have to be gone, as namespace/name; all of them. */
  readonly podsGone: readonly string[];
}

/** What a change does. */
export type ChangeKind =
  | "more-room"
  | "smaller-request"
  | "remove-taint"
  | "add-toleration"
  | "uncordon"
  | "set-labels"
  | "drop-node-selector"
  | "drop-node-affinity"
  | "pods-gone"
  | "drop-host-port"
  | "raise-max-skew"
  | "drop-spread-constraint"
  | "drop-affinity-term"
  | "drop-anti-affinity-term"
  | "drop-volume"
  | "declare-features"
  | "drop-features";

/** Changes of the pod alone that together let it fit somewhere; tried out. */
export interface PodSuggestion {
  readonly changes: readonly ExplainedChange[];
  readonly nodeCount: number;
  /** In list order. */
  readonly nodes: readonly string[];
}
