// NodeUnschedulable: cordoned nodes take only pods that tolerate the unschedulable taint.
//
// It looks at spec.unschedulable alone; the taint of the same name is TaintToleration's (P2).

import { isTolerated, type NodeObject, type Taint } from "../../cluster/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { FilterPlugin, PluginHandle } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { type Status, SUCCESS, unresolvable } from "../framework/status.ts";
import { signTolerations } from "./signed-parts.ts";

const UNSCHEDULABLE_TAINT: Taint = {
  key: "node.kubernetes.io/unschedulable",
  value: "",
  effect: "NoSchedule",
};

/** Filter on spec.unschedulable; it runs before the taint of the same name is looked at. */
export class NodeUnschedulable implements FilterPlugin {
  readonly name = "NodeUnschedulable";
  readonly sign: typeof signTolerations = signTolerations;
  private readonly cache: SchedulerCache;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
  }

  filter(_state: CycleState, pod: PodInfo, node: NodeRow): Status {
    if (!this.cache.node(node).unschedulable || toleratesCordon(pod)) return SUCCESS;
    return unresolvable(this.name, "node(s) were unschedulable");
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "Node",
        actions: Action.Add | Action.UpdateNodeTaint,
        hint: (_pod, { oldNode, newNode }) => (becameOpen(oldNode, newNode) ? "Queue" : "Skip"),
      },
      {
        resource: "Pod",
        actions: Action.UpdatePodToleration,
        hint: (pod, { newPod }) =>
          newPod?.uid === pod.uid && toleratesCordon(newPod) ? "Queue" : "Skip",
      },
    ];
  }
}

function toleratesCordon(pod: PodInfo): boolean {
  return isTolerated(UNSCHEDULABLE_TAINT, pod.template.tolerations);
}

function becameOpen(oldNode: NodeObject | undefined, newNode: NodeObject | undefined): boolean {
  if (newNode === undefined || newNode.unschedulable) return false;
  return oldNode === undefined || oldNode.unschedulable;
}
