// When a pod holds its requests on a node: bound and not finished, the scheduler's view.
//
// One rule for everything that adds up what is held, so that utilisation, cost and fragmentation can
// never disagree about who is on a node.

import { isFinishedPhase, NO_NODE, type PodChange } from "../cluster/index.ts";

/** Whether the pod held its requests on `nodeBefore` until this change. */
export function didHold({ kind, nodeBefore, phaseBefore }: PodChange): boolean {
  return kind !== "Added" && nodeBefore !== NO_NODE && !isFinishedPhase(phaseBefore);
}

/** Whether the pod holds its requests on `nodeAfter` from this change on. */
export function doesHold({ kind, nodeAfter, phaseAfter }: PodChange): boolean {
  return kind !== "Deleted" && nodeAfter !== NO_NODE && !isFinishedPhase(phaseAfter);
}
