// DiskFull: something fills a machine's disk that is neither an image nor a pod's.
//
// The kubelet sees disk pressure: it deletes unused images, evicts pods that write much, admits none
// but critical ones, and the node gets the taint.

import type { FaultKind } from "./fault-kind.ts";
import { atNode } from "./named-node.ts";

/** Item of a fault plan. */
export interface DiskFull {
  readonly kind: "DiskFull";
  readonly node: string;
  readonly atUs: number;
  /** Until the disk is cleaned up; absent: never. */
  readonly durationUs?: number;
  /** Part of the node's ephemeral storage that is filled, 1 to 100. */
  readonly fillPercent: number;
}

/** Fills the disk of one node; of several that overlap the fullest counts. */
export const DISK_FULL: FaultKind<DiskFull> = {
  kind: "DiskFull",
  start(item, position, context) {
    const { durationUs, fillPercent } = item;
    atNode(context, item, (node) => {
      const { nodes } = context.api;
      const capacity = nodes.exists(node) ? nodes.facts(node).capacity.ephemeralStorageBytes : 0;
      if (capacity === 0) {
        context.ledger.note(`DiskFull: node "${item.node}" has no ephemeral storage`);
        return;
      }
      const bytes = Math.floor((capacity * fillPercent) / 100);
      context.hold([node], "disk", `DiskFull ${position}`, durationUs, bytes);
    });
  },
};
