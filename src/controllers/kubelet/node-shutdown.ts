// Graceful node shutdown: the kubelet holds up the machine's shutdown while it ends its pods.
//
// Ordinary pods first, then critical ones, each group with its own part of the grace period. With no
// grace period (the default) it does not hold up anything, and a shutdown is a crash.

import type { Instant } from "../../base/index.ts";
import type { NodeIndex } from "../../cluster/index.ts";
import { type EventHandle, NO_HANDLE, RANK } from "../../engine/index.ts";
import { type KubeletPod, type PodEnd, Stage } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { CRITICAL_PRIORITY, type Refusal } from "./node-admission.ts";
import type { NodeStatuses } from "./node-status.ts";

/** Why a pod ends with its node. */
const TERMINATED: PodEnd = {
  reason: "Terminated",
  message: "Pod was terminated in response to imminent node shutdown.",
  isDisruption: true,
};
/** The last statuses leave before the machine does. */
const LAST_WORDS_US = 1_000_000;

interface Running {
  /** Groups still to be ended, the present one first. */
  readonly groups: { readonly pods: Set<KubeletPod>; readonly periodUs: number }[];
  timer: EventHandle;
}

/** Shutdowns of all nodes. */
export class NodeShutdowns {
  private readonly world: KubeletWorld;
  private readonly statuses: NodeStatuses;
  private readonly terminate: (record: KubeletPod, end: PodEnd, graceUs: number) => void;
  private readonly running = new Map<NodeIndex, Running>();

  constructor(
    world: KubeletWorld,
    statuses: NodeStatuses,
    terminate: (record: KubeletPod, end: PodEnd, graceUs: number) => void,
  ) {
    this.world = world;
    this.statuses = statuses;
    this.terminate = terminate;
  }

  /** The machine is about to go off. */
  begin(node: NodeIndex): void {
    const { world } = this;
    const { gracePeriodUs, criticalGracePeriodUs } = world.options.shutdown;
    if (gracePeriodUs === 0) {
      world.machines.allowShutdown(node);
      return;
    }
    this.statuses.setNotReady(node, "node is shutting down");
    const { pods } = world.context.api;
    const alive = world
      .recordsOn(node)
      .filter(({ stage }) => stage !== Stage.Stopped && stage !== Stage.Finished);
    const isCritical = ({ pod }: KubeletPod): boolean => pods.priority(pod) >= CRITICAL_PRIORITY;
    const ordinary = new Set(alive.filter((record) => !isCritical(record)));
    const critical = new Set(alive.filter(isCritical));
    const state: Running = {
      groups: [
        { pods: ordinary, periodUs: gracePeriodUs - criticalGracePeriodUs },
        { pods: critical, periodUs: criticalGracePeriodUs },
      ],
      timer: NO_HANDLE,
    };
    this.running.set(node, state);
    this.endGroup(node, state);
  }

  /** No pod is taken on any more. */
  refuses(node: NodeIndex): Refusal | undefined {
    if (!this.running.has(node)) return undefined;
    return {
      reason: "NodeShutdown",
      message: "Pod was rejected as the node is shutting down.",
    };
  }

  /** A pod has stopped; the last of its group makes way for the next. */
  stopped(record: KubeletPod): void {
    const state = this.running.get(record.node);
    const group = state?.groups[0];
    if (state === undefined || group === undefined || !group.pods.delete(record)) return;
    if (group.pods.size === 0) this.nextGroup(record.node, state);
  }

  /** The machine is off. */
  forget(node: NodeIndex): void {
    const state = this.running.get(node);
    if (state === undefined) return;
    this.world.context.sim.cancel(state.timer);
    this.running.delete(node);
  }

  /** Ends the pods of the first group; the next one follows when they have stopped, or its time is up. */
  private endGroup(node: NodeIndex, state: Running): void {
    const group = state.groups[0];
    if (group === undefined) {
      this.later(state, LAST_WORDS_US, () => this.world.machines.allowShutdown(node));
      return;
    }
    if (group.pods.size === 0) {
      this.nextGroup(node, state);
      return;
    }
    this.later(state, group.periodUs, () => this.nextGroup(node, state));
    for (const record of [...group.pods]) {
      const ownUs = record.template.terminationGracePeriodSeconds * 1_000_000;
      this.terminate(record, TERMINATED, Math.min(ownUs, group.periodUs));
    }
  }

  private nextGroup(node: NodeIndex, state: Running): void {
    state.groups.shift();
    this.endGroup(node, state);
  }

  private later(state: Running, afterUs: number, then: () => void): void {
    const { sim } = this.world.context;
    sim.cancel(state.timer);
    const atUs = (this.world.nowUs + afterUs) as Instant;
    state.timer = sim.callAt(atUs, RANK.kubelet, "node shutdown", then);
  }
}
