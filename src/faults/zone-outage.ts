// ZoneOutage: every machine of a zone loses its power at once and gets it back at once.
//
// Who belongs to the zone is decided when the outage begins; nodes that join later are not hit.

import type { FaultKind } from "./fault-kind.ts";

/** Item of a fault plan. */
export interface ZoneOutage {
  readonly kind: "ZoneOutage";
  /** Value of the nodes' label topology.kubernetes.io/zone. */
  readonly zone: string;
  readonly atUs: number;
  /** Absent: for ever. */
  readonly durationUs?: number;
}

/** Cuts the power of all nodes that are in the zone when it begins, all at one instant. */
export const ZONE_OUTAGE: FaultKind<ZoneOutage> = {
  kind: "ZoneOutage",
  start(item, position, context) {
    context.beginAt(item.atUs, "zone outage", () => {
      const nodes = context.nodesOfZone(item.zone);
      if (nodes.length === 0)
        context.ledger.note(`ZoneOutage: zone "${item.zone}" has no nodes then`);
      context.ledger.recordDomainFailure(item.zone, nodes);
      context.hold(nodes, "power", `ZoneOutage ${position}`, item.durationUs);
    });
  },
};
