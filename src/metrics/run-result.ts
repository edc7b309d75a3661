// The record a run leaves: versioned, plain, the same bytes for the same inputs.
//
// Units stand at the end of every number's name (Us = microseconds of virtual time, Ratio = 0 to 1,
// Count). A value that does not exist (a percentile of nothing, a mean over no time) is null, never
// 0 and never NaN. No wall time, host, path or locale may enter this record.

import type { OperationCounts } from "../scheduler/index.ts";

/** Version of the shape of RunResult and of `summary.json`. */
export const RESULT_SCHEMA_VERSION = "podsim.dev/result/v1";

/** The Kubernetes release whose behaviour is modelled. */
export const KUBERNETES_VERSION = "1.36.3";

/** Why a run ended. Everything but `drained` and `horizon` leaves a partial result. */
export type RunEnd = "drained" | "horizon" | "limit" | "zero-delay-loop" | "stopped" | "failed";

/** Distribution of a span of virtual time over pods, in microseconds; null where n is too small to say. */
export interface DurationSummary {
  readonly count: number;
  readonly minUs: number | null;
  readonly avgUs: number | null;
  readonly p50Us: number | null;
  readonly p90Us: number | null;
  readonly p95Us: number | null;
  readonly p99Us: number | null;
  readonly maxUs: number | null;
  /** Largest relative error of the percentiles: 0 while every value is kept, else that of the histogram. */
  readonly quantileErrorRatio: number;
}

/**
 * Waiting for a node with those pods counted in that never got one: percentiles of Kaplan and Meier's
 * curve. Null = that share was not reached while anybody watched.
 */
export interface PendingSurvival {
  /** Pods measured, bound or not. */
  readonly count: number;
  /** Of them, those that were never bound: pending at the end, or deleted while they waited. */
  readonly censoredCount: number;
  readonly p50Us: number | null;
  readonly p90Us: number | null;
  readonly p95Us: number | null;
  readonly p99Us: number | null;
  /** The longest that any of them was seen waiting, bound or not. */
  readonly longestUs: number;
  /** Where the curve crosses each twentieth that it reaches: so many still wait after so long. */
  readonly curve: readonly { readonly us: number; readonly waitingRatio: number }[];
}

/** One resource over the whole run: time-weighted, over nodes whose Ready condition is True. */
export interface UtilizationSummary {
  readonly resource: string;
  /** Integral of requests of bound, unfinished pods over integral of allocatable. */
  readonly requestedRatio: number | null;
  /** Largest instantaneous ratio. */
  readonly peakRatio: number | null;
}

/** Work of finite runs that were cut short with their pod or machine, all of it since their start. */
export interface LostWorkSummary {
  readonly processesCount: number;
  /** Sum of their times since they started. */
  readonly runUs: number;
  /** Sum of those times times the cpu that their containers request: microseconds of one core. */
  readonly coreUs: number;
}

/** Free room that the pods that usually come cannot use; see docs/measures.md. */
export interface FragmentationSummary {
  /** Kinds of pods that it is measured against. */
  readonly usualPodsCount: number;
  /** Over Ready nodes, time-weighted; GPUs only where a node has some. */
  readonly resources: readonly {
    readonly resource: "cpu" | "memory" | "gpu";
    /** Of what is free, the part that the usual pods cannot use; null where nothing was free. */
    readonly fragmentedRatio: number | null;
    /** Of what is allocatable, the part that is free on nodes where no usual pod fits. */
    readonly strandedRatio: number | null;
  }[];
}

/** How evenly namespaces share the cluster, time-weighted; namespaces that never asked are left out. */
export interface FairnessSummary {
  /** Jain's index of the dominant shares: 1 where all are equal. */
  readonly shareJain: number | null;
  /** Gini's coefficient of the dominant shares: 0 where all are equal. */
  readonly shareGini: number | null;
  /** Jain's index of the served ratios. */
  readonly servedJain: number | null;
  /** By name. */
  readonly namespaces: readonly NamespaceShare[];
}

/** What one namespace had. */
export interface NamespaceShare {
  readonly namespace: string;
  /** Of the resource of which it holds the larger part: what it holds over what is allocatable. */
  readonly dominantShareRatio: number | null;
  /** Of the resource of which it asks for the larger part: what it holds over what it asks for. */
  readonly servedRatio: number | null;
}

/** What the nodes cost while their Node objects existed, in millionths of the currency. */
export interface CostSummary {
  /** "" where nobody says it. */
  readonly currency: string;
  /** Null as soon as one node had no price. */
  readonly totalMicros: number | null;
  /** Of it, what no pod asked for. */
  readonly idleMicros: number | null;
  /** Total over the pods that were bound in the measured time; null where there are none. */
  readonly perPodMicros: number | null;
  readonly unpricedNodesCount: number;
  /** By name: what their pods asked for. */
  readonly namespaces: readonly { readonly namespace: string; readonly micros: number }[];
}

/** What the machines drew while their Node objects existed and they had power. */
export interface EnergySummary {
  /** Null as soon as one node had no power rating. */
  readonly totalJoules: number | null;
  /** Of it, what they would have drawn with nothing to do. */
  readonly idleJoules: number | null;
  readonly unratedNodesCount: number;
}

/** One workload (a Deployment, StatefulSet, ... or "bare pods" of a namespace). */
export interface WorkloadSummary {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly desiredCount: number;
  readonly readyAtEndCount: number;
  /** Integral of min(ready, desired) over integral of desired, from the first instant all were ready. */
  readonly availabilityRatio: number | null;
  /** Time with fewer ready replicas than desired, after all had been ready once. */
  readonly degradedUs: number;
  /** Longest unbroken such span; null if it never fell short after it was complete once. */
  readonly longestDegradedUs: number | null;
  /** First instant all desired replicas were ready; null if never. */
  readonly firstCompleteUs: number | null;
  readonly podsCreatedCount: number;
  readonly podsLostCount: number;
}

/** A gate of the scenario or the command line, with what it measured. */
export interface ThresholdVerdict {
  readonly expression: string;
  readonly measure: string;
  readonly value: number | null;
  readonly unit: string;
  readonly limit: number;
  readonly passed: boolean;
}

/** One thing the scenario expected the API to show, and what it showed. */
export interface ExpectationVerdict {
  /** What it is about, with what narrows it down. */
  readonly about: string;
  /** Null: at the end of the run. */
  readonly atUs: number | null;
  readonly fact: string;
  /** Operator and value. */
  readonly wanted: string;
  /** Null: what it is about, or the instant, was not there. */
  readonly value: number | string | null;
  readonly passed: boolean;
}

/** Something a reader must know to trust the numbers: what was not simulated, inferred or assumed. */
export interface ResultNote {
  readonly code: string;
  readonly message: string;
  readonly count: number;
  /** True if it could have changed where pods are placed. */
  readonly changesScheduling: boolean;
}

/** Why pods left their nodes before they had finished, by cause. Never synonyms: see the glossary. */
export interface DepartureCounts {
  readonly evictedByTaintCount: number;
  readonly evictedByApiCount: number;
  readonly evictedByKubeletCount: number;
  readonly preemptedCount: number;
  readonly lostWithNodeCount: number;
  readonly deletedCount: number;
}

/** What one scheduler of a run came to. */
export interface SchedulerSummary {
  readonly name: string;
  /** Pods that name one of these are its. */
  readonly schedulerNames: readonly string[];
  readonly attemptsCount: number;
  readonly scheduledCount: number;
  readonly unschedulableCount: number;
  readonly errorCount: number;
  /** Of those scheduled, the ones that a hint of opportunistic batching placed. */
  readonly hintedCount: number;
  readonly preemptionsCount: number;
  readonly boundCount: number;
  readonly bindingFailedCount: number;
  /** Of those that failed, the ones whose pod another scheduler had bound first. */
  readonly conflictsCount: number;
  /** Bindings after which more was requested of the node than it has: another scheduler had used the room. */
  readonly overcommitsCount: number;
}

/**
 * What a run cost in operations, which every machine counts alike: the same inputs and the same build
 * give the same counts. From the start of the run, warm-up included. Evaluators that give the same
 * decisions differ here, and only here.
 */
export interface OperationsSummary {
  readonly events: {
    readonly scheduled: number;
    readonly fired: number;
    readonly cancelled: number;
    readonly heapPushes: number;
    readonly heapPops: number;
  };
  /** In order of definition; kinds of which none fired are left out. */
  readonly eventsByKind: readonly { readonly kind: string; readonly count: number }[];
  /** Rows of the fingerprint: changes that the API showed. */
  readonly apiChanges: number;
  /** In the scenario's order. */
  readonly schedulers: readonly (Readonly<OperationCounts> & { readonly name: string })[];
}

/** The versioned record of one run. Key order is the order of this declaration. */
export interface RunResult {
  readonly schemaVersion: string;
  readonly scenario: { readonly name: string; readonly inputHash: string };
  readonly versions: {
    readonly podsim: string;
    readonly kubernetes: string;
    readonly fingerprint: number;
  };
  readonly seed: string;
  readonly replication: number;
  readonly scheduler: string;
  readonly end: {
    readonly reason: RunEnd;
    readonly atUs: number;
    readonly partial: boolean;
    readonly detail?: string;
  };
  readonly fingerprint: string;
  readonly counts: {
    readonly nodes: number;
    readonly podsCreated: number;
    readonly podsBound: number;
    readonly podsSucceeded: number;
    readonly podsFailed: number;
    readonly podsPendingAtEnd: number;
    readonly podsRunningAtEnd: number;
    readonly podsTerminatingAtEnd: number;
    readonly podsUnschedulableAtEnd: number;
    readonly events: number;
  };
  readonly decisions: {
    readonly attemptsCount: number;
    readonly scheduledCount: number;
    readonly unschedulableCount: number;
    readonly errorCount: number;
    /** Decisions in which more than one node had the best score. */
    readonly tiedCount: number;
    readonly nodesEvaluatedCount: number;
  };
  /** In the scenario's order; empty when something else than a scheduler placed the pods. */
  readonly schedulers: readonly SchedulerSummary[];
  readonly pending: DurationSummary;
  readonly startup: DurationSummary;
  /** The pod that waited longest for its node, the first of several; null if none was bound. */
  readonly longestPending: { readonly pod: string; readonly us: number } | null;
  readonly attemptsPerPod: { readonly avg: number | null; readonly max: number | null };
  readonly departures: DepartureCounts;
  readonly lostWork: LostWorkSummary;
  readonly utilization: readonly UtilizationSummary[];
  /** Share of node time in which the machine was up. */
  readonly nodeAvailabilityRatio: number | null;
  readonly availabilityRatio: number | null;
  /** Longest time any workload needed until all its replicas were ready again. */
  readonly recoveryMaxUs: number | null;
  readonly workloads: readonly WorkloadSummary[];
  /** Present where `measures`, a gate or a comparison asks for it. */
  readonly fragmentation?: FragmentationSummary;
  /** Present where it is asked for. */
  readonly fairness?: FairnessSummary;
  /** Present where there are prices, or where it is asked for. */
  readonly cost?: CostSummary;
  /** Present where there are power ratings, or where it is asked for. */
  readonly energy?: EnergySummary;
  /** Present where more than 1 % of the pods measured were never bound. */
  readonly pendingSurvival?: PendingSurvival;
  readonly thresholds: readonly ThresholdVerdict[];
  readonly expectations: readonly ExpectationVerdict[];
  readonly pendingAtEnd: readonly { readonly pod: string; readonly message: string }[];
  readonly operations: OperationsSummary;
  readonly notes: readonly ResultNote[];
}

/** A row of `pods.csv`: one pod object that has ended, or exists at the end. Instants in microseconds, null = did not happen. */
export interface PodRow {
  readonly namespace: string;
  readonly name: string;
  readonly uid: number;
  readonly owner: string;
  readonly node: string;
  readonly phase: string;
  readonly reason: string;
  /** STATUS, READY and RESTARTS as `kubectl get pods` would print them. */
  readonly status: string;
  readonly ready: string;
  readonly restartsCount: number;
  readonly priority: number;
  readonly milliCpuRequested: number;
  readonly memoryBytesRequested: number;
  readonly createdUs: number;
  readonly boundUs: number | null;
  readonly startedUs: number | null;
  readonly readyUs: number | null;
  readonly finishedUs: number | null;
  readonly deletedUs: number | null;
  readonly attemptsCount: number;
  readonly departure: string;
}

/** A row of `nodes.csv`. */
export interface NodeRow {
  readonly name: string;
  readonly zone: string;
  readonly createdUs: number;
  readonly removedUs: number | null;
  readonly milliCpuAllocatable: number;
  readonly memoryBytesAllocatable: number;
  readonly podsAllocatable: number;
  readonly podsBoundCount: number;
  readonly podsMaxCount: number;
  readonly cpuRequestedRatio: number | null;
  readonly memoryRequestedRatio: number | null;
  readonly downUs: number;
  readonly notReadyUs: number;
}

/** A row of `timeseries.csv`: the cluster after a change of any of these values (sampled on change). */
export interface SampleRow {
  readonly atUs: number;
  readonly nodesReady: number;
  readonly podsPending: number;
  readonly podsRunning: number;
  readonly podsReady: number;
  readonly podsTerminating: number;
  readonly milliCpuRequested: number;
  readonly memoryBytesRequested: number;
  readonly milliCpuAllocatable: number;
  readonly memoryBytesAllocatable: number;
}

/** A row of `decisions.csv`: one scheduling cycle. */
export interface DecisionRow {
  readonly atUs: number;
  readonly scheduler: string;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: number;
  readonly attempt: number;
  readonly result: string;
  readonly node: string;
  readonly evaluated: number;
  readonly feasible: number;
  readonly score: number | null;
  readonly ties: number;
  readonly message: string;
}

/** A row of `events.csv`: a Kubernetes Event. */
export interface EventRow {
  readonly atUs: number;
  readonly type: string;
  readonly reason: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly from: string;
  readonly message: string;
}

/** A pod's time until it was bound or ready, told at the instant at which it ended; before a warm-up's end too. */
export interface SpanRow {
  readonly measure: "pending" | "startup";
  readonly atUs: number;
  readonly us: number;
}

/** Who wants rows: each is called as the row becomes final; nothing is hoarded on the way. */
export interface RowSinks {
  readonly pod?: (row: PodRow) => void;
  readonly node?: (row: NodeRow) => void;
  readonly sample?: (row: SampleRow) => void;
  readonly span?: (row: SpanRow) => void;
  readonly decision?: (row: DecisionRow) => void;
  readonly event?: (row: EventRow) => void;
}
