// ClusterObjects: the cluster-wide objects, other than pods and nodes, that plugins look up.
//
// A scheduler believes what its watch told it; recorded cases fill this directly. Plugins only read.

import type { LabelSelector } from "../../cluster/index.ts";

/** Something with a label selector that groups pods: Service, ReplicaSet, StatefulSet, ... */
export interface SelectingObject {
  readonly namespace: string;
  readonly name: string;
}

/** A Service: its selector is a plain map; null selects nothing. */
export interface SelectingService extends SelectingObject {
  readonly selector: ReadonlyMap<string, string> | null;
}

/** ReplicaSet and StatefulSet select with a label selector. */
export interface SelectingWorkload extends SelectingObject {
  readonly selector: LabelSelector | null;
}

/** Read-only look-ups; every list is in creation order. */
export interface ClusterObjects {
  services(namespace: string): readonly SelectingService[];
  replicationController(namespace: string, name: string): SelectingService | undefined;
  replicaSet(namespace: string, name: string): SelectingWorkload | undefined;
  statefulSet(namespace: string, name: string): SelectingWorkload | undefined;
  /** Labels of a Namespace object; undefined when there is no such object. */
  namespaceLabels(namespace: string): ReadonlyMap<string, string> | undefined;
  /** Names of all Namespace objects in creation order. */
  namespaceNames(): readonly string[];
  /** Names of kinds that plugins not simulated yet would need (claims, volumes, device classes ...). */
  hasDeviceClassFor(resourceName: string): boolean;
}
