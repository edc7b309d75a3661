// The registry of fault kinds: a new kind is one file and one line here.
//
// The plan of a run names kinds by these keys, and the type of an item follows from its key.

import type { FaultKind } from "./fault-kind.ts";
import { DISK_FULL, type DiskFull } from "./disk-full.ts";
import { KUBELET_STOP, type KubeletStop } from "./kubelet-stop.ts";
import { NETWORK_PARTITION, type NetworkPartition } from "./network-partition.ts";
import { NODE_CRASH, type NodeCrash } from "./node-crash.ts";
import { NODE_FAILURES, type NodeFailures } from "./node-failures.ts";
import { NODE_REBOOT, type NodeReboot } from "./node-reboot.ts";
import { NODE_SHUTDOWN, type NodeShutdown } from "./node-shutdown.ts";
import { REGISTRY_OUTAGE, type RegistryOutage } from "./registry-outage.ts";
import { SLOW_NODE, type SlowNode } from "./slow-node.ts";
import { ZONE_OUTAGE, type ZoneOutage } from "./zone-outage.ts";

/** An item of a fault plan. */
export type Fault =
  | NodeCrash
  | NodeReboot
  | NodeShutdown
  | ZoneOutage
  | NetworkPartition
  | KubeletStop
  | SlowNode
  | DiskFull
  | RegistryOutage
  | NodeFailures;

/** All kinds, by name. */
export const FAULT_KINDS: {
  readonly [K in Fault["kind"]]: FaultKind<Extract<Fault, { kind: K }>>;
} = {
  NodeCrash: NODE_CRASH,
  NodeReboot: NODE_REBOOT,
  NodeShutdown: NODE_SHUTDOWN,
  ZoneOutage: ZONE_OUTAGE,
  NetworkPartition: NETWORK_PARTITION,
  KubeletStop: KUBELET_STOP,
  SlowNode: SLOW_NODE,
  DiskFull: DISK_FULL,
  RegistryOutage: REGISTRY_OUTAGE,
  NodeFailures: NODE_FAILURES,
};
