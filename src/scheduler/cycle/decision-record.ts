// DecisionRecord: what one attempt came to, for observers (metrics, explanations, checks).
//
// Told once per attempt at the instant of the decision. Whether the binding succeeds is told apart.

import type { Decision } from "../framework/decision.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { PreemptionCandidate } from "../preemption/candidate.ts";
import type { QueuedPod, QueuePlace } from "../queue/queued-pod.ts";

/** How an attempt ended, under the names of schedule_attempts_total. */
export type AttemptResult = "scheduled" | "unschedulable" | "error";

/** One attempt of one pod; instants in microseconds. */
export interface DecisionRecord {
  /** The pod as it was when popped. */
  readonly pod: PodInfo;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly poppedUs: number;
  /** Instant of the decision: pop plus the length of the cycle. */
  readonly decidedUs: number;
  /** First time in the active queue, for the waiting time. */
  readonly initialAttemptUs: number;
  readonly result: AttemptResult;
  /** The chosen node, "" when none. */
  readonly nodeName: string;
  readonly evaluatedCount: number;
  readonly feasibleCount: number;
  /** Total score of the chosen node; undefined when nothing was scored. */
  readonly score: number | undefined;
  /** Feasible nodes with the highest total, the chosen one included. */
  readonly tieCount: number;
  /** Failure text, "" when placed. */
  readonly message: string;
  readonly decision: Decision;
}

/** Who wants to be told; a listener must not change anything. */
export interface SchedulerObserver {
  onDecision?(record: DecisionRecord): void;
  /** A pod came to a place of the queue, by the event of that name; the record lives on. */
  onQueueMove?(record: QueuedPod, place: QueuePlace, event: string): void;
  /** The binding was accepted by the API. */
  onBound?(pod: PodInfo, nodeName: string, atUs: number): void;
  /** Pods are going to be evicted for this one; told right after its decision. */
  onPreemption?(preemptor: PodInfo, candidate: PreemptionCandidate, atUs: number): void;
  /** A pending pod names no profile of this scheduler; it is left alone. */
  onUnclaimed?(pod: PodInfo): void;
  /** A placed pod was not bound: conflict, rejected Permit, or a failing plugin. */
  onBindingFailed?(pod: PodInfo, nodeName: string, reason: string, atUs: number): void;
}

/** Counts over a scheduler's life. */
export interface SchedulerStatistics {
  attempts: number;
  placed: number;
  unschedulable: number;
  errors: number;
  bound: number;
  bindingFailures: number;
  /** Of those, the ones whose pod somebody else had bound first. */
  bindingConflicts: number;
  /** Pods placed by a hint of opportunistic batching. */
  hinted: number;
  /** Preemptions begun, and their victims. */
  preemptions: number;
  preemptionVictims: number;
  /** Decisions in which several nodes were scored. */
  scoredDecisions: number;
  /** Of those, the ones with more than one best node: a live scheduler may choose otherwise. */
  tiedDecisions: number;
  /** Pods seen that name no profile of this scheduler. */
  unclaimedPods: number;
}

/** All zero. */
export function createSchedulerStatistics(): SchedulerStatistics {
  return {
    attempts: 0,
    placed: 0,
    unschedulable: 0,
    errors: 0,
    bound: 0,
    bindingFailures: 0,
    bindingConflicts: 0,
    hinted: 0,
    preemptions: 0,
    preemptionVictims: 0,
    scoredDecisions: 0,
    tiedDecisions: 0,
    unclaimedPods: 0,
  };
}
