// What the eviction manager measures on a node, and the texts in which it speaks of it.
//
// Memory: what the node's pods may use plus the hard threshold, less what they use; the rest of the
// machine is taken to use just what is reserved for it. Disk: one file system for images and pods.

import { type NodeIndex, quantityOf } from "../../cluster/index.ts";
import type { EvictionSignal, EvictionThreshold } from "./eviction-options.ts";
import type { ImageCollection } from "./image-collection.ts";
import type { KubeletPod } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { containerUsage, sumOf } from "./node-usage.ts";
import type { PressureType } from "./node-status.ts";

/** What belongs to a signal. */
export interface SignalFacts {
  readonly condition: PressureType;
  /** As messages name it. */
  readonly resource: string;
  readonly usage: "memoryBytes" | "diskBytes" | "processCount";
  /** Of containers; undefined where nothing is requested. */
  readonly request: string | undefined;
}

/** By signal. */
export const SIGNALS: Readonly<Record<EvictionSignal, SignalFacts>> = {
  "memory.available": {
    condition: "MemoryPressure",
    resource: "memory",
    usage: "memoryBytes",
    request: "memory",
  },
  "nodefs.available": {
    condition: "DiskPressure",
    resource: "ephemeral-storage",
    usage: "diskBytes",
    request: "ephemeral-storage",
  },
  "imagefs.available": {
    condition: "DiskPressure",
    resource: "ephemeral-storage",
    usage: "diskBytes",
    request: "ephemeral-storage",
  },
  "pid.available": {
    condition: "PIDPressure",
    resource: "pids",
    usage: "processCount",
    request: undefined,
  },
};

/** What a signal can be at most on a node; undefined = it is not measured there. */
export function capacityOf(
  world: KubeletWorld,
  node: NodeIndex,
  signal: EvictionSignal,
): number | undefined {
  const { nodes } = world.context.api;
  const { eviction } = world.options;
  if (signal === "pid.available") return eviction.processesMax;
  const { capacity, allocatable } = nodes.facts(node);
  if (signal !== "memory.available") {
    return capacity.ephemeralStorageBytes > 0 ? capacity.ephemeralStorageBytes : undefined;
  }
  const hard = eviction.thresholds.find(
    (threshold) => threshold.signal === signal && threshold.graceUs === undefined,
  );
  const reserve = hard === undefined ? 0 : thresholdAmount(hard, capacity.memoryBytes);
  return Math.min(capacity.memoryBytes, allocatable.memoryBytes + reserve);
}

/** What is used of a signal at an instant. */
export function usedOf(
  world: KubeletWorld,
  collection: ImageCollection,
  node: NodeIndex,
  records: readonly KubeletPod[],
  signal: EvictionSignal,
  us: number,
): number {
  const sum = sumOf(world, records, SIGNALS[signal].usage, us);
  const isDisk = SIGNALS[signal].condition === "DiskPressure";
  return isDisk ? sum + collection.imageBytes(node) + world.machines.diskFilledBytes(node) : sum;
}

/** The amount below which a threshold is met. */
export function thresholdAmount({ amount, percent }: EvictionThreshold, capacity: number): number {
  return amount ?? Math.floor((capacity * (percent ?? 0)) / 100);
}

/** Why a pod was evicted, as its status says. */
export function evictionMessage(
  world: KubeletWorld,
  record: KubeletPod,
  threshold: EvictionThreshold,
  capacity: number,
  available: number,
): string {
  const { resource, usage, request } = SIGNALS[threshold.signal];
  const limit = thresholdAmount(threshold, capacity);
  const lines = [
    `The node was low on resource: ${resource}. `,
    `Threshold quantity: ${amountText(limit, usage)}, available: ${amountText(available, usage)}. `,
  ];
  const { initContainers, containers } = record.template;
  if (request !== undefined) {
    for (const [position, { name, requests }] of [...initContainers, ...containers].entries()) {
      const used = containerUsage(world, record, position, world.nowUs)[usage];
      const asked = Number(requests.get(request)?.value() ?? 0n);
      if (used <= asked) continue;
      const amounts = `${amountText(used, usage)}, request is ${amountText(asked, usage)}`;
      lines.push(`Container ${name} was using ${amounts}, has larger consumption of ${resource}. `);
    }
  }
  return lines.join("");
}

function amountText(amount: number, usage: SignalFacts["usage"]): string {
  if (usage === "processCount") return String(amount);
  return amount === 0 ? "0" : `${quantityOf(amount, "BinarySI")}`;
}
