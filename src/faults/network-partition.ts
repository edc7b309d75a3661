// NetworkPartition: nodes are cut off from the API server; what runs on them goes on.
//
// Tells apart what a crash mixes up: the API sees the node go, yet its pods still serve and still hold
// their resources until the node is back.

import { NO_NODE } from "../cluster/index.ts";
import type { FaultKind } from "./fault-kind.ts";

/** Item of a fault plan; one of `node` and `zone`. */
export interface NetworkPartition {
  readonly kind: "NetworkPartition";
  readonly node?: string;
  readonly zone?: string;
  readonly atUs: number;
  /** Absent: for ever. */
  readonly durationUs?: number;
}

/** Cuts the network of a node or of all nodes of a zone as they are when it begins. */
export const NETWORK_PARTITION: FaultKind<NetworkPartition> = {
  kind: "NetworkPartition",
  start(item, position, context) {
    context.beginAt(item.atUs, "network partition", () => {
      const named = item.node === undefined ? [] : [context.api.nodes.find(item.node)];
      const inZone = item.zone === undefined ? [] : context.nodesOfZone(item.zone);
      const nodes = [...named, ...inZone].filter((node) => node !== NO_NODE);
      if (nodes.length === 0)
        context.ledger.note("NetworkPartition: it names no node that exists then");
      if (item.zone !== undefined) context.ledger.recordDomainFailure(item.zone, nodes);
      context.hold(nodes, "network", `NetworkPartition ${position}`, item.durationUs);
    });
  },
};
