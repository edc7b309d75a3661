// best-fit: the node with the least room left after placing the pod.
//
// Value: minus the sum over cpu and memory of (allocatable - requested - request) / allocatable.

import type { Strategy } from "../strategy/strategy.ts";
import { createValuePolicy, roomLeft } from "./share-of-room.ts";

/** A new best-fit policy; it keeps no state. */
export function createBestFit(): Strategy {
  return createValuePolicy("best-fit", (pod, node) => 0 - roomLeft(pod, node));
}
