// NodePorts: two pods cannot have the same host port of one node.
//
// The set of used ports per node is the cache's; container ports without a host port play no role (P6).

import { HostPortSet } from "../cache/host-ports.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type {
  FilterPlugin,
  PluginHandle,
  PreFilterOutcome,
  PreFilterPlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { SKIP, type Status, SUCCESS, unschedulable } from "../framework/status.ts";
import { signHostPorts } from "./signed-parts.ts";

// Shared by all nodes that are refused alike: there may be thousands.
const TAKEN: Status = unschedulable(
  "NodePorts",
  "node(s) didn't have free ports for the requested pod ports",
);

/** Filter by (ip, protocol, port); 0.0.0.0 conflicts with every address. */
export class NodePorts implements PreFilterPlugin, FilterPlugin {
  readonly name = "NodePorts";
  readonly sign: typeof signHostPorts = signHostPorts;
  private readonly cache: SchedulerCache;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
  }

  preFilter(_state: CycleState, pod: PodInfo): PreFilterOutcome {
    return { status: pod.template.hostPorts.length === 0 ? SKIP : SUCCESS };
  }

  filter(_state: CycleState, pod: PodInfo, node: NodeRow): Status {
    return this.cache.hasPortConflict(node, pod.template.hostPorts) ? TAKEN : SUCCESS;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "Pod",
        actions: Action.Delete,
        hint: (pod, { oldPod }) =>
          oldPod !== undefined && freesPort(oldPod, pod) ? "Queue" : "Skip",
      },
      { resource: "Node", actions: Action.Add },
    ];
  }
}

function freesPort(gone: PodInfo, waiting: PodInfo): boolean {
  if (gone.nodeName === "" && gone.nominatedNodeName === "") return false;
  const freed = new HostPortSet();
  for (const port of gone.template.hostPorts) freed.add(port);
  return waiting.template.hostPorts.some((port) => freed.conflicts(port));
}
