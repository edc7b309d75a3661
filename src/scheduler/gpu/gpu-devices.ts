// GpuDevices: which pod holds which GPUs of which node, as one scheduler believes it.
//
// Derived from the cache: the pods on a node, in the cache's order, and a ledger of the devices that
// each was given at Reserve. A pod that came without (bound by somebody else) takes the tightest
// devices that serve it when it is first seen. Kubernetes itself has no such state: a node's
// kubelet and its device plugin keep it.

import type { NodeRow } from "../cache/node-row.ts";
import { DRY_RUN_ROW, SCRATCH_ROW } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { GPU_RESOURCE, type GpuRequest, gpuRequestOf, WHOLE_GPU_MILLI } from "./gpu-request.ts";
import { type GpuState, gpuStateOf, takeGpus, tightestDevices } from "./gpu-state.ts";

/** Devices of one pod, one entry per slot, and the row that they are on. */
interface Holding {
  readonly row: NodeRow;
  readonly devices: readonly number[];
  /** Thousandths taken per slot. */
  readonly milliEach: number;
}

/** State of one node as of a generation of its row. */
interface KnownNode {
  readonly generation: number;
  readonly state: GpuState;
  /** Pods that held devices then, to notice those that left. */
  readonly holders: readonly PodInfo["uid"][];
}

/** No row is ever of this generation: the state must be counted anew. */
const NEVER = -1;
const NOBODY: readonly PodInfo["uid"][] = [];
const devicesOfCache = new WeakMap<SchedulerCache, GpuDevices>();

/** The devices behind a cache: all plugins of a scheduler share them. */
export function gpuDevicesOf(cache: SchedulerCache): GpuDevices {
  let devices = devicesOfCache.get(cache);
  if (devices === undefined) {
    devices = new GpuDevices(cache);
    devicesOfCache.set(cache, devices);
  }
  return devices;
}

/** The ledger of GPUs. */
export class GpuDevices {
  private readonly cache: SchedulerCache;
  private readonly holdings = new Map<PodInfo["uid"], Holding>();
  private readonly known: (KnownNode | undefined)[] = [];

  constructor(cache: SchedulerCache) {
    this.cache = cache;
  }

  /** What is left of the node's GPUs; scratch rows are nodes as they might be. */
  stateOf(row: NodeRow): GpuState {
    if (row === SCRATCH_ROW || row === DRY_RUN_ROW) return this.hypotheticalState(row);
    const known = this.known[row];
    if (known !== undefined && known.generation === this.cache.generationOf(row)) {
      return known.state;
    }
    return this.settle(row, known?.holders ?? NOBODY);
  }

  /** The state without that pod, which is on the node already when its devices are chosen. */
  stateWithout(row: NodeRow, uid: PodInfo["uid"]): GpuState {
    const others = this.cache.podsOn(row).filter((pod) => pod.uid !== uid);
    return this.countHoldings(row, row, others, undefined);
  }

  /** Devices the pod holds on that node, one entry per slot; undefined when it was given none. */
  devicesOf(pod: PodInfo, row: NodeRow): readonly number[] | undefined {
    const holding = this.holdings.get(pod.uid);
    return holding?.row === row ? holding.devices : undefined;
  }

  /** Gives devices to a pod on that node, in place of those it may have. */
  assign(pod: PodInfo, row: NodeRow, devices: readonly number[]): void {
    this.hold(pod, row, devices);
    // Those who left are noticed as before; who holds what now is counted when it is asked for.
    const known = this.known[row];
    if (known !== undefined) this.known[row] = { ...known, generation: NEVER };
  }

  /** Takes the pod's devices back. */
  release(pod: PodInfo): void {
    const holding = this.holdings.get(pod.uid);
    if (holding === undefined) return;
    this.holdings.delete(pod.uid);
    const known = this.known[holding.row];
    if (known !== undefined) this.known[holding.row] = { ...known, generation: NEVER };
  }

  private hold(pod: PodInfo, row: NodeRow, devices: readonly number[]): void {
    this.holdings.set(pod.uid, { row, devices, milliEach: gpuRequestOf(pod.template).milliEach });
  }

  /** The present state of a node, with devices for every pod on it; those who left are forgotten. */
  private settle(row: NodeRow, before: readonly PodInfo["uid"][]): GpuState {
    const pods = this.cache.podsOn(row);
    const present = new Set(pods.map((pod) => pod.uid));
    for (const uid of before) {
      if (!present.has(uid) && this.holdings.get(uid)?.row === row) this.holdings.delete(uid);
    }
    const state = this.countHoldings(row, row, pods, (pod, devices) =>
      this.hold(pod, row, devices),
    );
    const holders = pods.filter((pod) => this.holdings.has(pod.uid)).map((pod) => pod.uid);
    this.known[row] = { generation: this.cache.generationOf(row), state, holders };
    return state;
  }

  private hypotheticalState(row: NodeRow): GpuState {
    const home = this.cache.findRow(this.cache.nodeName(row));
    if (home !== undefined) this.stateOf(home);
    return this.countHoldings(row, home ?? row, this.cache.podsOn(row), undefined);
  }

  /** Those with devices first; the others then take the tightest that are left, in the pods' order. */
  private countHoldings(
    row: NodeRow,
    home: NodeRow,
    pods: readonly PodInfo[],
    onGiven: ((pod: PodInfo, devices: readonly number[]) => void) | undefined,
  ): GpuState {
    const count = this.cache.resources.allocatableScalar(row, GPU_RESOURCE);
    if (count === 0) return gpuStateOf([]);
    const left = new Array<number>(count).fill(WHOLE_GPU_MILLI);
    const without: PodInfo[] = [];
    for (const pod of pods) {
      const holding = this.holdings.get(pod.uid);
      const isHere = holding?.row === home && holding.devices.every((device) => device < count);
      if (isHere) for (const device of holding.devices) left[device]! -= holding.milliEach;
      else if (gpuRequestOf(pod.template).gpus > 0) without.push(pod);
    }
    let state = gpuStateOf(left);
    for (const pod of without) {
      const request = gpuRequestOf(pod.template);
      const devices = anyDevices(state, request);
      state = takeGpus(state, devices, request.milliEach);
      onGiven?.(pod, devices);
    }
    return state;
  }
}

/** The tightest devices; what they cannot serve is put on the one with most left, as a fact to live with. */
function anyDevices(state: GpuState, request: GpuRequest): readonly number[] {
  const devices = tightestDevices(state, request);
  let after = takeGpus(state, devices, request.milliEach);
  while (devices.length < request.gpus) {
    const device = after.order.at(-1)!;
    devices.push(device);
    after = takeGpus(after, [device], request.milliEach);
  }
  return devices;
}
