// The invariant of taint eviction (I31): a pod goes exactly when its least toleration in use is
// over, counted from when the controller could see the taint; never if it tolerates for ever.
//
// Checked against the API's own history of taints and bindings, not against the controller's timers.

import {
  type ApiServer,
  NO_NODE,
  type NodeIndex,
  type NodeObject,
  type PodIndex,
  type Uid,
} from "../../cluster/index.ts";
import type { Simulation } from "../../engine/index.ts";
import { noExecuteTaints } from "../node-taints.ts";
import type { ControllerSet } from "../start-controllers.ts";
import type { EvictionRecord } from "../taint-eviction.ts";
import { TOLERATED_FOR_EVER, toleratedUs } from "../toleration-time.ts";

/** Registers I31. */
export function registerEvictionInvariants(
  sim: Simulation,
  api: ApiServer,
  controllers: ControllerSet,
): void {
  const watch = new EvictionWatch(sim, api, controllers);
  sim.invariants.register({
    id: "I31",
    mode: "check",
    title: "taint eviction is neither early nor of pods that tolerate for ever",
    when: "event",
    test: () => watch.takeFault(),
  });
  sim.invariants.register({
    id: "I31",
    mode: "check",
    title: "no pod outstays its tolerations unnoticed",
    when: "end",
    test: () => watch.overstayedPod(),
  });
}

class EvictionWatch {
  private readonly sim: Simulation;
  private readonly api: ApiServer;
  private readonly controllers: ControllerSet;
  /** Since when a node has had NoExecute taints without a break. */
  private readonly taintedSinceUs = new Map<NodeIndex, number>();
  /** Last change of a node's NoExecute taints: timers started before it are kept by rule. */
  private readonly changedUs = new Map<NodeIndex, number>();
  private readonly decided = new Set<Uid>();
  private fault: string | undefined;

  constructor(sim: Simulation, api: ApiServer, controllers: ControllerSet) {
    this.sim = sim;
    this.api = api;
    this.controllers = controllers;
    for (const node of api.nodes.collectExisting()) this.noteTaints(node);
    api.observe({
      onNode: ({ node, kind, before }) => {
        if (kind === "Deleted") this.taintedSinceUs.delete(node);
        else this.noteTaints(node, before);
      },
      onPod: ({ kind, uid }) => {
        if (kind === "Deleted") this.decided.delete(uid);
      },
    });
    controllers.taintEviction.onEviction((eviction) => this.judge(eviction));
  }

  takeFault(): string | undefined {
    const { fault } = this;
    this.fault = undefined;
    return fault;
  }

  /** At the end: every pod whose time was up long enough ago has been decided upon. */
  overstayedPod(): string | undefined {
    const { api, sim } = this;
    for (const [node, sinceUs] of this.taintedSinceUs) {
      for (const pod of api.pods.podsOnNode(node)) {
        const dueUs = this.dueUs(pod, node, sinceUs) + 1;
        const uid = api.pods.uid(pod);
        const timer = this.controllers.taintEviction.timers.get(uid);
        const isKept = timer !== undefined && timer.sinceUs <= (this.changedUs.get(node) ?? 0);
        const isDone = this.decided.has(uid) || api.pods.isDeleting(pod) || isKept;
        if (dueUs < sim.nowUs && !isDone) {
          return `${api.pods.name(pod)} should have been evicted ${sim.nowUs - dueUs} us ago`;
        }
      }
    }
    return undefined;
  }

  private judge({ pod, uid, node, atUs }: EvictionRecord): void {
    const { api } = this;
    this.decided.add(uid);
    const name = api.pods.name(pod);
    const sinceUs = this.taintedSinceUs.get(node);
    const seen = this.controllers.taintEviction.seenTaints(node);
    const mayStayUs = toleratedUs(seen, api.pods.template(pod).tolerations);
    if (node === NO_NODE) this.fault ??= `${name} is evicted from nowhere`;
    else if (mayStayUs === TOLERATED_FOR_EVER)
      this.fault ??= `${name} is evicted though it tolerates for ever`;
    // a taint that went a moment ago may still be seen, which is no break
    else if (sinceUs !== undefined && atUs < this.seenUs(pod, sinceUs) + mayStayUs) {
      this.fault ??= `${name} is evicted ${this.seenUs(pod, sinceUs) + mayStayUs - atUs} us too early`;
    }
  }

  /** When the controller could first see the pod on the tainted node. */
  private seenUs(pod: PodIndex, sinceUs: number): number {
    const boundUs = Math.max(this.api.pods.scheduledUs(pod), 0);
    const begunUs = Math.max(sinceUs, boundUs);
    return begunUs === 0 ? 0 : begunUs + this.api.latencies.watchLatency;
  }

  private dueUs(pod: PodIndex, node: NodeIndex, sinceUs: number): number {
    const taints = noExecuteTaints(this.api.nodes.facts(node));
    const mayStayUs = toleratedUs(taints, this.api.pods.template(pod).tolerations);
    return this.seenUs(pod, sinceUs) + mayStayUs;
  }

  private noteTaints(node: NodeIndex, before?: NodeObject): void {
    const taints = noExecuteTaints(this.api.nodes.facts(node));
    const isTainted = taints.length > 0;
    const had = before === undefined ? 0 : noExecuteTaints(before).length;
    if (had > 0 && had !== taints.length) this.changedUs.set(node, this.sim.nowUs);
    if (!isTainted) this.taintedSinceUs.delete(node);
    else if (!this.taintedSinceUs.has(node)) this.taintedSinceUs.set(node, this.sim.nowUs);
  }
}
