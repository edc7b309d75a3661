// KubeletStop: the kubelet of a machine stops; its containers go on.
//
// To the API it looks like a crash: heartbeats stay away, taints and evictions follow. What runs goes
// on running and serving, nothing is started, probed or stopped, until the kubelet is back.

import type { FaultKind } from "./fault-kind.ts";
import { atNode } from "./named-node.ts";

/** Item of a fault plan. */
export interface KubeletStop {
  readonly kind: "KubeletStop";
  readonly node: string;
  readonly atUs: number;
  /** Absent: for ever. */
  readonly durationUs?: number;
}

/** Stops the kubelet of one node. */
export const KUBELET_STOP: FaultKind<KubeletStop> = {
  kind: "KubeletStop",
  start(item, position, context) {
    atNode(context, item, (node) => {
      context.hold([node], "kubelet", `KubeletStop ${position}`, item.durationUs);
    });
  },
};
