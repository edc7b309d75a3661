// The scenario's faults as the plan that the faults floor carries out.
//
// Scenarios speak of pools and durations, the faults floor of selectors, laws and microseconds; neither
// knows the other.

import type { Duration } from "../../base/index.ts";
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
    case "NodeReboot":
      return { kind: "NodeReboot", node: fault.node, atUs: fault.at, durationUs: fault.duration };
    case "NodeShutdown":
    case "KubeletStop":
      return { kind: fault.kind, node: fault.node, atUs: fault.at, ...forTime(fault.duration) };
    case "NetworkPartition":
      return {
        kind: "NetworkPartition",
        atUs: fault.at,
        ...(fault.node === undefined ? {} : { node: fault.node }),
        ...(fault.zone === undefined ? {} : { zone: fault.zone }),
        ...forTime(fault.duration),
      };
    case "SlowNode":
      return {
        ...{ kind: "SlowNode", node: fault.node, atUs: fault.at, ...forTime(fault.duration) },
        slownessPercent: Math.round(fault.factor * 100),
      };
    case "DiskFull":
      return {
        ...{ kind: "DiskFull", node: fault.node, atUs: fault.at, ...forTime(fault.duration) },
        fillPercent: fault.fillPercent,
      };
    case "RegistryOutage":
      return { kind: "RegistryOutage", atUs: fault.at, ...forTime(fault.duration) };
    case "NodeFailures": {
      const laws = prepared.faultLaws.get(fault);
      if (laws === undefined) throw new Error("a prepared run has the laws of its faults");
      return {
        kind: "NodeFailures",
        name: `${fault.pool}#${position}`,
        selects: (node) => node.meta.labels.get(NODE_POOL_LABEL) === fault.pool,
        upTimeSeconds: laws.upTime,
        repairSeconds: laws.repairTime,
        isStationary: fault.start === "stationary",
        fromUs: fault.from,
        ...(fault.until === undefined ? {} : { untilUs: fault.until }),
      };
    }
  }
}

function forTime(duration: Duration | undefined): { readonly durationUs?: number } {
  return duration === undefined ? {} : { durationUs: duration };
}
