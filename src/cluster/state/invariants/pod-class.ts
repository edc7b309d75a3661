// Pod classes of the conservation law: each pod is in the first that fits, read from the right.
//
// Reserved and assumed are what a scheduler believes, so they are no classes here.

import { NEVER_US, NO_NODE, PodPhase } from "../identity.ts";
import type { NodeIndex } from "../identity.ts";

/** A class of the conservation law. */
export type PodClass =
  | "pending"
  | "boundNotStarted"
  | "running"
  | "terminating"
  | "succeeded"
  | "failed"
  | "deleted";

/** All classes, leftmost first. */
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
