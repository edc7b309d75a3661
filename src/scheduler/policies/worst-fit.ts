// worst-fit: the node with the most room left after placing the pod (best-fit turned round).
//
// Value: the sum over cpu and memory of (allocatable - requested - request) / allocatable.

import type { Strategy } from "../strategy/strategy.ts";
import { createValuePolicy, roomLeft } from "./share-of-room.ts";

/** A new worst-fit policy; it keeps no state. */
export function createWorstFit(): Strategy {
  return createValuePolicy("worst-fit", roomLeft);
}
