// The registry of fault kinds: a new kind is one file and one line here.
//
// The plan of a run names kinds by these keys, and the type of an item follows from its key.

import type { FaultKind } from "./fault-kind.ts";
import { NETWORK_PARTITION, type NetworkPartition } from "./network-partition.ts";
import { NODE_CRASH, type NodeCrash } from "./node-crash.ts";
import { NODE_FAILURES, type NodeFailures } from "./node-failures.ts";
import { ZONE_OUTAGE, type ZoneOutage } from "./zone-outage.ts";

/** An item of a fault plan. */
export type Fault = NodeCrash | ZoneOutage | NetworkPartition | NodeFailures;

/** All kinds, by name. */
export const FAULT_KINDS: {
  readonly [K in Fault["kind"]]: FaultKind<Extract<Fault, { kind: K }>>;
} = {
  NodeCrash: NODE_CRASH,
  ZoneOutage: ZONE_OUTAGE,
  NetworkPartition: NETWORK_PARTITION,
  NodeFailures: NODE_FAILURES,
};
