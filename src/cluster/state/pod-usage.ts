// What a pod uses right now: the wants of its running processes added up.
//
// The one answer to "how busy is it" for whoever scales, evicts or measures. It reads what is
// physically so (processes and their ages), not what the API shows; it makes no events.

import type { PodIndex } from "./identity.ts";
import { NO_NODE } from "./identity.ts";
import type { Machines } from "./machines.ts";
import type { ContainerUsage, PodBehavior } from "./pod-behavior.ts";
import type { PodTable } from "./pod-table.ts";

/**
 * Usage of a pod's running processes at `nowUs`, in milli-cpu and bytes; undefined if nothing runs or
 * nothing says what those that run use. CPU is what they want: what they get is not more than the
 * machine has.
 */
export function podUsageAt(
  pods: PodTable,
  machines: Machines,
  behavior: PodBehavior,
  pod: PodIndex,
  nowUs: number,
): ContainerUsage | undefined {
  const node = pods.node(pod);
  if (node === NO_NODE || !machines.hasPod(node, pods.uid(pod))) return undefined;
  const { initContainers, containers } = pods.template(pod);
  let sum: ContainerUsage | undefined;
  for (let position = 0; position < initContainers.length + containers.length; position++) {
    const process = machines.process(node, pods.uid(pod), position);
    if (process?.state !== "running") continue;
    const usage = behavior.usage(pod, position, nowUs - process.startedUs);
    if (usage !== undefined) sum = sum === undefined ? usage : addUsage(sum, usage);
  }
  return sum;
}

/** Both together. */
export function addUsage(a: ContainerUsage, b: ContainerUsage): ContainerUsage {
  return {
    milliCpu: a.milliCpu + b.milliCpu,
    memoryBytes: a.memoryBytes + b.memoryBytes,
    diskBytes: a.diskBytes + b.diskBytes,
    processCount: a.processCount + b.processCount,
  };
}
