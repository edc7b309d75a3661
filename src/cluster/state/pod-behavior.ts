// PodBehavior: how the containers of a pod behave once they run. The contract only; laws and traces
// that implement it live in workload/.
//
// Every answer is a function of the pod's identity (owner path and ordinal), never of when or where
// it runs, so that two schedulers meet the same world.

import type { Duration } from "../../base/index.ts";
import type { PodIndex } from "./identity.ts";

/** How long containers run and how they end; see the top of this file. */
export interface PodBehavior {
  /** From the start of the main process to its exit; undefined if it runs until it is stopped. */
  runDurationUs(pod: PodIndex, attempt: number): Duration | undefined;
  /** Exit code when the run is over. */
  exitCode(pod: PodIndex, attempt: number): number;
  /** Binding to running process, images aside. */
  startLatencyUs(pod: PodIndex): Duration;
  /** Running process to Ready. */
  readyAfterUs(pod: PodIndex): Duration;
  /** SIGTERM to exit, if the grace period lets it. */
  stopLatencyUs(pod: PodIndex): Duration;
  /** Exit code of a process that was asked to stop. */
  stopExitCode(pod: PodIndex): number;
}
