// ClusterEvent: what may make a rejected pod worth another attempt.
//
// The action bits and resource names are upstream's, because the queue compares them as numbers
// (a general "Update" matches only registrations that hold all update bits).

import type { NodeObject } from "../../cluster/index.ts";
import type { PodInfo } from "./pod-info.ts";

/** Action bits; an event may carry several. Values are upstream's and are compared as numbers. */
export const Action = {
  Add: 1,
  Delete: 2,
  UpdateNodeAllocatable: 4,
  UpdateNodeLabel: 8,
  UpdateNodeTaint: 16,
  UpdateNodeCondition: 32,
  UpdateNodeAnnotation: 64,
  UpdateNodeDeclaredFeature: 128,
  UpdatePodLabel: 256,
  UpdatePodScaleDown: 512,
  UpdatePodToleration: 1024,
  UpdatePodSchedulingGatesEliminated: 2048,
  UpdatePodGeneratedResourceClaim: 4096,
  /** All update bits together. */
  Update: 8188,
  /** Every bit. */
  All: 8191,
} as const;

/** Resources a plugin can subscribe to. `Pod` stands for AssignedPod and UnschedulablePod as well. */
export type EventResource =
  | "Pod"
  | "AssignedPod"
  | "UnschedulablePod"
  | "Node"
  | "PersistentVolume"
  | "PersistentVolumeClaim"
  | "StorageClass"
  | "CSINode"
  | "CSIDriver"
  | "CSIStorageCapacity"
  | "VolumeAttachment"
  | "ResourceClaim"
  | "ResourceSlice"
  | "DeviceClass"
  | "*";

/** Something that happened in the cluster, as the queue sees it. */
export interface ClusterEvent {
  readonly resource: EventResource;
  /** Bits of Action. */
  readonly actions: number;
  /** Label of the queue's metrics, e.g. "AssignedPodDelete". */
  readonly label: string;
}

/** A plugin's opinion about one event and one pod it rejected. */
export type QueueingHint = "Queue" | "Skip";

/** The object an event is about, before and after; a missing side means added or deleted. */
export interface EventSubject {
  readonly oldPod?: PodInfo;
  readonly newPod?: PodInfo;
  readonly oldNode?: NodeObject;
  readonly newNode?: NodeObject;
  /** Any other kind: the decoded objects, read by the plugin that registered for it. */
  readonly oldObject?: unknown;
  readonly newObject?: unknown;
}

/** One line of a plugin's subscription. Without `hint` the answer is always "Queue". */
export interface EventRegistration {
  readonly resource: EventResource;
  readonly actions: number;
  readonly hint?: (pod: PodInfo, subject: EventSubject) => QueueingHint;
}
