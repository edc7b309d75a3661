// The eviction manager: it watches memory, disk and processes of a node and evicts pods, one at a
// time, when thresholds are met.
//
// The real one looks every ten seconds. Here the next look at which something can be seen is
// computed from what runs, so a node far from its thresholds costs no event. If memory runs out
// altogether before a look, the kernel kills the container with the highest score.

import type { Instant } from "../../base/index.ts";
import { EXIT_KILLED, isTolerated, type NodeIndex, type PodTemplate } from "../../cluster/index.ts";
import { type EventHandle, NO_HANDLE, RANK } from "../../engine/index.ts";
import type { EvictionThreshold } from "./eviction-options.ts";
import { rankForEviction } from "./eviction-rank.ts";
import {
  capacityOf,
  evictionMessage,
  SIGNALS,
  thresholdAmount,
  usedOf,
} from "./eviction-signals.ts";
import type { ImageCollection } from "./image-collection.ts";
import { ContainerStage, type KubeletPod, type PodEnd, Stage } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { exceededLimit, localLimits } from "./local-storage.ts";
import { CRITICAL_PRIORITY, type Refusal } from "./node-admission.ts";
import type { NodeStatuses, PressureType } from "./node-status.ts";
import { containerUsage, firstAbove, type Gauge, meteredOn, podUsage } from "./node-usage.ts";
import { oomScoreAdjust } from "./quality-of-service.ts";
import { nextTick } from "./restart-backoff.ts";

const PRESSURES: readonly PressureType[] = ["MemoryPressure", "DiskPressure", "PIDPressure"];
/** Grace of a hard eviction. */
const HARD_GRACE_US = 1_000_000;
/** While a pod is being cleaned up the manager polls on this grid. */
const CLEANUP_POLL_US = 1_000_000;
const MEMORY_PRESSURE_TAINT = "node.kubernetes.io/memory-pressure";

/** What an eviction manager remembers of its node. */
interface NodeState {
  round: EventHandle;
  outOfMemory: EventHandle;
  /** Thresholds met at the last look, with the look at which they were met first. */
  readonly metSinceUs: Map<EvictionThreshold, number>;
  /** When a condition was last observed. */
  readonly observedUs: Map<PressureType, number>;
  /** The pod that is being evicted, and until when the manager waits for it. */
  victim: KubeletPod | undefined;
  waitsUntilUs: number;
}

/** What the manager asks others to do. */
export interface PressureActions {
  readonly evict: (record: KubeletPod, end: PodEnd, graceUs: number) => void;
  readonly kill: (record: KubeletPod, position: number, code: number) => void;
  readonly ownGraceUs: (record: KubeletPod) => number;
}

/** Eviction managers of all nodes. */
export class NodePressure {
  private readonly world: KubeletWorld;
  private readonly collection: ImageCollection;
  private readonly statuses: NodeStatuses;
  private readonly actions: PressureActions;
  private readonly states = new Map<NodeIndex, NodeState>();

  constructor(
    world: KubeletWorld,
    collection: ImageCollection,
    statuses: NodeStatuses,
    actions: PressureActions,
  ) {
    this.world = world;
    this.collection = collection;
    this.statuses = statuses;
    this.actions = actions;
  }

  /** Pods that the node's conditions forbid. */
  refuses(node: NodeIndex, template: PodTemplate, priority: number): Refusal | undefined {
    const pressed = PRESSURES.filter((type) => this.statuses.hasPressure(node, type));
    if (pressed.length === 0 || priority >= CRITICAL_PRIORITY) return undefined;
    if (pressed.length === 1 && pressed[0] === "MemoryPressure") {
      if (template.qosClass !== "BestEffort") return undefined;
      const taint = { key: MEMORY_PRESSURE_TAINT, value: "", effect: "NoSchedule" } as const;
      if (isTolerated(taint, template.tolerations)) return undefined;
    }
    return { reason: "Evicted", message: `The node had condition: [${pressed.join(" ")}]. ` };
  }

  /** Something that uses the node began or ended. */
  changed(node: NodeIndex): void {
    if (!this.world.context.api.nodes.exists(node)) return;
    this.plan(node, this.world.nowUs);
  }

  /** A pod has stopped: if the manager waited for it, it looks again. */
  stopped(record: KubeletPod): void {
    const state = this.states.get(record.node);
    if (state === undefined) return;
    if (state.victim === record) state.victim = undefined;
    if (record.isMetered) this.changed(record.node);
  }

  /** The kubelet is gone with all that it remembered. */
  forget(node: NodeIndex): void {
    const state = this.states.get(node);
    if (state === undefined) return;
    this.world.context.sim.cancel(state.round);
    this.world.context.sim.cancel(state.outOfMemory);
    this.states.delete(node);
  }

  private of(node: NodeIndex): NodeState {
    let state = this.states.get(node);
    if (state === undefined) {
      state = {
        round: NO_HANDLE,
        outOfMemory: NO_HANDLE,
        metSinceUs: new Map(),
        observedUs: new Map(),
        victim: undefined,
        waitsUntilUs: -1,
      };
      this.states.set(node, state);
    }
    return state;
  }

  /** Sets the next look at which something can be seen, and the instant at which memory is used up. */
  private plan(node: NodeIndex, fromUs: number): void {
    const { world } = this;
    const { sim } = world.context;
    const records = meteredOn(world, node);
    const known = this.states.get(node);
    if (records.length === 0 && known === undefined && !this.isDiskFull(node)) return;
    const state = this.of(node);
    sim.cancel(state.round);
    sim.cancel(state.outOfMemory);
    state.round = NO_HANDLE;
    state.outOfMemory = NO_HANDLE;
    const atUs = this.nextLookUs(node, state, records, fromUs);
    if (atUs !== undefined) {
      const round = (): void => this.look(node, state);
      const options = { background: true };
      state.round = sim.callAt(atUs as Instant, RANK.kubelet, "eviction round", round, options);
    }
    const memory = capacityOf(world, node, "memory.available")!;
    const gauge = this.gauge(node, records, "memory.available", memory);
    const emptyUs = records.length === 0 ? undefined : firstAbove(world, records, [gauge], fromUs);
    if (emptyUs !== undefined) {
      const label = "node out of memory";
      const kill = (): void => this.killOne(node);
      state.outOfMemory = sim.callAt(emptyUs as Instant, RANK.machine, label, kill);
    }
  }

  private nextLookUs(
    node: NodeIndex,
    state: NodeState,
    records: readonly KubeletPod[],
    fromUs: number,
  ): number | undefined {
    const { world } = this;
    const { periodUs, transitionUs, thresholds } = world.options.eviction;
    if (state.victim === undefined && state.waitsUntilUs > fromUs) {
      return nextTick(fromUs, CLEANUP_POLL_US, world.nodeOf(node).tickPhaseUs);
    }
    const earliestUs = state.victim === undefined ? fromUs : state.waitsUntilUs;
    const gauges = thresholds.flatMap((threshold) => {
      const capacity = capacityOf(world, node, threshold.signal);
      if (capacity === undefined) return [];
      const limit = capacity - thresholdAmount(threshold, capacity);
      return [this.gauge(node, records, threshold.signal, limit)];
    });
    const { Active } = Stage;
    for (const record of records) {
      if (record.stage === Active && !this.isCritical(record))
        gauges.push(...localLimits(world, record));
    }
    let us = firstAbove(world, records, gauges, fromUs);
    for (const observedUs of state.observedUs.values()) {
      us = Math.min(us ?? observedUs + transitionUs, observedUs + transitionUs);
    }
    if (state.metSinceUs.size > 0) us = fromUs; // until they are seen to be met no longer
    if (us === undefined) return undefined;
    const fromNow = Math.max(us, earliestUs, world.nowUs);
    return nextTick(fromNow, periodUs, world.nodeOf(node).statusPhaseUs);
  }

  private gauge(
    node: NodeIndex,
    records: readonly KubeletPod[],
    signal: EvictionThreshold["signal"],
    limit: number,
  ): Gauge {
    return {
      at: (us) => usedOf(this.world, this.collection, node, records, signal, us),
      limit,
    };
  }

  private isDiskFull(node: NodeIndex): boolean {
    const { thresholds } = this.world.options.eviction;
    return thresholds.some((threshold) => {
      if (SIGNALS[threshold.signal].condition !== "DiskPressure") return false;
      const available = this.availableOf(node, threshold);
      return available !== undefined && available.left < available.limit;
    });
  }

  private availableOf(
    node: NodeIndex,
    threshold: EvictionThreshold,
  ): { readonly left: number; readonly limit: number; readonly capacity: number } | undefined {
    const { world } = this;
    const capacity = capacityOf(world, node, threshold.signal);
    if (capacity === undefined) return undefined;
    const { signal } = threshold;
    const records = meteredOn(world, node);
    const used = usedOf(world, this.collection, node, records, signal, world.nowUs);
    return { left: capacity - used, limit: thresholdAmount(threshold, capacity), capacity };
  }

  /** One pass of the manager. */
  private look(node: NodeIndex, state: NodeState): void {
    const { world } = this;
    state.round = NO_HANDLE;
    if (!world.machines.isKubeletRunning(node) || !world.context.api.nodes.exists(node)) return;
    if (state.victim === undefined || world.nowUs >= state.waitsUntilUs) {
      state.victim = undefined;
      state.waitsUntilUs = -1;
      this.observe(node, state);
      const active = this.activeThresholds(state);
      if (!this.evictBeyondLimits(node) && active.length > 0) this.relieve(node, state, active);
    }
    this.plan(node, world.nowUs + 1);
  }

  private observe(node: NodeIndex, state: NodeState): void {
    const { world, statuses } = this;
    const { thresholds, transitionUs } = world.options.eviction;
    for (const threshold of thresholds) {
      const available = this.availableOf(node, threshold);
      if (available === undefined) continue;
      const wasMet = state.metSinceUs.has(threshold);
      const limit = available.limit + (wasMet ? threshold.minReclaim : 0);
      if (available.left >= limit) {
        state.metSinceUs.delete(threshold);
        continue;
      }
      if (!wasMet) state.metSinceUs.set(threshold, world.nowUs);
      state.observedUs.set(SIGNALS[threshold.signal].condition, world.nowUs);
    }
    for (const type of PRESSURES) {
      const observedUs = state.observedUs.get(type);
      if (observedUs === undefined) continue;
      const isPressed = world.nowUs - observedUs < transitionUs;
      if (!isPressed) state.observedUs.delete(type);
      statuses.setPressure(node, type, isPressed);
    }
  }

  /** Pods that have filled more of the disk than they may go all at once; true if there were any. */
  private evictBeyondLimits(node: NodeIndex): boolean {
    const { world } = this;
    let some = false;
    for (const record of meteredOn(world, node)) {
      if (record.stage !== Stage.Active || this.isCritical(record)) continue;
      const message = exceededLimit(world, record);
      if (message === undefined) continue;
      world.podEvent(record, "Warning", "Evicted", message);
      const end = { reason: "Evicted", message, isDisruption: false };
      this.actions.evict(record, end, HARD_GRACE_US);
      some = true;
    }
    return some;
  }

  private isCritical({ pod }: KubeletPod): boolean {
    return this.world.context.api.pods.priority(pod) >= CRITICAL_PRIORITY;
  }

  /** Hard ones, and soft ones that have been met for their grace. */
  private activeThresholds(state: NodeState): EvictionThreshold[] {
    const { thresholds } = this.world.options.eviction;
    const { nowUs } = this.world;
    return thresholds.filter((threshold) => {
      const sinceUs = state.metSinceUs.get(threshold);
      return sinceUs !== undefined && nowUs - sinceUs >= (threshold.graceUs ?? 0);
    });
  }

  /** Memory first; the disk is first relieved of what nobody needs. */
  private relieve(node: NodeIndex, state: NodeState, active: readonly EvictionThreshold[]): void {
    const isOfDisk = ({ signal }: EvictionThreshold): boolean =>
      SIGNALS[signal].condition === "DiskPressure";
    const [first] = [...active.filter((t) => !isOfDisk(t)), ...active.filter(isOfDisk)];
    if (first === undefined) return;
    if (isOfDisk(first) && this.collection.deleteUnused(node)) {
      const available = this.availableOf(node, first);
      if (available === undefined || available.left >= available.limit) {
        state.metSinceUs.delete(first);
        return;
      }
    }
    this.evictOne(node, state, first);
  }

  private evictOne(node: NodeIndex, state: NodeState, threshold: EvictionThreshold): void {
    const { world, actions } = this;
    const { maxPodGraceUs, cleanupUsMax } = world.options.eviction;
    const victim = this.rank(node, threshold)[0];
    if (victim === undefined) return;
    const { left, capacity } = this.availableOf(node, threshold)!;
    const message = evictionMessage(world, victim, threshold, capacity, left);
    const graceUs =
      threshold.graceUs === undefined
        ? HARD_GRACE_US
        : Math.min(maxPodGraceUs, actions.ownGraceUs(victim));
    world.podEvent(victim, "Warning", "Evicted", message);
    state.victim = victim;
    state.waitsUntilUs = world.nowUs + cleanupUsMax;
    actions.evict(victim, { reason: "Evicted", message, isDisruption: true }, graceUs);
  }

  /** Pods that may be evicted, first to go first; critical ones never are. */
  private rank(node: NodeIndex, threshold: EvictionThreshold): KubeletPod[] {
    const { world } = this;
    const { pods } = world.context.api;
    const { usage, request } = SIGNALS[threshold.signal];
    const candidates = meteredOn(world, node)
      .filter(({ stage, pod }) => stage === Stage.Active && pods.priority(pod) < CRITICAL_PRIORITY)
      .map((record) => ({
        record,
        priority: pods.priority(record.pod),
        used: podUsage(world, record, world.nowUs)[usage],
        requested: requestOf(record.template, request),
      }));
    return rankForEviction(candidates, usage === "processCount").map(({ record }) => record);
  }

  /** The kernel frees memory at once: the process with the highest score goes. */
  private killOne(node: NodeIndex): void {
    const { world } = this;
    this.of(node).outOfMemory = NO_HANDLE;
    const memory = capacityOf(world, node, "memory.available")!;
    let worst: { readonly record: KubeletPod; readonly position: number } | undefined;
    let worstScore = Number.NEGATIVE_INFINITY;
    for (const record of meteredOn(world, node)) {
      const { template, containerCount, containers, stage } = record;
      if (stage !== Stage.Active) continue;
      for (let i = 0; i < containerCount; i++) {
        if (containers[i]!.stage !== ContainerStage.Running) continue;
        const { memoryBytes } = containerUsage(world, record, i, world.nowUs);
        const priority = world.context.api.pods.priority(record.pod);
        const adjust = oomScoreAdjust(template, i, priority, memory);
        const score = Math.floor((1000 * memoryBytes) / memory) + adjust;
        if (score <= worstScore) continue;
        worstScore = score;
        worst = { record, position: i };
      }
    }
    if (worst !== undefined) this.actions.kill(worst.record, worst.position, EXIT_KILLED);
  }
}

function requestOf({ requests }: PodTemplate, resource: string | undefined): number {
  if (resource === "memory") return requests.memoryBytes;
  return resource === "ephemeral-storage" ? requests.ephemeralStorageBytes : 0;
}
