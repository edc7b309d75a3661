// PodBehavior: how the containers of a pod behave once they run. The contract only; laws and traces
// that implement it live in workload/.
//
// Every answer is a function of the pod's identity (owner path and ordinal), never of when or where
// it runs, so that two schedulers meet the same world. A container is named by its position: init
// containers first, then main ones; without a position the first main one is meant.

import type { Duration } from "../../base/index.ts";
import type { RunSpan } from "../pod-template.ts";
import type { PodIndex } from "./identity.ts";

/** What one container takes of its node while it runs. */
export interface ContainerUsage {
  readonly milliCpu: number;
  readonly memoryBytes: number;
  /** Logs, writable layer and emptyDir volumes. */
  readonly diskBytes: number;
  /** The part of it that lies in emptyDir volumes, by their names; absent = none. */
  readonly volumeBytes?: ReadonlyMap<string, number>;
  readonly processCount: number;
}

/** What a container's probes would find, in microseconds after its start. */
export interface ContainerHealth {
  /** From when a startup probe succeeds. */
  readonly startedUs: number;
  /** When liveness and readiness probes fail. */
  readonly unhealthy: readonly RunSpan[];
  /** When readiness probes alone fail. */
  readonly notReady: readonly RunSpan[];
}

/** How long containers run and how they end; see the top of this file. */
export interface PodBehavior {
  /** From the start of the main process to its exit; undefined if it runs until it is stopped. */
  runDurationUs(pod: PodIndex, attempt: number, container?: number): Duration | undefined;
  /** Exit code when the run is over. */
  exitCode(pod: PodIndex, attempt: number, container?: number): number;
  /** Binding to a sandbox with network. */
  sandboxLatencyUs(pod: PodIndex): Duration;
  /** Creating and starting a container whose image is there. */
  containerLatencyUs(pod: PodIndex): Duration;
  /** Running (and started, where a startup probe asks) to Ready. */
  readyAfterUs(pod: PodIndex, container?: number): Duration;
  /** ContainersReady until outsiders have set all readiness gates; undefined = never. */
  gatesAfterUs(pod: PodIndex): Duration | undefined;
  /** What probes find; undefined: they always succeed. */
  health(pod: PodIndex, container: number): ContainerHealth | undefined;
  /** How long the container's postStart hook takes; asked only where it has one. */
  postStartLatencyUs(pod: PodIndex, container: number): Duration;
  /** Exit code of that hook; any other than 0 has the container killed. */
  postStartExitCode(pod: PodIndex, attempt: number, container: number): number;
  /** How long the container's preStop hook takes; asked only where it has one. */
  preStopLatencyUs(pod: PodIndex, container: number): Duration;
  /** SIGTERM to exit, if the grace period lets it. */
  stopLatencyUs(pod: PodIndex, container?: number): Duration;
  /** Exit code of a process that was asked to stop. */
  stopExitCode(pod: PodIndex, container?: number): number;
  /** Its run is the time it takes with all the cpu it wants; with less it takes longer. */
  isCpuBound(pod: PodIndex, container: number): boolean;
  /**
   * What a container wants at an age since its start, if nothing holds it back; undefined where
   * nothing says what it uses.
   */
  usage(pod: PodIndex, container: number, ageUs: number): ContainerUsage | undefined;
  /** First age after `ageUs` at which `usage` may jump or change its slope; undefined: none. */
  usageChangesAfterUs(pod: PodIndex, container: number, ageUs: number): number | undefined;
}
