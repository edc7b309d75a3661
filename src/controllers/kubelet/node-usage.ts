// What runs on a node uses: sums of its containers' wants at any instant to come, and when a sum will
// pass a limit.
//
// Wants are piecewise linear in time as long as nothing starts or ends, so crossings are computed and
// nothing is sampled. Pods that say nothing about their usage use nothing here.

import type { ContainerUsage, NodeIndex } from "../../cluster/index.ts";
import { ContainerStage, type KubeletPod } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";

/** Something that grows, and the most it may be. */
export interface Gauge {
  readonly at: (us: number) => number;
  readonly limit: number;
}

/** Changes that are looked through at once; what lies beyond is looked at when it is nearer. */
const CHANGES_MAX = 64;
/** Long enough to see a slope of one byte a minute. */
const SLOPE_SPAN_US = 3_600_000_000;

const NOTHING: ContainerUsage = { milliCpu: 0, memoryBytes: 0, diskBytes: 0, processCount: 0 };

/** Records of the node whose running containers say what they use. */
export function meteredOn(world: KubeletWorld, node: NodeIndex): KubeletPod[] {
  return world.recordsOn(node).filter(({ isMetered }) => isMetered);
}

/** What a pod's running containers want at an instant not before their start. */
export function podUsage(world: KubeletWorld, record: KubeletPod, us: number): ContainerUsage {
  let sum = NOTHING;
  for (let i = 0; i < record.containerCount; i++) {
    const usage = containerUsage(world, record, i, us);
    sum = {
      milliCpu: sum.milliCpu + usage.milliCpu,
      memoryBytes: sum.memoryBytes + usage.memoryBytes,
      diskBytes: sum.diskBytes + usage.diskBytes,
      processCount: sum.processCount + usage.processCount,
    };
  }
  return sum;
}

/** What one container wants; nothing while it does not run. */
export function containerUsage(
  world: KubeletWorld,
  record: KubeletPod,
  position: number,
  us: number,
): ContainerUsage {
  const { stage, startedUs } = record.containers[position]!;
  if (stage !== ContainerStage.Running) return NOTHING;
  return world.behavior.usage(record.pod, position, us - startedUs) ?? NOTHING;
}

/** One resource of several pods. */
export function sumOf(
  world: KubeletWorld,
  records: readonly KubeletPod[],
  resource: keyof Omit<ContainerUsage, "volumeBytes">,
  us: number,
): number {
  let sum = 0;
  for (const record of records) sum += podUsage(world, record, us)[resource];
  return sum;
}

/** First instant after `us` at which some usage jumps or changes its slope; undefined = never. */
export function nextChangeUs(
  world: KubeletWorld,
  records: readonly KubeletPod[],
  us: number,
): number | undefined {
  let nextUs: number | undefined;
  for (const { containers, containerCount, pod } of records) {
    for (let i = 0; i < containerCount; i++) {
      const { stage, startedUs } = containers[i]!;
      if (stage !== ContainerStage.Running) continue;
      const ageUs = world.behavior.usageChangesAfterUs(pod, i, us - startedUs);
      if (ageUs !== undefined) nextUs = Math.min(nextUs ?? ageUs + startedUs, ageUs + startedUs);
    }
  }
  return nextUs;
}

/**
 * First instant from `fromUs` on at which a gauge is above its limit, or from which on it has to be
 * looked at again; undefined if that never comes while nothing starts or ends.
 */
export function firstAbove(
  world: KubeletWorld,
  records: readonly KubeletPod[],
  gauges: readonly Gauge[],
  fromUs: number,
): number | undefined {
  let us = fromUs;
  for (let change = 0; change < CHANGES_MAX; change++) {
    const nextUs = nextChangeUs(world, records, us);
    const endUs = (nextUs ?? us + SLOPE_SPAN_US) - 1;
    let foundUs: number | undefined;
    for (const gauge of gauges) {
      const crossing = crossingUs(gauge, us, Math.max(endUs, us));
      if (crossing === undefined || (nextUs !== undefined && crossing >= nextUs)) continue;
      foundUs = Math.min(foundUs ?? crossing, crossing);
    }
    if (foundUs !== undefined || nextUs === undefined) return foundUs;
    us = nextUs;
  }
  return us;
}

/** When the line through the gauge's values at two instants passes the limit. */
function crossingUs({ at, limit }: Gauge, fromUs: number, toUs: number): number | undefined {
  const from = at(fromUs);
  if (from > limit) return fromUs;
  const perUs = (at(toUs) - from) / Math.max(1, toUs - fromUs);
  if (perUs <= 0) return undefined;
  const us = fromUs + Math.floor((limit - from) / perUs) + 1;
  return Number.isSafeInteger(us) ? us : undefined;
}
