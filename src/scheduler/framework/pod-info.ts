// PodInfo: one pod as the scheduler knows it.
//
// A plain immutable record, replaced when the watch tells of a change. It is what plugins, cache and
// queue pass around; the API's own pod table is never read by a scheduler.

import type { PodTemplate } from "../../cluster/index.ts";

/** The controller owner reference, as far as scheduling looks at it. */
export interface PodOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** A pod known to the scheduler. */
export interface PodInfo {
  /** Unique among all pods ever; text in recorded cases, the creation number in a run. */
  readonly uid: string | number;
  readonly namespace: string;
  readonly name: string;
  /** Everything that is the same for all pods made from one template: labels, requests, affinity. */
  readonly template: PodTemplate;
  readonly priority: number;
  /** status.startTime in microseconds; -1 when the pod never started. */
  readonly startUs: number;
  /** deletionTimestamp is set: it still uses its resources. */
  readonly deleting: boolean;
  /** It carries the condition DisruptionTarget = True with reason PreemptionByScheduler. */
  readonly isPreempted?: boolean;
  /** The node it is bound to or assumed on; "" while pending. */
  readonly nodeName: string;
  /** status.nominatedNodeName; "" when there is none. */
  readonly nominatedNodeName: string;
  readonly owner?: PodOwner;
  /** Row in the API's pod table; -1 when there is no API behind (recorded decisions). */
  readonly pod: number;
}

/** "namespace/name", the key under which queue and messages know a pod. */
export function podKey(pod: PodInfo): string {
  return `${pod.namespace}/${pod.name}`;
}
