// dot-product: the node whose free room points in the same direction as the pod's requests.
//
// Value: the sum over cpu and memory of (request / allocatable) * (free / allocatable), free before
// placing. Pods heavy in one resource go where that resource is plentiful (vector bin packing).

import type { Strategy } from "../strategy/strategy.ts";
import { createValuePolicy, share } from "./share-of-room.ts";

/** A new dot-product policy; it keeps no state. */
export function createDotProduct(): Strategy {
  return createValuePolicy("dot-product", (pod, node) => {
    const cpuTotal = node.milliCpuAllocatable;
    const memoryTotal = node.memoryBytesAllocatable;
    const cpu = share(pod.milliCpuRequested, cpuTotal) * share(node.milliCpuFree, cpuTotal);
    const memory =
      share(pod.memoryBytesRequested, memoryTotal) * share(node.memoryBytesFree, memoryTotal);
    return cpu + memory;
  });
}
