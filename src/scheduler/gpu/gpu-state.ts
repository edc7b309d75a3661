// GpuState: what is left of each GPU of a node, with the arithmetic of fitting and taking.
//
// Immutable and interned: nodes with the same amounts left share one state, so that what is worked out
// for a state is worked out once. Amounts are thousandths of a GPU.

import type { GpuRequest } from "./gpu-request.ts";
import { WHOLE_GPU_MILLI } from "./gpu-request.ts";

/** The GPUs of a node in device order. */
export interface GpuState {
  /** Left of each device; below 0 where pods were bound past its capacity. */
  readonly left: readonly number[];
  readonly leftSum: number;
  readonly leftMax: number;
  /** Devices nobody uses. */
  readonly idle: number;
  /** Devices by what is left, least first, lower index first among equals. */
  readonly order: readonly number[];
  /** The amounts least first, as a text: equal for states that differ only in device order. */
  readonly key: string;
}

const states = new Map<string, GpuState>();

/** The one state with these amounts left. */
export function gpuStateOf(left: readonly number[]): GpuState {
  const text = left.join();
  let state = states.get(text);
  if (state === undefined) {
    state = createState([...left]);
    states.set(text, state);
  }
  return state;
}

function createState(left: readonly number[]): GpuState {
  const order = left.map((_, device) => device).sort((a, b) => left[a]! - left[b]! || a - b);
  return Object.freeze({
    left,
    leftSum: left.reduce((sum, each) => sum + each, 0),
    leftMax: Math.max(0, ...left),
    idle: left.filter((each) => each === WHOLE_GPU_MILLI).length,
    order,
    key: order.map((device) => left[device]).join(),
  });
}

/** Whether the GPUs can serve the request: one device for one GPU, else as many slots as GPUs. */
export function fitsGpus(state: GpuState, request: GpuRequest): boolean {
  const { gpus, milliEach } = request;
  if (gpus === 0) return true;
  if (state.leftMax < milliEach) return false;
  if (gpus === 1) return true;
  if (milliEach === WHOLE_GPU_MILLI) return state.idle >= gpus;
  let slots = 0;
  for (const left of state.left) slots += slotsIn(left, milliEach);
  return slots >= gpus;
}

/**
 * The tightest devices that serve the request, as device indexes with one entry per GPU asked for: the
 * devices with least left go first, and each gives as many slots as it has. Shorter than asked for
 * when the GPUs cannot serve it.
 */
export function tightestDevices(state: GpuState, request: GpuRequest): number[] {
  const { gpus, milliEach } = request;
  const taken: number[] = [];
  for (const device of state.order) {
    const slots = slotsIn(state.left[device]!, milliEach);
    for (let slot = 0; slot < slots && taken.length < gpus; slot++) taken.push(device);
  }
  return taken;
}

/** What is left after taking `milliEach` of each of these devices (one entry per slot). */
export function takeGpus(state: GpuState, devices: readonly number[], milliEach: number): GpuState {
  const left = [...state.left];
  for (const device of devices) left[device]! -= milliEach;
  return gpuStateOf(left);
}

function slotsIn(left: number, milliEach: number): number {
  return left < milliEach ? 0 : Math.floor(left / milliEach);
}
