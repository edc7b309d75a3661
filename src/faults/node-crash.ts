// NodeCrash: one machine loses its power at an instant, and gets it back some time later or never.
//
// The simplest fault and the measure of the others: processes end at once, the API learns of it only
// when heartbeats stay away.

import { NO_NODE } from "../cluster/index.ts";
import type { FaultKind } from "./fault-kind.ts";

/** Item of a fault plan. */
export interface NodeCrash {
  readonly kind: "NodeCrash";
  /** Name of the node. */
  readonly node: string;
  readonly atUs: number;
  /** Absent: it stays down. */
  readonly repairAfterUs?: number;
}

/** Cuts the power of one node; a node that does not exist at that instant is noted. */
export const NODE_CRASH: FaultKind<NodeCrash> = {
  kind: "NodeCrash",
  start(item, position, context) {
    context.beginAt(item.atUs, "node crash", () => {
      const node = context.api.nodes.find(item.node);
      if (node === NO_NODE) {
        context.ledger.note(`NodeCrash: there is no node "${item.node}" at that time`);
        return;
      }
      context.hold([node], "power", `NodeCrash ${position}`, item.repairAfterUs);
    });
  },
};
