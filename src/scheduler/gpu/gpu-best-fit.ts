// GpuBestFit: the node with least cpu and GPU left after the pod, each against the largest node.
//
// Score: trunc(100 (1 - (0.5 cpu left / 128 cores + 0.5 GPU left / 8 GPUs))), then stretched over the
// feasible nodes to 0..100. As in the FGD study (USENIX ATC 2023).

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

const WEIGHT = 0.5;

/** Score by what is left. */
export class GpuBestFit implements ScorePlugin {
  readonly name = "GpuBestFit";
  readonly sign: (pod: PodInfo) => readonly SignedPart[] = signGpus;
  private readonly cache: SchedulerCache;
  private readonly devices: GpuDevices;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
    this.devices = gpuDevicesOf(handle.cache);
  }

  /** May be below 0 on nodes larger than the largest of the study; stretching mends that. */
  score(_state: CycleState, pod: PodInfo, row: NodeRow): number {
    const { milliCpu, milliTotal } = gpuRequestOf(pod.template);
    const { resources } = this.cache;
    const cpuLeft =
      resources.allocatableMilliCpu(row) - resources.requestedMilliCpu(row) - milliCpu;
    const gpuLeft = this.devices.stateOf(row).leftSum - milliTotal;
    const left = (cpuLeft / LARGEST_MILLI_CPU) * WEIGHT + (gpuLeft / LARGEST_GPU_MILLI) * WEIGHT;
    return Math.trunc((1 - left) * MAX_NODE_SCORE);
  }

  normalizeScores(
    _state: CycleState,
    _pod: PodInfo,
    _nodes: readonly NodeRow[],
    scores: number[],
  ): void {
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (const score of scores) {
      lowest = Math.min(lowest, score);
      highest = Math.max(highest, score);
    }
    const range = highest - lowest;
    for (const [position, score] of scores.entries()) {
      scores[position] = range === 0 ? 0 : Math.trunc(((score - lowest) * MAX_NODE_SCORE) / range);
    }
  }
}
