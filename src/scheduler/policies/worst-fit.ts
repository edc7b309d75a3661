// worst-fit: the node with the most room left after placing the pod (best-fit turned round).

import type { Strategy } from "../strategy/strategy.ts";
import { createValuePolicy, roomLeft } from "./share-of-room.ts";

export function createWorstFit(): Strategy {
  return createValuePolicy("worst-fit", roomLeft);
}
