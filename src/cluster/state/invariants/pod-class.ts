// Pod classes of the conservation law: each pod is in the first that fits, read from the right.

import { NEVER_US, NO_NODE, PodPhase } from "../identity.ts";
import type { NodeIndex } from "../identity.ts";

export type PodClass =
  | "pending"
  | "boundNotStarted"
  | "running"
  | "terminating"
  | "succeeded"
  | "failed"
  | "deleted";

export const POD_CLASSES: readonly PodClass[] = [
  "pending",
  "boundNotStarted",
  "running",
  "terminating",
  "succeeded",
  "failed",
  "deleted",
];

/** The class of a pod that exists. */
export function classOfPod(phase: PodPhase, node: NodeIndex, deletionUs: number): PodClass {
  if (phase === PodPhase.Failed) return "failed";
  if (phase === PodPhase.Succeeded) return "succeeded";
  if (deletionUs !== NEVER_US) return "terminating";
  if (phase === PodPhase.Running) return "running";
  return node === NO_NODE ? "pending" : "boundNotStarted";
}
