// What a Deployment's status says after a sync: counts, conditions Available and Progressing, and
// when its progress deadline has to be looked at. Pure functions over the ReplicaSets' statuses.

import type { StoredObject } from "../cluster/index.ts";
import { wholeSeconds } from "./deletion-rank.ts";
import {
  type DeploymentStatus,
  deploymentStatusOf,
  findCondition,
  type ReplicaSetStatus,
  type WorkloadCondition,
  withoutCondition,
  withWorkloadCondition,
} from "./workload-status.ts";

type DeploymentRecord = StoredObject<"Deployment">;

/** Seconds that mean "no progress deadline". */
const NO_DEADLINE_SECONDS = 2_147_483_647;

/** What the new status is made of. */
export interface StatusInput {
  readonly deployment: DeploymentRecord;
  readonly replicaSets: readonly ReplicaSetStatus[];
  readonly newest: ReplicaSetStatus | undefined;
  /** Most pods that may be missing. */
  readonly unavailableMax: number;
  readonly terminating: number;
  /** False after a mere resize or pause, when progress is not judged. */
  readonly isRollout: boolean;
  readonly nowUs: number;
}

/** The status after a sync. */
export function deploymentStatusAfter(input: StatusInput): DeploymentStatus {
  const { deployment, replicaSets, newest, nowUs } = input;
  const before = deploymentStatusOf(deployment);
  const replicas = sum(replicaSets, (one) => one.replicas);
  const available = sum(replicaSets, (one) => one.availableReplicas);
  const availableMin = deployment.object.replicas - input.unavailableMax;
  const isAvailable = available >= availableMin;
  const counts: DeploymentStatus = {
    observedGeneration: deployment.generation,
    replicas,
    updatedReplicas: newest?.replicas ?? 0,
    readyReplicas: sum(replicaSets, (one) => one.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, Math.max(replicas, deployment.object.replicas) - available),
    terminatingReplicas: input.terminating,
    conditions: withWorkloadCondition(
      before.conditions,
      "Available",
      isAvailable ? "True" : "False",
      isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      nowUs,
    ),
  };
  const failure = newest?.replicaFailure ?? "";
  const conditions = input.isRollout
    ? progressConditions(deployment, before, counts, nowUs)
    : pausedConditions(deployment, counts.conditions, nowUs);
  return { ...counts, conditions: withFailure(conditions, failure, nowUs) };
}

/** All wanted pods are of the new template, available, and nothing else is left. */
export function isDeploymentComplete(
  deployment: DeploymentRecord,
  status: DeploymentStatus,
): boolean {
  const { replicas } = deployment.object;
  return (
    status.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.availableReplicas === replicas &&
    status.observedGeneration >= deployment.generation
  );
}

/**
 * When to look again because the deadline may have passed: one second after it, since API times
 * have whole seconds. Undefined while nothing is in progress.
 */
export function progressDeadlineWakeUs(
  deployment: DeploymentRecord,
  status: DeploymentStatus,
  nowUs: number,
): number | undefined {
  const progressing = findCondition(status.conditions, "Progressing");
  const { progressDeadlineSeconds } = deployment.object;
  if (progressDeadlineSeconds >= NO_DEADLINE_SECONDS || progressing === undefined) return undefined;
  if (isDeploymentComplete(deployment, status)) return undefined;
  const isJudged = ["ProgressDeadlineExceeded", "NewReplicaSetAvailable"].includes(
    progressing.reason,
  );
  if (isJudged) return undefined; // such a rollout is over, whatever has become of its pods since
  const deadlineUs = wholeSeconds(progressing.updatedUs) + progressDeadlineSeconds * 1_000_000;
  return Math.max(deadlineUs, nowUs) + 1_000_000;
}

function progressConditions(
  deployment: DeploymentRecord,
  before: DeploymentStatus,
  after: DeploymentStatus,
  nowUs: number,
): readonly WorkloadCondition[] {
  const { conditions } = after;
  if (deployment.object.progressDeadlineSeconds >= NO_DEADLINE_SECONDS) {
    return withoutCondition(conditions, "Progressing");
  }
  const current = findCondition(conditions, "Progressing");
  const wasDone = current?.reason === "NewReplicaSetAvailable";
  if (wasDone && after.replicas === after.updatedReplicas) return conditions;
  if (isDeploymentComplete(deployment, after)) {
    return withWorkloadCondition(
      conditions,
      "Progressing",
      "True",
      "NewReplicaSetAvailable",
      nowUs,
    );
  }
  if (hasProgressed(before, after)) {
    const transitionUs = current?.status === "True" ? current.transitionUs : nowUs;
    const updated: WorkloadCondition = {
      type: "Progressing",
      status: "True",
      reason: "ReplicaSetUpdated",
      updatedUs: nowUs,
      transitionUs,
    };
    return [...withoutCondition(conditions, "Progressing"), updated];
  }
  if (!hasTimedOut(deployment, current, nowUs)) return conditions;
  return withWorkloadCondition(
    conditions,
    "Progressing",
    "False",
    "ProgressDeadlineExceeded",
    nowUs,
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldBefore = before.replicas - before.updatedReplicas;
  const oldAfter = after.replicas - after.updatedReplicas;
  return (
    after.updatedReplicas > before.updatedReplicas ||
    oldAfter < oldBefore ||
    after.readyReplicas > before.readyReplicas ||
    after.availableReplicas > before.availableReplicas
  );
}

function hasTimedOut(
  deployment: DeploymentRecord,
  current: WorkloadCondition | undefined,
  nowUs: number,
): boolean {
  if (current === undefined || current.reason === "NewReplicaSetAvailable") return false;
  if (current.reason === "ProgressDeadlineExceeded") return true;
  const { progressDeadlineSeconds } = deployment.object;
  return nowUs > wholeSeconds(current.updatedUs) + progressDeadlineSeconds * 1_000_000;
}

function pausedConditions(
  deployment: DeploymentRecord,
  conditions: readonly WorkloadCondition[],
  nowUs: number,
): readonly WorkloadCondition[] {
  const current = findCondition(conditions, "Progressing");
  if (current?.reason === "ProgressDeadlineExceeded") return conditions;
  const isPaused = current?.reason === "DeploymentPaused";
  if (deployment.object.paused === isPaused) return conditions;
  const reason = deployment.object.paused ? "DeploymentPaused" : "DeploymentResumed";
  return withWorkloadCondition(conditions, "Progressing", "Unknown", reason, nowUs);
}

function withFailure(
  conditions: readonly WorkloadCondition[],
  reason: string,
  nowUs: number,
): readonly WorkloadCondition[] {
  if (reason === "") return withoutCondition(conditions, "ReplicaFailure");
  return withWorkloadCondition(conditions, "ReplicaFailure", "True", reason, nowUs);
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
