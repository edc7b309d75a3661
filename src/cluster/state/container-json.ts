// Container statuses as Kubernetes JSON, and the texts of conditions that only they explain.
//
// Texts that follow from the states are made here when somebody reads them, so that no pod holds
// them. A pod of which no kubelet has written is described by its phase: its containers share the
// pod's restarts with the first of them.

import { ContainerState, type ContainerEnd, type ContainerStatus } from "./container-statuses.ts";
import { ConditionStatus, NEVER_US, PodPhase } from "./identity.ts";
import type { PodIndex } from "./identity.ts";
import type { PodTable } from "./pod-table.ts";
import { formatTimestamp } from "./timestamp-text.ts";

/** A JSON object with its keys in order. */
export type JsonObject = { [key: string]: unknown };

/** Messages of states whose reason says all there is to say. */
const MESSAGES: ReadonlyMap<string, string> = new Map([
  ["ContainerStatusUnknown", "The container could not be located when the pod was terminated"],
]);

/** `initContainerStatuses` (if there are any) and `containerStatuses` of a pod. */
export function containerStatusesToJson(
  pods: PodTable,
  pod: PodIndex,
  originSeconds: number,
): JsonObject {
  const { initContainers, containers } = pods.template(pod);
  const known = pods.containerStatuses(pod);
  const json = [...initContainers, ...containers].map(({ name, image }, position) => {
    const status = known[position];
    const isFirst = position === initContainers.length;
    const stated = status === undefined ? byPhase(pods, pod, isFirst) : stateOf(status);
    return { name, ...stated, image };
  });
  const init = json.slice(0, initContainers.length);
  return {
    ...(init.length === 0 || known.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: json.slice(initContainers.length),
  };

  function stateOf(status: ContainerStatus): JsonObject {
    const { state, isReady, isStarted, restartCount, last } = status;
    return {
      state: stateToJson(state, status, originSeconds),
      lastState: last === undefined ? {} : { terminated: endToJson(last, originSeconds) },
      ready: isReady,
      restartCount,
      started: isStarted,
    };
  }
}

/**
 * The message of a condition that is False because containers are not ready or not initialized,
 * which names them; "" for any other reason.
 */
export function unreadyMessage(pods: PodTable, pod: PodIndex, reason: string): string {
  const isOfInit = reason === "ContainersNotInitialized";
  if (!isOfInit && reason !== "ContainersNotReady") return "";
  const { initContainers, containers } = pods.template(pod);
  const statuses = pods.containerStatuses(pod);
  if (statuses.length === 0) return "";
  const names = [...initContainers, ...containers].flatMap(({ name, isSidecar }, position) => {
    const isInit = position < initContainers.length;
    const { isReady, isStarted } = statuses[position]!;
    if (isOfInit) return isInit && !(isSidecar ? isStarted : isReady) ? [name] : [];
    return (!isInit || isSidecar) && !isReady ? [name] : [];
  });
  if (names.length === 0) return "";
  return `containers with ${isOfInit ? "incomplete" : "unready"} status: [${names.join(" ")}]`;
}

function byPhase(pods: PodTable, pod: PodIndex, isFirst: boolean): JsonObject {
  return {
    ready: pods.containersReady(pod) === ConditionStatus.True,
    restartCount: isFirst ? pods.restartCount(pod) : 0,
    ...(pods.phase(pod) === PodPhase.Running ? { state: { running: {} } } : {}),
  };
}

function stateToJson(state: ContainerState, status: ContainerStatus, origin: number): JsonObject {
  switch (state) {
    case ContainerState.Waiting:
      return { waiting: status.reason === "" ? {} : { reason: status.reason } };
    case ContainerState.Running:
      return { running: instants({ startedAt: status.startedUs }, origin) };
    case ContainerState.Terminated:
      return { terminated: endToJson(status, origin) };
  }
}

function endToJson(end: ContainerEnd, originSeconds: number): JsonObject {
  const { exitCode, reason, startedUs, finishedUs } = end;
  const message = MESSAGES.get(reason);
  return {
    exitCode,
    ...(reason === "" ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...instants({ startedAt: startedUs, finishedAt: finishedUs }, originSeconds),
  };
}

/** Instants that are known, as texts. */
function instants(given: Readonly<Record<string, number>>, originSeconds: number): JsonObject {
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, atUs]) => atUs !== NEVER_US)
      .map(([name, atUs]) => [name, formatTimestamp(atUs, originSeconds)]),
  );
}
