// VolumeBinding's queueing hints: which changes of storage objects can help a waiting pod.
//
// Pure functions of the object before and after; which events they are asked about is registered in
// volume-binding.ts.

import type {
  CsiDriverObject,
  CsiNodeObject,
  CsiStorageCapacityObject,
  StorageClassObject,
} from "../../cluster/index.ts";
import type { QueueingHint } from "../framework/cluster-event.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { MIGRATED_PLUGINS_ANNOTATION } from "./csi-migration.ts";
import { volumeLimitOf } from "./volume-matching.ts";

/** A new class may be the missing one; of a known one only its topologies can change to the better. */
export function hintAfterClass(
  before: StorageClassObject | undefined,
  after: StorageClassObject,
): QueueingHint {
  if (before === undefined) return "Queue";
  return topologiesText(before) === topologiesText(after) ? "Skip" : "Queue";
}

function topologiesText({ allowedTopologies }: StorageClassObject): string {
  return JSON.stringify(
    allowedTopologies.map((term) => term.map((item) => [item.key, item.values])),
  );
}

/** Which in-tree volumes the node's drivers serve decides which of its labels count. */
export function hintAfterCsiNode(
  before: CsiNodeObject | undefined,
  after: CsiNodeObject,
): QueueingHint {
  const pluginsOf = ({ meta }: CsiNodeObject): string =>
    meta.annotations.get(MIGRATED_PLUGINS_ANNOTATION) ?? "";
  return before !== undefined && pluginsOf(before) === pluginsOf(after) ? "Skip" : "Queue";
}

/** A driver of the pod's inline CSI volumes that stops publishing its capacity. */
export function hintAfterDriver(
  pod: PodInfo,
  before: CsiDriverObject,
  after: CsiDriverObject,
): QueueingHint {
  const isUsed = pod.template.volumes.some(
    (volume) => volume.kind === "csi" && volume.driver === after.meta.name,
  );
  return isUsed && before.storageCapacity && !after.storageCapacity ? "Queue" : "Skip";
}

/** More room than before, or room where none was known. */
export function hintAfterCapacity(
  before: CsiStorageCapacityObject | undefined,
  after: CsiStorageCapacityObject,
): QueueingHint {
  if (before === undefined) return "Queue";
  const limit = volumeLimitOf(after);
  const known = volumeLimitOf(before);
  if (limit === undefined) return "Skip";
  return known === undefined || limit.value() > known.value() ? "Queue" : "Skip";
}
