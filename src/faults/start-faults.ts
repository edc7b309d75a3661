// Starts a fault plan: every item begins to count from the present instant.
//
// The only place where a plan meets a simulation: kinds get a context and never the run itself.

import type { EntityDraws } from "../base/index.ts";
import type { ApiServer, Machines } from "../cluster/index.ts";
import type { Simulation } from "../engine/index.ts";
import { FaultContext, type FaultKind } from "./fault-kind.ts";
import { FAULT_KINDS, type Fault } from "./fault-kinds.ts";
import { FaultLedger } from "./fault-ledger.ts";

/** What will go wrong in a run. */
export type FaultPlan = readonly Fault[];

/** A running plan. */
export interface FaultSet {
  readonly context: FaultContext;
  /** What has gone wrong so far, and what could not. */
  readonly ledger: FaultLedger;
}

/** Starts the plan; nodes and machines must exist already, later ones are taken up as they come. */
export function startFaults(
  sim: Simulation,
  api: ApiServer,
  machines: Machines,
  plan: FaultPlan,
  draws: (purpose: string) => EntityDraws,
): FaultSet {
  const ledger = new FaultLedger(sim, machines);
  machines.listen({
    onMachine: ({ kind, node }) => {
      if (kind === "removed") ledger.forget(node);
    },
  });
  const context = new FaultContext(sim, api, ledger, draws);
  for (const [position, fault] of plan.entries()) {
    const kind = FAULT_KINDS[fault.kind] as FaultKind<Fault>;
    kind.start(fault, position, context);
  }
  return { context, ledger };
}
