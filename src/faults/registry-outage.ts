// RegistryOutage: the image registry answers nobody for a time.
//
// Pods whose images are on their nodes run on and start anew; the others wait with ErrImagePull and
// back off. What is being transferred when the outage begins is transferred to its end.

import type { FaultKind } from "./fault-kind.ts";

/** Item of a fault plan. */
export interface RegistryOutage {
  readonly kind: "RegistryOutage";
  readonly atUs: number;
  /** Absent: for ever. */
  readonly durationUs?: number;
}

/** Takes the registry away from all nodes. */
export const REGISTRY_OUTAGE: FaultKind<RegistryOutage> = {
  kind: "RegistryOutage",
  start(item, position, context) {
    const cause = `RegistryOutage ${position}`;
    context.beginAt(item.atUs, "registry outage", () => {
      context.ledger.beginRegistryOutage(cause);
      if (item.durationUs === undefined) return;
      context.endAfter(item.durationUs, "registry outage ends", () => {
        context.ledger.endRegistryOutage(cause);
      });
    });
  },
};
