// What workload controllers write into the status of their objects: plain immutable records.
//
// The object store keeps a status without knowing its type; these are the types, and the functions
// that read them from a stored object. A status that nobody wrote yet reads as all zero.

import type { StoredObject } from "../cluster/index.ts";

/** A stored object of any kind, without its spec. */
export type StoredHead = Omit<StoredObject, "object">;

/** Status of a ReplicaSet or ReplicationController. */
export interface ReplicaSetStatus {
  readonly observedGeneration: number;
  /** Active pods. */
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly terminatingReplicas: number;
  /** Reason of condition ReplicaFailure; "" when it is absent. */
  readonly replicaFailure: string;
}

/** One condition of a workload object; instants in microseconds. */
export interface WorkloadCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly updatedUs: number;
  readonly transitionUs: number;
}

/** Status of a Deployment. */
export interface DeploymentStatus {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly unavailableReplicas: number;
  readonly terminatingReplicas: number;
  readonly conditions: readonly WorkloadCondition[];
}

/** Status of a StatefulSet; `replicas` counts every created pod, terminating ones included. */
export interface StatefulSetStatus {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly currentReplicas: number;
  readonly updatedReplicas: number;
  readonly currentRevision: string;
  readonly updateRevision: string;
}

/** Status of a DaemonSet. */
export interface DaemonSetStatus {
  readonly observedGeneration: number;
  readonly desiredNumberScheduled: number;
  readonly currentNumberScheduled: number;
  readonly numberMisscheduled: number;
  readonly numberReady: number;
  readonly updatedNumberScheduled: number;
  readonly numberAvailable: number;
  readonly numberUnavailable: number;
}

/** Status of a Job. Counted pods are gone from the API's point of view only when they are removed. */
export interface JobStatus {
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly startUs: number;
  readonly completionUs: number;
  readonly completedIndexes: readonly number[];
  readonly failedIndexes: readonly number[];
  readonly conditions: readonly WorkloadCondition[];
}

const NO_REPLICA_SET_STATUS: ReplicaSetStatus = {
  observedGeneration: 0,
  replicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  terminatingReplicas: 0,
  replicaFailure: "",
};

const NO_DEPLOYMENT_STATUS: DeploymentStatus = {
  observedGeneration: 0,
  replicas: 0,
  updatedReplicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  unavailableReplicas: 0,
  terminatingReplicas: 0,
  conditions: [],
};

const NO_JOB_STATUS: JobStatus = {
  active: 0,
  ready: 0,
  terminating: 0,
  succeeded: 0,
  failed: 0,
  startUs: -1,
  completionUs: -1,
  completedIndexes: [],
  failedIndexes: [],
  conditions: [],
};

const NO_STATEFUL_SET_STATUS: StatefulSetStatus = {
  observedGeneration: 0,
  replicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  currentReplicas: 0,
  updatedReplicas: 0,
  currentRevision: "",
  updateRevision: "",
};

/** The stored status, or that of a ReplicaSet nobody has synced yet: all zero. */
export function replicaSetStatusOf(stored: StoredHead): ReplicaSetStatus {
  return (stored.status as ReplicaSetStatus | undefined) ?? NO_REPLICA_SET_STATUS;
}

/** The stored status, or that of a Deployment nobody has synced yet: all zero. */
export function deploymentStatusOf(stored: StoredHead): DeploymentStatus {
  return (stored.status as DeploymentStatus | undefined) ?? NO_DEPLOYMENT_STATUS;
}

/** The stored status, or that of a Job nobody has synced yet: nothing started. */
export function jobStatusOf(stored: StoredHead): JobStatus {
  return (stored.status as JobStatus | undefined) ?? NO_JOB_STATUS;
}

/** The stored status, or that of a StatefulSet nobody has synced yet: no revision. */
export function statefulSetStatusOf(stored: StoredHead): StatefulSetStatus {
  return (stored.status as StatefulSetStatus | undefined) ?? NO_STATEFUL_SET_STATUS;
}

/** True if two flat status records hold the same values (lists and conditions by their elements). */
export function isSameStatus(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => isSameStatus(left[key], right[key]));
}

/** The condition of a type, if it is there. */
export function findCondition(
  conditions: readonly WorkloadCondition[],
  type: string,
): WorkloadCondition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/**
 * The list with a condition set as upstream does it: nothing changes if status and reason are the
 * same; the transition instant stays if the status does. New and changed conditions go last.
 */
export function withWorkloadCondition(
  conditions: readonly WorkloadCondition[],
  type: string,
  status: WorkloadCondition["status"],
  reason: string,
  nowUs: number,
): readonly WorkloadCondition[] {
  const before = findCondition(conditions, type);
  if (before?.status === status && before.reason === reason) return conditions;
  const transitionUs = before?.status === status ? before.transitionUs : nowUs;
  const rest = conditions.filter((condition) => condition.type !== type);
  return [...rest, { type, status, reason, updatedUs: nowUs, transitionUs }];
}

/** The list without a condition. */
export function withoutCondition(
  conditions: readonly WorkloadCondition[],
  type: string,
): readonly WorkloadCondition[] {
  return findCondition(conditions, type) === undefined
    ? conditions
    : conditions.filter((condition) => condition.type !== type);
}
