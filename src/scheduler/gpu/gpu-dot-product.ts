// GpuDotProduct: the node whose free cpu and GPU are least aligned with what the pod asks for.
//
// Score: trunc(100 (1 - (free cpu x cpu + free GPU x GPU) / 2)), each as a share of 128 cores or 8
// GPUs, so that small remainders are used up first. As in the FGD study (USENIX ATC 2023), "merge" mode.

import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import { MAX_NODE_SCORE, type PluginHandle, type ScorePlugin } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { type GpuDevices, gpuDevicesOf } from "./gpu-devices.ts";
import { gpuRequestOf } from "./gpu-request.ts";
import { LARGEST_GPU_MILLI, LARGEST_MILLI_CPU } from "./largest-node.ts";
import { signGpus } from "./signed-gpus.ts";

/** Score by alignment. */
export class GpuDotProduct implements ScorePlugin {
  readonly name = "GpuDotProduct";
  readonly sign: (pod: PodInfo) => readonly SignedPart[] = signGpus;
  private readonly cache: SchedulerCache;
  private readonly devices: GpuDevices;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
    this.devices = gpuDevicesOf(handle.cache);
  }

  score(_state: CycleState, pod: PodInfo, row: NodeRow): number {
    const { milliCpu, milliTotal } = gpuRequestOf(pod.template);
    const { resources } = this.cache;
    const cpuFree = resources.allocatableMilliCpu(row) - resources.requestedMilliCpu(row);
    const gpuFree = this.devices.stateOf(row).leftSum;
    const product =
      (cpuFree / LARGEST_MILLI_CPU) * (milliCpu / LARGEST_MILLI_CPU) +
      (gpuFree / LARGEST_GPU_MILLI) * (milliTotal / LARGEST_GPU_MILLI);
    const score = Math.trunc(MAX_NODE_SCORE * (1 - product / 2));
    // Only nodes beyond the largest of the study leave the range.
    return Math.min(Math.max(score, 0), MAX_NODE_SCORE);
  }
}
