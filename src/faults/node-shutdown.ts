// NodeShutdown: a machine is told to shut down, goes off, and comes back some time later or never.
//
// A kubelet with a grace period holds the shutdown up while it ends its pods; without one (the
// default) the machine is off at once, and the API sees a crash.

import type { FaultKind } from "./fault-kind.ts";
import { atNode } from "./named-node.ts";

/** Item of a fault plan. */
export interface NodeShutdown {
  readonly kind: "NodeShutdown";
  readonly node: string;
  readonly atUs: number;
  /** Time without power; absent: it stays off. */
  readonly durationUs?: number;
}

/** Asks for the shutdown; the power goes when the kubelet lets it, at once if it does not care. */
export const NODE_SHUTDOWN: FaultKind<NodeShutdown> = {
  kind: "NodeShutdown",
  start(item, position, context) {
    atNode(context, item, (node) => {
      context.ledger.shutDown(node, () => {
        context.hold([node], "power", `NodeShutdown ${position}`, item.durationUs);
      });
    });
  },
};
