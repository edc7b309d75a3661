// NodeDeclaredFeatures: a pod that needs a node feature goes only where the node declares it (P15).
//
// Which features a pod needs is worked out when its template is compiled; ordinary pods need none.

import { compareText } from "../../base/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import {
  Action,
  type EventRegistration,
  type EventSubject,
  type QueueingHint,
} from "../framework/cluster-event.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type {
  FilterPlugin,
  PluginHandle,
  PreFilterOutcome,
  PreFilterPlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { SKIP, type Status, SUCCESS, unresolvable } from "../framework/status.ts";
import { signFeatures } from "./signed-parts.ts";

/** Filter on status.declaredFeatures; ordinary pods need none. */
export class NodeDeclaredFeatures implements PreFilterPlugin, FilterPlugin {
  readonly name = "NodeDeclaredFeatures";
  readonly sign: typeof signFeatures = signFeatures;
  private readonly cache: SchedulerCache;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
  }

  preFilter(_state: CycleState, pod: PodInfo): PreFilterOutcome {
    return { status: pod.template.requiredNodeFeatures.length === 0 ? SKIP : SUCCESS };
  }

  filter(_state: CycleState, pod: PodInfo, row: NodeRow): Status {
    const { declaredFeatures } = this.cache.node(row);
    const hasAll = pod.template.requiredNodeFeatures.every((name) =>
      declaredFeatures.includes(name),
    );
    if (hasAll) return SUCCESS;
    return unresolvable(this.name, "node(s) didn't match Pod's required features");
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      { resource: "Node", actions: Action.Add | Action.UpdateNodeDeclaredFeature, hint: nodeHint },
      {
        resource: "Pod",
        actions: Action.Update,
        hint: (pod, { oldPod, newPod }) =>
          newPod?.uid === pod.uid && !areSameFeatures(oldPod, newPod) ? "Queue" : "Skip",
      },
    ];
  }
}

function nodeHint(_pod: PodInfo, { oldNode, newNode }: EventSubject): QueueingHint {
  if (oldNode === undefined) return "Queue";
  const before = [...oldNode.declaredFeatures].sort(compareText).join();
  const after = [...(newNode?.declaredFeatures ?? [])].sort(compareText).join();
  return before === after ? "Skip" : "Queue";
}

function areSameFeatures(a: PodInfo | undefined, b: PodInfo): boolean {
  const before = [...(a?.template.requiredNodeFeatures ?? [])].sort(compareText).join();
  return before === [...b.template.requiredNodeFeatures].sort(compareText).join();
}
