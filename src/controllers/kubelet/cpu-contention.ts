// CPU contention: work that needs cpu takes longer on a node whose containers want more than it has.
//
// Only containers that say so (podsim.dev/cpu-bound) are slowed: their run is the time they take with
// all the cpu they want. A node without one costs nothing; a node with one looks again whenever
// something that uses cpu begins, ends or changes its wants.

import type { Instant } from "../../base/index.ts";
import type { NodeIndex } from "../../cluster/index.ts";
import { type EventHandle, NO_HANDLE, RANK } from "../../engine/index.ts";
import { type CpuClaim, divideCpu } from "./cpu-division.ts";
import { ContainerStage, type KubeletPod } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { containerUsage, meteredOn, nextChangeUs } from "./node-usage.ts";
import { cpuShares } from "./quality-of-service.ts";
import { containerAt } from "./start-order.ts";

/** Contention on all nodes. */
export class CpuContention {
  private readonly world: KubeletWorld;
  private readonly setPace: (record: KubeletPod, position: number, percent: number) => void;
  private readonly looks = new Map<NodeIndex, EventHandle>();

  /** `setPace` makes a container's work take so many percent of its time from now on. */
  constructor(
    world: KubeletWorld,
    setPace: (record: KubeletPod, position: number, percent: number) => void,
  ) {
    this.world = world;
    this.setPace = setPace;
  }

  /** Something that uses cpu began, ended or changed. */
  changed(node: NodeIndex): void {
    const { world } = this;
    const { sim, api } = world.context;
    if (!api.nodes.exists(node)) return;
    sim.cancel(this.looks.get(node) ?? NO_HANDLE);
    this.looks.delete(node);
    const records = meteredOn(world, node);
    const bound = records.flatMap((record) => this.boundOf(record));
    if (bound.length === 0) return;
    this.divide(node, records);
    const nextUs = nextChangeUs(world, records, world.nowUs);
    if (nextUs === undefined) return;
    const look = (): void => this.changed(node);
    const handle = sim.callAt(nextUs as Instant, RANK.machine, "cpu division", look);
    this.looks.set(node, handle);
  }

  private divide(node: NodeIndex, records: readonly KubeletPod[]): void {
    const { world } = this;
    const claims: (CpuClaim & { readonly record: KubeletPod; readonly position: number })[] = [];
    for (const record of records) {
      for (let position = 0; position < record.containerCount; position++) {
        const { milliCpu } = containerUsage(world, record, position, world.nowUs);
        if (milliCpu === 0) continue;
        const { requests, limits } = containerAt(record.template, position);
        const limit = Number(limits.get("cpu")?.milliValue() ?? milliCpu);
        const request = Number(requests.get("cpu")?.milliValue() ?? 0);
        const wanted = Math.min(milliCpu, limit);
        claims.push({ record, position, wanted, weight: cpuShares(request) });
      }
    }
    const { milliCpu: capacity } = world.context.api.nodes.facts(node).capacity;
    const granted = divideCpu(capacity, claims);
    for (const [index, { record, position }] of claims.entries()) {
      if (!world.behavior.isCpuBound(record.pod, position)) continue;
      const { milliCpu } = containerUsage(world, record, position, world.nowUs);
      const percent = Math.ceil((100 * milliCpu) / Math.max(1, granted[index]!));
      this.setPace(record, position, Math.max(100, percent));
    }
  }

  private boundOf(record: KubeletPod): number[] {
    const bound: number[] = [];
    for (let i = 0; i < record.containerCount; i++) {
      const isRunning = record.containers[i]!.stage === ContainerStage.Running;
      if (isRunning && this.world.behavior.isCpuBound(record.pod, i)) bound.push(i);
    }
    return bound;
  }
}
