// What a pod may fill of its node's disk: limits of emptyDir volumes and of ephemeral storage.
//
// The eviction manager looks at them in every round; a pod beyond one is evicted at once, whatever
// the node has left. First its volumes in the order of the spec, then the pod's sum against the sum of
// its containers' limits, then its main containers one by one.

import { quantityOf } from "../../cluster/index.ts";
import { ContainerStage, type KubeletPod } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { containerUsage, type Gauge, podUsage } from "./node-usage.ts";

const STORAGE = "ephemeral-storage";

/** A limit, what is held against it, and what an eviction says. */
interface LocalLimit extends Gauge {
  readonly message: string;
}

/** The limits of a pod; none for most. */
export function localLimits(world: KubeletWorld, record: KubeletPod): LocalLimit[] {
  return [
    ...volumeLimits(world, record),
    ...podLimit(world, record),
    ...containerLimits(world, record),
  ];
}

/** Why the pod has to go; undefined while it keeps within its limits. */
export function exceededLimit(world: KubeletWorld, record: KubeletPod): string | undefined {
  return localLimits(world, record).find(({ at, limit }) => at(world.nowUs) > limit)?.message;
}

function volumeLimits(world: KubeletWorld, record: KubeletPod): LocalLimit[] {
  return record.template.volumes.flatMap((volume) => {
    if (volume.kind !== "emptyDir") return [];
    const { name, sizeLimitBytes: limit } = volume;
    if (limit === undefined || limit <= 0) return [];
    const message = `Usage of EmptyDir volume "${name}" exceeds the limit "${text(limit)}". `;
    return [{ at: (us) => volumeBytes(world, record, name, us), limit, message }];
  });
}

/** As soon as one container has a limit, their sum counts for the pod. */
function podLimit(world: KubeletWorld, record: KubeletPod): LocalLimit[] {
  const { initContainers, containers } = record.template;
  const own = containers.map(limitOf).filter((limit) => limit !== undefined);
  const init = initContainers.map(limitOf).filter((limit) => limit !== undefined);
  if (own.length === 0 && init.length === 0) return [];
  const limit = Math.max(sumOf(own), ...init);
  const message = `Pod ephemeral local storage usage exceeds the total limit of containers ${text(limit)}. `;
  return [{ at: (us) => podUsage(world, record, us).diskBytes, limit, message }];
}

function containerLimits(world: KubeletWorld, record: KubeletPod): LocalLimit[] {
  return record.template.containers.flatMap((container, index) => {
    const limit = limitOf(container);
    if (limit === undefined || limit === 0) return [];
    const position = record.initCount + index;
    const said = container.limits.get(STORAGE)!.toString();
    const message = `Container ${container.name} exceeded its local ephemeral storage limit "${said}". `;
    return [{ at: (us) => ownBytes(world, record, position, us), limit, message }];
  });
}

function limitOf({ limits }: KubeletPod["template"]["containers"][number]): number | undefined {
  const limit = limits.get(STORAGE);
  return limit === undefined ? undefined : Number(limit.value());
}

/** Logs and writable layer: what of its disk lies in no volume. */
function ownBytes(world: KubeletWorld, record: KubeletPod, position: number, us: number): number {
  const { diskBytes, volumeBytes: inVolumes } = containerUsage(world, record, position, us);
  return diskBytes - sumOf([...(inVolumes?.values() ?? [])]);
}

function volumeBytes(world: KubeletWorld, record: KubeletPod, name: string, us: number): number {
  let sum = 0;
  for (let i = 0; i < record.containerCount; i++) {
    if (record.containers[i]!.stage !== ContainerStage.Running) continue;
    sum += containerUsage(world, record, i, us).volumeBytes?.get(name) ?? 0;
  }
  return sum;
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

function text(bytes: number): string {
  return quantityOf(BigInt(bytes), "BinarySI").toString();
}
