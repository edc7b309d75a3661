// Pod status text: what `kubectl get pods` shows in the columns STATUS and READY.
//
// For people: no decision and no measure may read these texts.

import { ConditionStatus, formatPhase, NO_NODE, PodConditionType, PodPhase } from "./identity.ts";
import { NEVER_US } from "./identity.ts";
import type { PodIndex } from "./identity.ts";
import type { PodTable } from "./pod-table.ts";

/**
 * The STATUS column. A deletion outranks everything but a finished phase; a reason of the pod or of
 * a container outranks the phase; a pod that its kubelet has taken on but that does not run yet
 * waits for its containers to be created.
 */
export function formatPodStatus(pods: PodTable, pod: PodIndex): string {
  const phase = pods.phase(pod);
  if (pods.isDeleting(pod) && !pods.isFinished(pod)) return "Terminating";
  const reason = pods.reason(pod);
  if (reason !== "") return reason;
  const containerReason = pods.containerReason(pod);
  if (containerReason !== "") return containerReason;
  if (phase === PodPhase.Succeeded) return "Completed";
  if (phase === PodPhase.Failed) return "Error";
  if (phase !== PodPhase.Pending) return formatPhase(phase);
  const { PodScheduled } = PodConditionType;
  if (pods.conditionReason(pod, PodScheduled) === "SchedulingGated") return "SchedulingGated";
  const isTaken = pods.node(pod) !== NO_NODE && pods.startUs(pod) !== NEVER_US;
  return isTaken ? "ContainerCreating" : "Pending";
}

/** The READY column: containers that are ready, of how many; all or none of them. */
export function formatPodReady(pods: PodTable, pod: PodIndex): string {
  const { containers, initContainers } = pods.template(pod);
  const sidecars = initContainers.filter((container) => container.isSidecar).length;
  const count = containers.length + sidecars;
  const areReady = pods.containersReady(pod) === ConditionStatus.True;
  return `${areReady ? count : 0}/${count}`;
}
