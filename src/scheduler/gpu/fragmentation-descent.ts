// GpuFragmentationDescent: the node, and the device, where placing the pod fragments least (FGD).
//
// Score: trunc(100 / (1 + exp(-(F before - F after) / 1000))), F the node's fragmentation in
// thousandths of a GPU. A share is tried on every device that has room and the best one counts;
// other pods take the tightest devices. USENIX ATC 2023, "Beware of Fragmentation".

import { exp } from "../../base/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import {
  MAX_NODE_SCORE,
  type PluginHandle,
  type ReservePlugin,
  type ScorePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { type Status, SUCCESS } from "../framework/status.ts";
import { Fragmentation } from "./fragmentation.ts";
import { type GpuDevices, gpuDevicesOf } from "./gpu-devices.ts";
import { type GpuRequest, gpuRequestOf } from "./gpu-request.ts";
import { type GpuState, takeGpus, tightestDevices } from "./gpu-state.ts";
import { signGpus } from "./signed-gpus.ts";
import type { TypicalPod } from "./typical-pods.ts";

/** Arguments of the plugin. */
export interface FragmentationDescentArguments {
  readonly typicalPods: readonly TypicalPod[];
  /** Label of nodes that names their GPU model. */
  readonly modelLabel: string;
}

/** What is known of a node as of a generation of its row; scores by kind of request. */
interface ScoredNode {
  readonly generation: number;
  readonly scores: Map<number, number>;
}

/** Score and device choice by fragmentation. */
export class GpuFragmentationDescent implements ScorePlugin, ReservePlugin {
  readonly name = "GpuFragmentationDescent";
  readonly sign: (pod: PodInfo) => readonly SignedPart[] = signGpus;
  private readonly cache: SchedulerCache;
  private readonly devices: GpuDevices;
  private readonly modelLabel: string;
  private readonly fragmentation: Fragmentation;
  private readonly scoredNodes: (ScoredNode | undefined)[] = [];
  /** Scores by what is left of a node, shared by all nodes in the same state. */
  private readonly scoresOfState = new Map<string, Map<number, number>>();

  constructor(args: FragmentationDescentArguments, handle: PluginHandle) {
    this.cache = handle.cache;
    this.devices = gpuDevicesOf(handle.cache);
    this.modelLabel = args.modelLabel;
    this.fragmentation = new Fragmentation(args.typicalPods);
  }

  score(_state: CycleState, pod: PodInfo, row: NodeRow): number {
    const request = gpuRequestOf(pod.template);
    const scores = this.scoresOn(row);
    let score = scores.get(request.kind);
    if (score === undefined) {
      score = this.bestScore(row, request);
      scores.set(request.kind, score);
    }
    return score;
  }

  /** The device of a share is the one whose score was best, the lowest index among equals. */
  reserve(_state: CycleState, pod: PodInfo, nodeName: string): Status {
    const request = gpuRequestOf(pod.template);
    const row = this.cache.findRow(nodeName);
    if (!request.isShare || row === undefined) return SUCCESS;
    const gpus = this.devices.stateWithout(row, pod.uid);
    // The pod counts on the node already; its cpu was free when it was scored.
    const milliCpuLeft = this.milliCpuLeft(row) + pod.template.nodeRequests.milliCpu;
    const device = this.bestDevice(gpus, milliCpuLeft, this.modelOf(row), request);
    if (device !== undefined) this.devices.assign(pod, row, [device]);
    return SUCCESS;
  }

  unreserve(_state: CycleState, pod: PodInfo): void {
    this.devices.release(pod);
  }

  private scoresOn(row: NodeRow): Map<number, number> {
    const known = this.scoredNodes[row];
    const generation = this.cache.generationOf(row);
    if (known !== undefined && known.generation === generation) return known.scores;
    const key = `${this.milliCpuLeft(row)}/${this.devices.stateOf(row).key}/${this.modelOf(row)}`;
    let scores = this.scoresOfState.get(key);
    if (scores === undefined) {
      scores = new Map();
      this.scoresOfState.set(key, scores);
    }
    this.scoredNodes[row] = { generation, scores };
    return scores;
  }

  private bestScore(row: NodeRow, request: GpuRequest): number {
    const gpus = this.devices.stateOf(row);
    const milliCpuLeft = this.milliCpuLeft(row);
    const model = this.modelOf(row);
    if (request.isShare) {
      const device = this.bestDevice(gpus, milliCpuLeft, model, request);
      if (device === undefined) return 0;
      return this.scoreOf(gpus, milliCpuLeft, model, request, [device]);
    }
    const devices = tightestDevices(gpus, request);
    return this.scoreOf(gpus, milliCpuLeft, model, request, devices);
  }

  private bestDevice(
    gpus: GpuState,
    milliCpuLeft: number,
    model: string,
    request: GpuRequest,
  ): number | undefined {
    let best: number | undefined;
    let bestScore = -1;
    for (const [device, left] of gpus.left.entries()) {
      if (left < request.milliEach) continue;
      const score = this.scoreOf(gpus, milliCpuLeft, model, request, [device]);
      if (score <= bestScore) continue;
      best = device;
      bestScore = score;
    }
    return best;
  }

  private scoreOf(
    gpus: GpuState,
    milliCpuLeft: number,
    model: string,
    request: GpuRequest,
    devices: readonly number[],
  ): number {
    const before = this.fragmentation.of(milliCpuLeft, gpus, model);
    const after = this.fragmentation.of(
      milliCpuLeft - request.milliCpu,
      takeGpus(gpus, devices, request.milliEach),
      model,
    );
    return descentScore(before, after);
  }

  private milliCpuLeft(row: NodeRow): number {
    const { resources } = this.cache;
    return resources.allocatableMilliCpu(row) - resources.requestedMilliCpu(row);
  }

  private modelOf(row: NodeRow): string {
    return this.cache.node(row).meta.labels.get(this.modelLabel) ?? "";
  }
}

/** 0 to 100: 50 where placing the pod changes nothing, more where it fragments less than before. */
export function descentScore(before: number, after: number): number {
  return Math.trunc((1 / (1 + exp(-((before - after) / 1000)))) * MAX_NODE_SCORE);
}
