// The scenario's faults as the plan that the faults floor carries out.
//
// Scenarios speak of pools and durations, the faults floor of selectors, laws and microseconds; neither
// knows the other.

import type { Fault, FaultPlan } from "../../faults/index.ts";
import type { PreparedRun } from "../prepare-run.ts";
import type { FaultSpec } from "../scenario/scenario.ts";
import { NODE_POOL_LABEL } from "./node-pools.ts";

/** One plan item per entry of the scenario, in its order. */
export function faultPlanOf(prepared: PreparedRun): FaultPlan {
  return prepared.scenario.faults.map((fault, position) => planItem(fault, position, prepared));
}

function planItem(fault: FaultSpec, position: number, prepared: PreparedRun): Fault {
  switch (fault.kind) {
    case "NodeCrash": {
      const { node, at, repairAfter } = fault;
      return {
        kind: "NodeCrash",
        node,
        atUs: at,
        ...(repairAfter === undefined ? {} : { repairAfterUs: repairAfter }),
      };
    }
    case "ZoneOutage": {
      const { zone, at, duration } = fault;
      return {
        kind: "ZoneOutage",
        zone,
        atUs: at,
        ...(duration === undefined ? {} : { durationUs: duration }),
      };
    }
    case "NodeFailures": {
      const laws = prepared.faultLaws.get(fault);
      if (laws === undefined) throw new Error("a prepared run has the laws of its faults");
      return {
        kind: "NodeFailures",
        name: `${fault.pool}#${position}`,
        selects: (node) => node.meta.labels.get(NODE_POOL_LABEL) === fault.pool,
        upTimeSeconds: laws.upTime,
        repairSeconds: laws.repairTime,
        fromUs: fault.from,
        ...(fault.until === undefined ? {} : { untilUs: fault.until }),
      };
    }
  }
}
