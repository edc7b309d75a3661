// All invariants of controllers and kubelets in one registration.
//
// One call, so that whoever assembles a run cannot forget one; the tests of each are in its own file.

import type { ApiServer, Machines } from "../cluster/index.ts";
import type { Simulation } from "../engine/index.ts";
import { registerEvictionInvariants } from "./invariants/eviction-invariants.ts";
import { registerProcessInvariants } from "./invariants/process-invariants.ts";
import { registerWorkloadInvariants } from "./invariants/workload-invariants.ts";
export { withRunTimeInvariant } from "./invariants/run-time-invariants.ts";
import type { ControllerSet } from "./start-controllers.ts";

/** Registers I7, I9, I29, I31, I32 and I35 (I24 is `withRunTimeInvariant`'s); call it right after `startControllers`. */
export function registerControllerInvariants(
  sim: Simulation,
  api: ApiServer,
  machines: Machines,
  controllers: ControllerSet,
): void {
  registerWorkloadInvariants(sim, api, controllers);
  registerProcessInvariants(sim, api, machines);
  registerEvictionInvariants(sim, api, controllers);
}
