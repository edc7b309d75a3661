// TaintToleration: NoSchedule and NoExecute taints keep pods away, PreferNoSchedule ones count.
//
// Scheduling only: evicting pods that run already is a controller's business (P4, N1).

import { findUntoleratedTaint, isTolerated } from "../../cluster/index.ts";
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
  PreScorePlugin,
  ScorePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { type Status, SUCCESS, unresolvable } from "../framework/status.ts";
import { normalizeToMaximum } from "./normalize-scores.ts";
import { signTolerations } from "./signed-parts.ts";

// Shared by all nodes that are refused alike: there may be thousands.
const UNTOLERATED: Status = unresolvable("TaintToleration", "node(s) had untolerated taint(s)");

/** Filter and score by taints. The score is never skipped: without such taints every node gets 100. */
export class TaintToleration implements FilterPlugin, PreScorePlugin, ScorePlugin {
  readonly name = "TaintToleration";
  readonly sign: typeof signTolerations = signTolerations;
  private readonly cache: SchedulerCache;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
  }

  filter(_state: CycleState, pod: PodInfo, node: NodeRow): Status {
    const taint = findUntoleratedTaint(this.cache.node(node).taints, pod.template.tolerations);
    return taint === undefined ? SUCCESS : UNTOLERATED;
  }

  preScore(): Status {
    return SUCCESS;
  }

  /** The number of PreferNoSchedule taints the pod does not tolerate. */
  score(_state: CycleState, pod: PodInfo, node: NodeRow): number {
    let count = 0;
    for (const taint of this.cache.node(node).taints) {
      if (taint.effect !== "PreferNoSchedule") continue;
      if (!isTolerated(taint, pod.template.tolerations)) count++;
    }
    return count;
  }

  normalizeScores(
    _state: CycleState,
    _pod: PodInfo,
    _nodes: readonly NodeRow[],
    scores: number[],
  ): void {
    normalizeToMaximum(scores, true);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      { resource: "Node", actions: Action.Add | Action.UpdateNodeTaint, hint: nodeHint },
      {
        resource: "Pod",
        actions: Action.UpdatePodToleration,
        hint: (pod, { newPod }) => (newPod?.uid === pod.uid ? "Queue" : "Skip"),
      },
    ];
  }
}

function nodeHint(pod: PodInfo, { oldNode, newNode }: EventSubject): QueueingHint {
  if (newNode === undefined) return "Skip";
  const { tolerations } = pod.template;
  const wasRepelled =
    oldNode === undefined || findUntoleratedTaint(oldNode.taints, tolerations) !== undefined;
  const isRepelled = findUntoleratedTaint(newNode.taints, tolerations) !== undefined;
  return wasRepelled && !isRepelled ? "Queue" : "Skip";
}
