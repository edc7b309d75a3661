// GpuClustering: pods of one class together: shares with shares, 8-GPU pods with 8-GPU pods.
//
// 75 where the pod's class is alone on the node, 50 where it is one of several, 25 on nodes without
// GPU pods, 0 among other classes only; up to 25 more the fuller the node's GPUs are. Pods without
// GPUs score 0 everywhere. As in the FGD study (USENIX ATC 2023).

import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import { MAX_NODE_SCORE, type PluginHandle, type ScorePlugin } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { type GpuDevices, gpuDevicesOf } from "./gpu-devices.ts";
import { type GpuRequest, gpuRequestOf } from "./gpu-request.ts";
import { LARGEST_GPU_MILLI } from "./largest-node.ts";
import { signGpus } from "./signed-gpus.ts";

const SHARES = 0;
const STEP = 25;

interface KnownClasses {
  readonly generation: number;
  readonly classes: ReadonlySet<number>;
}

/** Score by the classes of the pods on a node. */
export class GpuClustering implements ScorePlugin {
  readonly name = "GpuClustering";
  readonly sign: (pod: PodInfo) => readonly SignedPart[] = signGpus;
  private readonly cache: SchedulerCache;
  private readonly devices: GpuDevices;
  private readonly known: (KnownClasses | undefined)[] = [];

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
    this.devices = gpuDevicesOf(handle.cache);
  }

  score(_state: CycleState, pod: PodInfo, row: NodeRow): number {
    const request = gpuRequestOf(pod.template);
    if (request.gpus === 0) return 0;
    const gpuFree = Math.min(this.devices.stateOf(row).leftSum, LARGEST_GPU_MILLI);
    const fullness = Math.trunc((STEP * (LARGEST_GPU_MILLI - gpuFree)) / LARGEST_GPU_MILLI);
    return Math.min(fullness + this.kinshipOf(classOf(request), row), MAX_NODE_SCORE);
  }

  private kinshipOf(own: number, row: NodeRow): number {
    const classes = this.classesOn(row);
    if (classes.has(own)) return classes.size === 1 ? 3 * STEP : 2 * STEP;
    return classes.size === 0 ? STEP : 0;
  }

  private classesOn(row: NodeRow): ReadonlySet<number> {
    const generation = this.cache.generationOf(row);
    const known = this.known[row];
    if (known !== undefined && known.generation === generation) return known.classes;
    const classes = new Set<number>();
    for (const { template } of this.cache.podsOn(row)) {
      const request = gpuRequestOf(template);
      if (request.gpus > 0) classes.add(classOf(request));
    }
    this.known[row] = { generation, classes };
    return classes;
  }
}

/** The number of GPUs, or the one class of all shares. */
function classOf(request: GpuRequest): number {
  return request.isShare ? SHARES : request.gpus;
}
