// GpuRandom: any node that fits, and any device of it that does, all equally likely.
//
// Draws are keyed by the seed of the arguments and the pod, so they depend on no other pod. The
// baseline of the FGD study (USENIX ATC 2023).

import { EntityDraws, entityHash, streamName } from "../../base/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { CycleState, CycleValue } from "../framework/cycle-state.ts";
import {
  MAX_NODE_SCORE,
  type PluginHandle,
  type PreScorePlugin,
  type ReservePlugin,
  type ScorePlugin,
} from "../framework/plugin.ts";
import { type PodInfo, podKey } from "../framework/pod-info.ts";
import { type Status, SUCCESS } from "../framework/status.ts";
import { type GpuDevices, gpuDevicesOf } from "./gpu-devices.ts";
import { gpuRequestOf } from "./gpu-request.ts";

/** Arguments of the plugin. */
export interface GpuRandomArguments {
  /** Text that all draws hang on. */
  readonly seed: string;
}

const NODE_DRAW = 0;
const DEVICE_DRAW = 1;
const CHOSEN = "PreScoreGpuRandom";

/** The node of this cycle; a hypothetical node is never scored, so copies may share it. */
class ChosenNode implements CycleValue {
  readonly row: NodeRow;

  constructor(row: NodeRow) {
    this.row = row;
  }

  clone(): ChosenNode {
    return this;
  }
}

/** One random node gets 100, the others 0. No pod is like another, so nothing is signed. */
export class GpuRandom implements PreScorePlugin, ScorePlugin, ReservePlugin {
  readonly name = "GpuRandom";
  private readonly cache: SchedulerCache;
  private readonly devices: GpuDevices;
  private readonly draws: EntityDraws;

  constructor({ seed }: GpuRandomArguments, handle: PluginHandle) {
    this.cache = handle.cache;
    this.devices = gpuDevicesOf(handle.cache);
    this.draws = new EntityDraws(streamName(seed, 0, "plugin/GpuRandom"));
  }

  preScore(state: CycleState, pod: PodInfo, nodes: readonly NodeRow[]): Status {
    state.write(CHOSEN, new ChosenNode(nodes[this.draw(pod, NODE_DRAW, nodes.length)]!));
    return SUCCESS;
  }

  score(state: CycleState, _pod: PodInfo, row: NodeRow): number {
    return state.read<ChosenNode>(CHOSEN)?.row === row ? MAX_NODE_SCORE : 0;
  }

  reserve(_state: CycleState, pod: PodInfo, nodeName: string): Status {
    const request = gpuRequestOf(pod.template);
    const row = this.cache.findRow(nodeName);
    if (!request.isShare || row === undefined) return SUCCESS;
    const { left } = this.devices.stateWithout(row, pod.uid);
    const able = [...left.keys()].filter((device) => left[device]! >= request.milliEach);
    if (able.length === 0) return SUCCESS;
    this.devices.assign(pod, row, [able[this.draw(pod, DEVICE_DRAW, able.length)]!]);
    return SUCCESS;
  }

  unreserve(_state: CycleState, pod: PodInfo): void {
    this.devices.release(pod);
  }

  private draw(pod: PodInfo, index: number, count: number): number {
    const unit = this.draws.unit(entityHash(podKey(pod), 0), index);
    return Math.min(Math.floor(unit * count), count - 1);
  }
}
