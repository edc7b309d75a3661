// Which cluster events an update of a pod amounts to.
//
// The watch only says "modified"; what changed decides which plugins are asked. Conditions and order
// are those of scheduler-queue.md B8; an update with none of them is a general Update.

import { areEqualLabels, type ResourceList } from "../../cluster/index.ts";
import { Action, type ClusterEvent } from "../framework/cluster-event.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { createClusterEvent } from "./cluster-events.ts";

/** The two resources under which a pod's updates are announced. */
export type PodResource = "AssignedPod" | "UnschedulablePod";

type PodEvents = Readonly<Record<PodChangeName, ClusterEvent>>;
type PodChangeName = "label" | "scaleDown" | "gatesGone" | "toleration" | "general";

const EVENTS: Readonly<Record<PodResource, PodEvents>> = {
  AssignedPod: podEvents("AssignedPod"),
  UnschedulablePod: podEvents("UnschedulablePod"),
};

/**
 * The change events of a pod update, in the order in which they are announced. Generated resource
 * claims are not modelled, so UpdatePodGeneratedResourceClaim never occurs.
 */
export function podChangeEvents(
  resource: PodResource,
  oldPod: PodInfo,
  newPod: PodInfo,
): readonly ClusterEvent[] {
  const names = EVENTS[resource];
  const before = oldPod.template;
  const after = newPod.template;
  if (before === after) return [names.general];
  const events: ClusterEvent[] = [];
  if (!areEqualLabels(before.labels, after.labels)) events.push(names.label);
  if (isScaledDown(before.nodeRequests, after.nodeRequests)) events.push(names.scaleDown);
  if (before.schedulingGates.length > 0 && after.schedulingGates.length === 0) {
    events.push(names.gatesGone);
  }
  if (before.tolerations.length !== after.tolerations.length) events.push(names.toleration);
  return events.length === 0 ? [names.general] : events;
}

/** True when some resource is requested less than before, or no longer named. */
function isScaledDown(before: ResourceList, after: ResourceList): boolean {
  if ((before.present & ~after.present) !== 0) return true;
  if (after.milliCpu < before.milliCpu) return true;
  if (after.memoryBytes < before.memoryBytes) return true;
  if (after.ephemeralStorageBytes < before.ephemeralStorageBytes) return true;
  for (const [name, amount] of before.scalars) {
    const now = after.scalars.get(name);
    if (now === undefined || now < amount) return true;
  }
  return false;
}

function podEvents(resource: PodResource): PodEvents {
  return {
    label: createClusterEvent(resource, Action.UpdatePodLabel),
    scaleDown: createClusterEvent(resource, Action.UpdatePodScaleDown),
    gatesGone: createClusterEvent(resource, Action.UpdatePodSchedulingGatesEliminated),
    toleration: createClusterEvent(resource, Action.UpdatePodToleration),
    general: createClusterEvent(resource, Action.Update),
  };
}
