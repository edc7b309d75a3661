// NodeName: a pod that names its node goes nowhere else.
//
// Pods that name their node are bound already and never queued, so this filter hardly ever refuses;
// it is here because profiles and plugin-level cases name it (P3).

import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { FilterPlugin, PluginHandle } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { type Status, SUCCESS, unresolvable } from "../framework/status.ts";
import { signNodeName } from "./signed-parts.ts";

/** Filter on spec.nodeName; queued pods have none, so it refuses only in plugin-level cases. */
export class NodeName implements FilterPlugin {
  readonly name = "NodeName";
  readonly sign: typeof signNodeName = signNodeName;
  private readonly cache: SchedulerCache;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
  }

  filter(_state: CycleState, pod: PodInfo, node: NodeRow): Status {
    const wanted = pod.nodeName !== "" ? pod.nodeName : pod.template.nodeName;
    if (wanted === "" || wanted === this.cache.nodeName(node)) return SUCCESS;
    return unresolvable(this.name, "node(s) didn't match the requested node name");
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [{ resource: "Node", actions: Action.Add }];
  }
}
