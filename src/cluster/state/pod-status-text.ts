// Pod status text: what `kubectl get pods` shows in the columns STATUS, READY and RESTARTS.
//
// For people: no decision and no measure may read these texts. A pod of which no kubelet has
// written container statuses (one of the initial state) is described by its phase and conditions.

import { ContainerState, type ContainerStatus } from "./container-statuses.ts";
import { ConditionStatus, formatPhase, NO_NODE, PodConditionType, PodPhase } from "./identity.ts";
import { NEVER_US } from "./identity.ts";
import type { PodIndex } from "./identity.ts";
import type { PodTable } from "./pod-table.ts";

/** What is so of the init containers, the main ones, and how many of each kind are ready. */
interface PrintedPod {
  /** "" = nothing is in the way of the phase. */
  readonly reason: string;
  readonly readyCount: number;
  readonly restartCount: number;
}

/**
 * The STATUS column. A deletion outranks everything but a finished phase; what containers wait for
 * or ended with outranks the pod's reason, and that outranks the phase.
 */
export function formatPodStatus(pods: PodTable, pod: PodIndex): string {
  if (pods.isDeleting(pod) && !pods.isFinished(pod)) return "Terminating";
  const phase = pods.phase(pod);
  const { PodScheduled } = PodConditionType;
  const isGated = pods.conditionReason(pod, PodScheduled) === "SchedulingGated";
  const own = isGated ? "SchedulingGated" : pods.reason(pod) || formatPhase(phase);
  const statuses = pods.containerStatuses(pod);
  if (statuses.length > 0) return print(pods, pod, statuses).reason || own;
  if (isGated || pods.reason(pod) !== "") return own;
  if (phase === PodPhase.Succeeded) return "Completed";
  if (phase === PodPhase.Failed) return "Error";
  const isTaken = pods.node(pod) !== NO_NODE && pods.startUs(pod) !== NEVER_US;
  return phase === PodPhase.Pending && isTaken ? "ContainerCreating" : own;
}

/** The READY column: containers that are ready, of how many; sidecars count. */
export function formatPodReady(pods: PodTable, pod: PodIndex): string {
  const { containers, initContainers } = pods.template(pod);
  const sidecars = initContainers.filter((container) => container.isSidecar).length;
  const count = containers.length + sidecars;
  const statuses = pods.containerStatuses(pod);
  if (statuses.length > 0) return `${print(pods, pod, statuses).readyCount}/${count}`;
  const areReady = pods.containersReady(pod) === ConditionStatus.True;
  return `${areReady ? count : 0}/${count}`;
}

/** The RESTARTS column: those of the init containers until they are done, then those of all others. */
export function podRestartsShown(pods: PodTable, pod: PodIndex): number {
  const statuses = pods.containerStatuses(pod);
  if (statuses.length === 0) return pods.restartCount(pod);
  return print(pods, pod, statuses).restartCount;
}

function print(pods: PodTable, pod: PodIndex, statuses: readonly ContainerStatus[]): PrintedPod {
  const init = printInit(pods, pod, statuses);
  const { Initialized, Ready } = PodConditionType;
  const isPast = init.reason === "" || pods.condition(pod, Initialized) === ConditionStatus.True;
  if (!isPast) return init;
  const isReady = pods.condition(pod, Ready) === ConditionStatus.True;
  const first = pods.template(pod).initContainers.length;
  const main = printMain(statuses.slice(first), init.reason, isReady);
  const sidecarRestarts = sumOfSidecars(pods, pod, statuses);
  return {
    reason: main.reason,
    readyCount: init.readyCount + main.readyCount,
    restartCount: sidecarRestarts + main.restartCount,
  };
}

/** Init containers up to the first that holds up the rest. */
function printInit(
  pods: PodTable,
  pod: PodIndex,
  statuses: readonly ContainerStatus[],
): PrintedPod {
  const { initContainers } = pods.template(pod);
  let readyCount = 0;
  let restartCount = 0;
  for (const [position, { isSidecar }] of initContainers.entries()) {
    const { state, reason, exitCode, isStarted, isReady, restartCount: own } = statuses[position]!;
    restartCount += own;
    if (state === ContainerState.Terminated && exitCode === 0) continue;
    if (isSidecar && isStarted) {
      if (isReady) readyCount++;
      continue;
    }
    const isPlain = state === ContainerState.Running || reason === "PodInitializing";
    const shown = isPlain || reason === "" ? `${position}/${initContainers.length}` : reason;
    return { reason: `Init:${shown}`, readyCount, restartCount };
  }
  return { reason: "", readyCount, restartCount };
}

/** Main containers, where the first that waits or ended gives the word. */
function printMain(
  statuses: readonly ContainerStatus[],
  reasonBefore: string,
  isPodReady: boolean,
): PrintedPod {
  let shown = reasonBefore;
  let errorReason = "";
  let readyCount = 0;
  let restartCount = 0;
  for (const { state, reason, exitCode, isReady, restartCount: own } of [...statuses].reverse()) {
    restartCount += own;
    if (state === ContainerState.Running) {
      if (isReady) readyCount++;
      continue;
    }
    if (reason !== "") shown = reason;
    if (state === ContainerState.Terminated && exitCode !== 0) errorReason = shown;
  }
  const isSomeRunning = readyCount > 0;
  if (shown !== "Completed") return { reason: shown, readyCount, restartCount };
  if (isSomeRunning && isPodReady) return { reason: "Running", readyCount, restartCount };
  const instead = errorReason || (isSomeRunning ? "NotReady" : shown);
  return { reason: instead, readyCount, restartCount };
}

function sumOfSidecars(
  pods: PodTable,
  pod: PodIndex,
  statuses: readonly ContainerStatus[],
): number {
  return pods
    .template(pod)
    .initContainers.reduce(
      (sum, { isSidecar }, position) => sum + (isSidecar ? statuses[position]!.restartCount : 0),
      0,
    );
}
