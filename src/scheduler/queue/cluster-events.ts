// The cluster events the queue itself knows: how they are made and which have a fixed meaning.
//
// What an update of a pod or node amounts to is told by pod-changes.ts and node-changes.ts.

import { Action, type ClusterEvent, type EventResource } from "../framework/cluster-event.ts";

const NAME_OF_ACTIONS: ReadonlyMap<number, string> = new Map(
  Object.entries(Action).map(([name, bits]): [number, string] => [bits, name]),
);

/** An event with its metrics label: resource and action, e.g. "AssignedPodDelete". */
export function createClusterEvent(resource: EventResource, actions: number): ClusterEvent {
  const label = `${resource}${NAME_OF_ACTIONS.get(actions) ?? actions}`;
  return Object.freeze({ resource, actions, label });
}

/** Events of fixed meaning, shared so that frequent changes allocate none. */
export const NODE_ADD: ClusterEvent = createClusterEvent("Node", Action.Add);
/** A node is gone. */
export const NODE_DELETE: ClusterEvent = createClusterEvent("Node", Action.Delete);
/** A pod was bound, or was seen bound. */
export const ASSIGNED_POD_ADD: ClusterEvent = createClusterEvent("AssignedPod", Action.Add);
/** A bound pod is gone or finished, or a promise of room ended. */
export const ASSIGNED_POD_DELETE: ClusterEvent = createClusterEvent("AssignedPod", Action.Delete);

/** The leftover flush: every ungated pod is tried again. */
export const UNSCHEDULABLE_TIMEOUT: ClusterEvent = Object.freeze({
  resource: "*",
  actions: Action.All,
  label: "UnschedulableTimeout",
});
/** Activation of one pod, asked for by a plugin. */
export const FORCE_ACTIVATE: ClusterEvent = Object.freeze({
  resource: "*",
  actions: Action.All,
  label: "ForceActivate",
});

/** True for events that concern every plugin. */
export function isWildcard(event: ClusterEvent): boolean {
  return event.resource === "*" && event.actions === Action.All;
}

/** Does a subscription to (resource, actions) cover this event? The actions compare as numbers. */
export function isEventCovered(
  resource: EventResource,
  actions: number,
  event: ClusterEvent,
): boolean {
  if (resource === "*") return actions >= event.actions;
  const isSameResource =
    resource === event.resource ||
    (resource === "Pod" &&
      (event.resource === "AssignedPod" || event.resource === "UnschedulablePod"));
  return isSameResource && (actions & event.actions) !== 0 && event.actions <= actions;
}
