// RequeueJudge: is an event worth another attempt for a pod that was rejected before?
//
// Only the plugins that rejected the pod are asked, each through the hint it registered. The real
// judge is built from the profiles; recorded queue cases bring their own.

import {
  Action,
  type ClusterEvent,
  type EventRegistration,
  type EventSubject,
} from "../framework/cluster-event.ts";
import type { OperationCounts } from "../framework/operation-counts.ts";
import type { Plugin } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { isEventCovered, isWildcard } from "./cluster-events.ts";
import type { QueuedPod } from "./queued-pod.ts";

/** What to do with a pod: leave it, let its back-off run first, or try it now. */
export type RequeueStrategy = "skip" | "afterBackoff" | "immediately";

/** What the queue asks about events. */
export interface RequeueJudge {
  /** Plugins of any profile that subscribe to such an event; empty: nobody cares. */
  hearers(event: ClusterEvent): ReadonlySet<string>;
  /** Does the plugin that gates this pod subscribe to such an event? */
  isHeardByGate(record: QueuedPod, event: ClusterEvent): boolean;
  judge(record: QueuedPod, event: ClusterEvent, subject: EventSubject): RequeueStrategy;
}

/** The plugins of one scheduler name, as far as events are concerned. */
export interface JudgedProfile {
  readonly schedulerName: string;
  readonly plugins: readonly Plugin[];
}

interface Subscription extends EventRegistration {
  readonly plugin: string;
}

/** The judge of a running scheduler: the subscriptions of its profiles' plugins. */
export class ProfileJudge implements RequeueJudge {
  private readonly byProfile = new Map<string, readonly Subscription[]>();
  private readonly operations: OperationCounts | undefined;
  private readonly hearersByEvent = new Map<ClusterEvent, ReadonlySet<string>>();

  /** Work is added to `operations` where somebody counts it. */
  constructor(profiles: readonly JudgedProfile[], operations?: OperationCounts) {
    this.operations = operations;
    for (const profile of profiles) {
      this.byProfile.set(profile.schedulerName, profile.plugins.flatMap(subscriptionsOf));
    }
  }

  hearers(event: ClusterEvent): ReadonlySet<string> {
    const known = this.hearersByEvent.get(event);
    if (known !== undefined) return known;
    const names = new Set<string>();
    for (const subscriptions of this.byProfile.values()) {
      for (const subscription of subscriptions) {
        const { resource, actions, plugin } = subscription;
        if (isWildcard(event) || isEventCovered(resource, actions, event)) names.add(plugin);
      }
    }
    this.hearersByEvent.set(event, names);
    return names;
  }

  isHeardByGate(record: QueuedPod, event: ClusterEvent): boolean {
    return this.subscriptions(record.pod).some(
      ({ plugin, resource, actions }) =>
        plugin === record.gatingPlugin && isEventCovered(resource, actions, event),
    );
  }

  judge(record: QueuedPod, event: ClusterEvent, subject: EventSubject): RequeueStrategy {
    const { pod, unschedulablePlugins, pendingPlugins } = record;
    if (this.operations !== undefined) this.operations.queueHints++;
    if (unschedulablePlugins.size === 0 && pendingPlugins.size === 0) return "afterBackoff";
    if (isWildcard(event)) {
      const isAboutAnother = subject.newPod !== undefined && subject.newPod.uid !== pod.uid;
      return isAboutAnother ? "skip" : "afterBackoff";
    }
    let strategy: RequeueStrategy = "skip";
    for (const { plugin, resource, actions, hint } of this.subscriptions(pod)) {
      const isPending = pendingPlugins.has(plugin);
      if (!isPending && !unschedulablePlugins.has(plugin)) continue;
      if (!isEventCovered(resource, actions, event)) continue;
      if (hint !== undefined && hint(pod, subject) === "Skip") continue;
      if (isPending) return "immediately";
      if (pendingPlugins.size === 0) return "afterBackoff";
      strategy = "afterBackoff";
    }
    return strategy;
  }

  private subscriptions(pod: PodInfo): readonly Subscription[] {
    return this.byProfile.get(pod.template.schedulerName) ?? [];
  }
}

/**
 * A plugin's subscriptions. Whoever listens to Node Add but not to UpdateNodeTaint gets that one
 * too, always "Queue": upstream adds it because a new node may first be seen with its taint.
 */
function subscriptionsOf(plugin: Plugin): Subscription[] {
  const own = (plugin.eventsToRegister?.() ?? []).map((registration) => ({
    ...registration,
    plugin: plugin.name,
  }));
  const onNodes = own.filter(({ resource }) => resource === "Node");
  const hearsAdd = onNodes.some(({ actions }) => (actions & Action.Add) !== 0);
  const hearsTaint = onNodes.some(({ actions }) => (actions & Action.UpdateNodeTaint) !== 0);
  if (hearsAdd && !hearsTaint) {
    own.push({ resource: "Node", actions: Action.UpdateNodeTaint, plugin: plugin.name });
  }
  return own;
}
