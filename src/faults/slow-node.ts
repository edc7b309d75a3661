// SlowNode: everything on a machine takes longer: starts, pulls, stops and the work of its containers.
//
// The node stays Ready, its heartbeats come in time; only those who wait for its pods notice.

import type { FaultKind } from "./fault-kind.ts";
import { atNode } from "./named-node.ts";

/** Item of a fault plan. */
export interface SlowNode {
  readonly kind: "SlowNode";
  readonly node: string;
  readonly atUs: number;
  /** Absent: for ever. */
  readonly durationUs?: number;
  /** 200: everything takes twice as long. At least 100. */
  readonly slownessPercent: number;
}

/** Slows one node down; of several that overlap the slowest counts. */
export const SLOW_NODE: FaultKind<SlowNode> = {
  kind: "SlowNode",
  start(item, position, context) {
    const { slownessPercent, durationUs } = item;
    atNode(context, item, (node) => {
      context.hold([node], "slow", `SlowNode ${position}`, durationUs, slownessPercent);
    });
  },
};
