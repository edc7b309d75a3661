// GpuPacking: GPUs in use before idle ones, idle ones on used nodes before untouched nodes.
//
// Three bands: 50 to 100 where only GPUs in use are taken, less the more they have left; 33 to 50
// where idle GPUs of a node in use are; at most 33 on nodes whose GPUs are all idle, less the more
// they are. Pods without GPUs score 0 everywhere. As in the FGD study (USENIX ATC 2023).

import type { NodeRow } from "../cache/node-row.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import { MAX_NODE_SCORE, type PluginHandle, type ScorePlugin } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { type GpuDevices, gpuDevicesOf } from "./gpu-devices.ts";
import { type GpuRequest, gpuRequestOf, WHOLE_GPU_MILLI } from "./gpu-request.ts";
import type { GpuState } from "./gpu-state.ts";
import { signGpus } from "./signed-gpus.ts";

const UNTOUCHED_MAX = 33;
const USED_NODE_MAX = 50;

/** Score by how far the pod fills what is in use. */
export class GpuPacking implements ScorePlugin {
  readonly name = "GpuPacking";
  readonly sign: (pod: PodInfo) => readonly SignedPart[] = signGpus;
  private readonly devices: GpuDevices;

  constructor(handle: PluginHandle) {
    this.devices = gpuDevicesOf(handle.cache);
  }

  score(_state: CycleState, pod: PodInfo, row: NodeRow): number {
    const request = gpuRequestOf(pod.template);
    return request.gpus === 0 ? 0 : packingScore(this.devices.stateOf(row), request);
  }
}

/** Score of a node that can serve the request. */
export function packingScore(gpus: GpuState, request: GpuRequest): number {
  const { idle } = gpus;
  // A node of a hundred GPUs or more would leave the range.
  if (idle === gpus.left.length) return Math.min(Math.max(UNTOUCHED_MAX - idle, idle), 100);
  let wanted = request.gpus;
  let idleTaken = 0;
  let percentLeft = 0;
  for (const device of gpus.order) {
    const left = gpus.left[device]!;
    if (wanted === 0) break;
    if (left < request.milliEach) continue;
    wanted--;
    if (left === WHOLE_GPU_MILLI) idleTaken++;
    percentLeft += Math.trunc((left * 100) / WHOLE_GPU_MILLI);
  }
  if (idleTaken > 0) return Math.max(USED_NODE_MAX - idleTaken, UNTOUCHED_MAX);
  return Math.max(MAX_NODE_SCORE - Math.trunc(percentLeft / 10), USED_NODE_MAX);
}
