// Which cluster events an update of a node amounts to.
//
// One event per changed property, in upstream's order (scheduler-queue.md B8). A heartbeat changes
// none of them and is no event at all.

import {
  areEqualLabels,
  type Condition,
  type NodeObject,
  type ResourceList,
  type Taint,
} from "../../cluster/index.ts";
import { Action, type ClusterEvent } from "../framework/cluster-event.ts";
import { createClusterEvent } from "./cluster-events.ts";

const TAINT = createClusterEvent("Node", Action.UpdateNodeTaint);
const ALLOCATABLE = createClusterEvent("Node", Action.UpdateNodeAllocatable);
const LABEL = createClusterEvent("Node", Action.UpdateNodeLabel);
const CONDITION = createClusterEvent("Node", Action.UpdateNodeCondition);
const ANNOTATION = createClusterEvent("Node", Action.UpdateNodeAnnotation);
const DECLARED_FEATURE = createClusterEvent("Node", Action.UpdateNodeDeclaredFeature);

/** The events of a node update, in the order in which they are announced. */
export function nodeChangeEvents(before: NodeObject, after: NodeObject): readonly ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (before.unschedulable && !after.unschedulable) events.push(TAINT);
  if (!areEqualResources(before.allocatable, after.allocatable)) events.push(ALLOCATABLE);
  if (!areEqualLabels(before.meta.labels, after.meta.labels)) events.push(LABEL);
  if (!areEqualTaints(before.taints, after.taints)) events.push(TAINT);
  if (!areEqualConditions(before.conditions, after.conditions)) events.push(CONDITION);
  if (!areEqualLabels(before.meta.annotations, after.meta.annotations)) events.push(ANNOTATION);
  if (!areEqualTexts(before.declaredFeatures, after.declaredFeatures)) {
    events.push(DECLARED_FEATURE);
  }
  return events;
}

function areEqualResources(a: ResourceList, b: ResourceList): boolean {
  if (a === b) return true;
  if (a.present !== b.present || a.milliCpu !== b.milliCpu || a.memoryBytes !== b.memoryBytes) {
    return false;
  }
  if (a.ephemeralStorageBytes !== b.ephemeralStorageBytes || a.pods !== b.pods) return false;
  if (a.scalars.size !== b.scalars.size) return false;
  for (const [name, amount] of a.scalars) {
    if (b.scalars.get(name) !== amount) return false;
  }
  return true;
}

function areEqualTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every((taint, index) => {
    const other = b[index]!;
    return (
      taint.key === other.key &&
      taint.value === other.value &&
      taint.effect === other.effect &&
      taint.timeAddedSeconds === other.timeAddedSeconds
    );
  });
}

/** Only types and their statuses count; a later one of the same type wins. */
function areEqualConditions(a: readonly Condition[], b: readonly Condition[]): boolean {
  if (a === b) return true;
  const toPair = ({ type, status }: Condition): [string, string] => [type, status];
  return areEqualLabels(new Map(a.map(toPair)), new Map(b.map(toPair)));
}

function areEqualTexts(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, index) => text === b[index]));
}
