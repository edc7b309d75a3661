// What GPU policies read of a pod, signed, so that equal pods in a row can share their scores.
//
// Resources alone do not tell: shares are annotations.

import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { gpuRequestOf } from "./gpu-request.ts";

/** The pod's cpu and GPUs. */
export function signGpus({ template }: PodInfo): readonly SignedPart[] {
  const { milliCpu, gpus, milliEach, fault } = gpuRequestOf(template);
  return [["gpus", `${milliCpu}m ${gpus} x ${milliEach} ${fault}`]];
}
