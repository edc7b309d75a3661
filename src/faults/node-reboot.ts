// NodeReboot: a machine goes off and on again without anybody having been told.
//
// Its pods stay bound to it and start anew in place when the kubelet is up; to the API the node was
// silent for a moment, or for so long that it was given up.

import type { FaultKind } from "./fault-kind.ts";
import { atNode } from "./named-node.ts";

/** Item of a fault plan. */
export interface NodeReboot {
  readonly kind: "NodeReboot";
  readonly node: string;
  readonly atUs: number;
  /** Without power; the kubelet's own boot comes on top. */
  readonly durationUs: number;
}

/** Cuts the power of a node for a moment. */
export const NODE_REBOOT: FaultKind<NodeReboot> = {
  kind: "NodeReboot",
  start(item, position, context) {
    atNode(context, item, (node) => {
      context.hold([node], "power", `NodeReboot ${position}`, item.durationUs);
    });
  },
};
