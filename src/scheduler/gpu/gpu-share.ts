// GpuShare: keeps pods off nodes whose GPUs cannot serve them, and says which device serves whom.
//
// Kubernetes counts whole GPUs; this plugin knows each device and lets pods share one. It is not
// upstream's: it is in a profile only when a configuration names it. Which device a pod gets is the
// tightest that suffices, unless a policy's own Reserve chooses, before or after this one.

import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type {
  FilterPlugin,
  PluginHandle,
  PreFilterOutcome,
  PreFilterPlugin,
  ReservePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { SKIP, type Status, SUCCESS, unresolvable, unschedulable } from "../framework/status.ts";
import { type GpuDevices, gpuDevicesOf } from "./gpu-devices.ts";
import { gpuRequestOf, WHOLE_GPU_MILLI } from "./gpu-request.ts";
import { fitsGpus, tightestDevices } from "./gpu-state.ts";

const NAME = "GpuShare";
const NO_ROOM: Status = unschedulable(NAME, "Insufficient GPU on one device");
const TOO_FEW: Status = unresolvable(NAME, "node(s) have too few GPUs");

/** Filter and Reserve by GPU device. */
export class GpuShare implements PreFilterPlugin, FilterPlugin, ReservePlugin {
  readonly name: string = NAME;
  private readonly cache: SchedulerCache;
  private readonly devices: GpuDevices;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
    this.devices = gpuDevicesOf(handle.cache);
  }

  sign(pod: PodInfo): readonly SignedPart[] {
    const { gpus, milliEach, fault } = gpuRequestOf(pod.template);
    return [["gpus", `${gpus} x ${milliEach} ${fault}`]];
  }

  preFilter(_state: CycleState, pod: PodInfo): PreFilterOutcome {
    const { gpus, fault } = gpuRequestOf(pod.template);
    if (fault !== "") return { status: unresolvable(NAME, `invalid GPU request: ${fault}`) };
    return { status: gpus === 0 ? SKIP : SUCCESS };
  }

  filter(_state: CycleState, pod: PodInfo, row: NodeRow): Status {
    const request = gpuRequestOf(pod.template);
    const gpus = this.devices.stateOf(row);
    if (fitsGpus(gpus, request)) return SUCCESS;
    return gpus.left.length * WHOLE_GPU_MILLI < request.milliTotal ? TOO_FEW : NO_ROOM;
  }

  reserve(_state: CycleState, pod: PodInfo, nodeName: string): Status {
    const request = gpuRequestOf(pod.template);
    const row = this.cache.findRow(nodeName);
    if (request.gpus === 0 || row === undefined) return SUCCESS;
    if (this.devices.devicesOf(pod, row) !== undefined) return SUCCESS;
    const devices = tightestDevices(this.devices.stateWithout(row, pod.uid), request);
    if (devices.length < request.gpus) return NO_ROOM;
    this.devices.assign(pod, row, devices);
    return SUCCESS;
  }

  unreserve(_state: CycleState, pod: PodInfo): void {
    this.devices.release(pod);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      { resource: "Pod", actions: Action.Delete },
      { resource: "Node", actions: Action.Add | Action.UpdateNodeAllocatable },
    ];
  }
}
