// What a pod's class means on its node: weights of its cgroups and the order in which the kernel
// kills when memory runs out.
//
// cpu.shares and their cgroup v2 weight decide how cpu is divided when there is too little of it;
// oom_score_adj is added to the share of memory that a process uses.

import { type Container, podRequests, type PodTemplate } from "../../cluster/index.ts";
import { containerAt } from "./start-order.ts";

/** From here on a pod is critical for its node. */
const NODE_CRITICAL_PRIORITY = 2_000_001_000;
const SHARES_MIN = 2;
const SHARES_PER_CPU = 1024;

/** cpu.shares of an amount of requested cpu. */
export function cpuShares(milliCpu: number): number {
  return Math.max(SHARES_MIN, Math.floor((milliCpu * SHARES_PER_CPU) / 1000));
}

/** Score adjustment of a container's processes, -997 to 1000. */
export function oomScoreAdjust(
  template: PodTemplate,
  position: number,
  priority: number,
  memoryCapacityBytes: number,
): number {
  if (priority >= NODE_CRITICAL_PRIORITY || template.qosClass === "Guaranteed") return -997;
  if (template.qosClass === "BestEffort") return 1000;
  // A sidecar is no likelier to be killed than the smallest of the containers that it serves.
  const isSidecar = template.initContainers[position]?.isSidecar === true;
  const mains = template.containers.map(memoryRequested);
  const own = memoryRequested(containerAt(template, position));
  const counted = isSidecar ? Math.max(own, Math.min(...mains)) : own;
  const request = counted + memoryLeftOver(template);
  const adjust = 1000 - Math.floor((1000 * request) / memoryCapacityBytes);
  return Math.min(999, Math.max(3, adjust));
}

/** What the pod requests as a whole beyond its containers, shared out among all of them. */
function memoryLeftOver({ podLevel, initContainers, containers }: PodTemplate): number {
  const whole = podLevel?.requests.get("memory");
  if (whole === undefined) return 0;
  const parts = podRequests({ ...NOTHING_ELSE, initContainers, containers }).get("memory");
  const left = Number(whole.value()) - Number(parts?.value() ?? 0n);
  return Math.trunc(left / (initContainers.length + containers.length));
}

const NOTHING_ELSE = {
  overhead: new Map(),
  podLevel: undefined,
  reported: new Map(),
  reportedPodLevel: undefined,
  isResizeInfeasible: false,
} as const;

function memoryRequested({ requests }: Container): number {
  return Number(requests.get("memory")?.value() ?? 0n);
}
