// Door of the engine: a deterministic event loop that knows no Kubernetes.
//
// In teaching order: who goes first, the loop, its outcomes and timers, what it records, and the
// invariants. The queue implementations are here for tests and benchmarks.

export { RANK, RANK_COUNT } from "./rank.ts";
export type { Rank } from "./rank.ts";
export { Simulation } from "./simulation.ts";
export type {
  DrainLimit,
  EngineOperations,
  SimulationOptions,
  SimulationStats,
} from "./simulation-options.ts";
export type { EventHandler, EventKind } from "./event-kind.ts";
export { NO_HANDLE } from "./event-table.ts";
export type { EventHandle } from "./event-table.ts";
export type { Lane } from "./lane.ts";
export type { ArrivalSource } from "./arrival-queue.ts";
export type { LoopStep, RunEnd, RunOutcome } from "./run-outcome.ts";
export { PeriodicTimer } from "./periodic-timer.ts";
export type { PeriodicMode, PeriodicOptions } from "./periodic-timer.ts";
export { ZERO_DELAY_STEPS_MAX } from "./causal-depth.ts";
export { EventLog } from "./event-log.ts";
export type { EventRecord } from "./event-log.ts";
export { Fingerprint } from "./fingerprint.ts";
export type { FingerprintValue } from "./fingerprint.ts";
export { InvariantBroken, InvariantRegistry } from "./invariants.ts";
export type { Invariant, InvariantMoment } from "./invariants.ts";
export { NO_SLOT } from "./pending-events.ts";
export type { PendingEvents, PendingEventsFactory, SlotOrder } from "./pending-events.ts";
export { PackageHeap } from "./package-heap.ts";
export { SortedArrayEvents } from "./sorted-array-events.ts";
