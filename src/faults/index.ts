// Door of faults: what goes wrong with machines, by plan or by law.
//
// A fault begins and ends physical facts and nothing else; what the cluster makes of them (taints,
// evictions, replacements) is the controllers' doing.

export type { FaultPlan, FaultSet } from "./start-faults.ts";
export { startFaults } from "./start-faults.ts";
export type { Fault } from "./fault-kinds.ts";
export { FAULT_KINDS } from "./fault-kinds.ts";
export type { NodeCrash } from "./node-crash.ts";
export type { ZoneOutage } from "./zone-outage.ts";
export type { NetworkPartition } from "./network-partition.ts";
export type { NodeReboot } from "./node-reboot.ts";
export type { NodeShutdown } from "./node-shutdown.ts";
export type { KubeletStop } from "./kubelet-stop.ts";
export type { SlowNode } from "./slow-node.ts";
export type { DiskFull } from "./disk-full.ts";
export type { RegistryOutage } from "./registry-outage.ts";
export type { NodeFailures } from "./node-failures.ts";
export type { FaultKind } from "./fault-kind.ts";
export { FaultContext } from "./fault-kind.ts";
export type { UserFault } from "./define-fault.ts";
export { defineFault } from "./define-fault.ts";
export type { DomainFailure, FaultEffect, FaultNote, Outage } from "./fault-ledger.ts";
export { FaultLedger } from "./fault-ledger.ts";
export { registerFaultInvariants } from "./invariants.ts";
