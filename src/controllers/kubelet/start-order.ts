// In which order the containers of a pod start, and when all of them are over.
//
// Init containers one by one, each after the one before has ended with 0; a sidecar lets the next
// one go as soon as it is started; then the main containers one after the other, an image that is
// being pulled holding up those behind it, an image that cannot be pulled not. Pure functions.

import type { Container, PodTemplate, RestartRule } from "../../cluster/index.ts";
import { ContainerStage, type KubeletPod } from "./kubelet-pod.ts";

/** No container is to be started now. */
export const NONE = -1;

/** Position of the container to start next, or NONE. */
export function nextToStart(record: KubeletPod, template: PodTemplate): number {
  for (let i = 0; i < record.initCount; i++) {
    const { stage, isStarted, exitCode } = record.containers[i]!;
    if (stage === ContainerStage.Waiting) return i;
    const isPassed = template.initContainers[i]!.isSidecar
      ? isStarted
      : stage === ContainerStage.Ended && exitCode === 0;
    if (!isPassed) return NONE;
  }
  for (let i = record.initCount; i < record.containerCount; i++) {
    const { stage, reason, isHooked } = record.containers[i]!;
    if (stage === ContainerStage.Waiting) return i;
    if (stage === ContainerStage.Creating || isHooked) return NONE;
    if (stage === ContainerStage.Pulling && reason === "") return NONE;
  }
  return NONE;
}

/**
 * True while a sync of the pod is taken up by starting containers: it says nothing of the pod until
 * the last one that it can start has been started. An image that is backed off holds nobody up.
 */
export function isStarting({ containers, containerCount }: KubeletPod): boolean {
  for (let i = 0; i < containerCount; i++) {
    const { stage, reason, isHooked } = containers[i]!;
    if (stage === ContainerStage.Creating || isHooked) return true;
    if (stage === ContainerStage.Pulling && reason === "") return true;
  }
  return false;
}

/** True once every init container has ended with 0, or is a sidecar that is started. */
export function isInitialized(record: KubeletPod, template: PodTemplate): boolean {
  for (let i = 0; i < record.initCount; i++) {
    const { stage, isStarted, exitCode } = record.containers[i]!;
    const isPassed = template.initContainers[i]!.isSidecar
      ? isStarted
      : stage === ContainerStage.Ended && exitCode === 0;
    if (!isPassed) return false;
  }
  return true;
}

/** True if a container that ended with this code is started again, by its own policy or the pod's. */
export function isRestarted(template: PodTemplate, position: number, exitCode: number): boolean {
  const isInit = position < template.initContainers.length;
  const container = containerAt(template, position);
  if (container.restartRules.some((rule) => matches(rule, exitCode))) return true;
  const policy = container.restartPolicy ?? template.restartPolicy;
  // An init container that has done its work is never repeated while the sandbox stands.
  if (isInit && !container.isSidecar) return exitCode !== 0 && policy !== "Never";
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

function matches({ operator, exitCodes }: RestartRule, exitCode: number): boolean {
  return exitCodes.includes(exitCode) === (operator === "In");
}

/** An init container failed for good, or all main containers have ended for good. */
export function isOver(record: KubeletPod, template: PodTemplate): boolean {
  if (hasInitFailed(record, template)) return true;
  for (let i = record.initCount; i < record.containerCount; i++) {
    if (record.containers[i]!.stage !== ContainerStage.Ended) return false;
  }
  return true;
}

/** An ordinary init container ended with another code than 0 and is not started again. */
export function hasInitFailed(record: KubeletPod, template: PodTemplate): boolean {
  for (let i = 0; i < record.initCount; i++) {
    const { stage, exitCode } = record.containers[i]!;
    if (stage !== ContainerStage.Ended || exitCode === 0) continue;
    if (!template.initContainers[i]!.isSidecar) return true;
  }
  return false;
}

/** Exit code that stands for the pod: 0 if all main containers ended with 0, else the first other one. */
export function podExitCode(record: KubeletPod, template: PodTemplate): number {
  for (let i = 0; i < record.containerCount; i++) {
    const { exitCode } = record.containers[i]!;
    const isSidecar = i < record.initCount && template.initContainers[i]!.isSidecar;
    if (exitCode !== 0 && !isSidecar) return exitCode;
  }
  return 0;
}

/** The container at a position: init containers first, then main ones. */
export function containerAt(
  { initContainers, containers }: PodTemplate,
  position: number,
): Container {
  const initCount = initContainers.length;
  return position < initCount ? initContainers[position]! : containers[position - initCount]!;
}

/**
 * True if a container that runs already has a port that this one declares: they share one network,
 * so the later one cannot listen. The API accepts such pods.
 */
export function hasPortClash({ containers, template }: KubeletPod, position: number): boolean {
  const { ports } = containerAt(template, position);
  if (ports.length === 0) return false;
  const count = template.initContainers.length + template.containers.length;
  for (let other = 0; other < count; other++) {
    if (other === position || containers[other]!.stage !== ContainerStage.Running) continue;
    const isTaken = containerAt(template, other).ports.some(({ containerPort, protocol }) =>
      ports.some((port) => port.containerPort === containerPort && port.protocol === protocol),
    );
    if (isTaken) return true;
  }
  return false;
}
