// GpuRequest: how much of which GPUs a pod asks for, whole ones and shares alike.
//
// A whole GPU is the extended resource nvidia.com/gpu, as everywhere. A share has no resource in
// Kubernetes; it is written as the annotations that GPU-sharing schedulers read: gpu-milli (1 to 1000
// thousandths of each GPU) and gpu-count (how many GPUs, 1 when absent).

import type { PodTemplate } from "../../cluster/index.ts";

/** Extended resource of whole GPUs; its amount on a node is the number of its devices. */
export const GPU_RESOURCE = "nvidia.com/gpu";
/** Annotation: thousandths of each GPU, 1 to 1000. */
export const GPU_MILLI_ANNOTATION = "alibabacloud.com/gpu-milli";
/** Annotation: how many GPUs, from 1 on. */
export const GPU_COUNT_ANNOTATION = "alibabacloud.com/gpu-count";
/** A whole GPU in thousandths. */
export const WHOLE_GPU_MILLI = 1000;

/** What a pod wants of GPUs; pods of one `kind` want the same cpu and the same GPUs. */
export interface GpuRequest {
  /** GPUs wanted; 0 when the pod wants none. */
  readonly gpus: number;
  /** Thousandths of each. */
  readonly milliEach: number;
  /** gpus x milliEach. */
  readonly milliTotal: number;
  /** One GPU, and less than the whole of it. */
  readonly isShare: boolean;
  /** The pod's cpu, which GPU policies weigh beside its GPUs. */
  readonly milliCpu: number;
  /** Equal for equal milliCpu, gpus and milliEach: a small number, for tables by kind. */
  readonly kind: number;
  /** Why the annotations cannot be understood; "" when they can. */
  readonly fault: string;
}

const requests = new WeakMap<PodTemplate, GpuRequest>();
const kinds = new Map<string, number>();
/** The pair of the last call: a pod is asked about once per node, and maps are slow to look into. */
let lastTemplate: PodTemplate | undefined;
let lastRequest: GpuRequest | undefined;

/** The request of all pods of a template. */
export function gpuRequestOf(template: PodTemplate): GpuRequest {
  if (template === lastTemplate) return lastRequest!;
  let request = requests.get(template);
  if (request === undefined) {
    request = readRequest(template);
    requests.set(template, request);
  }
  lastTemplate = template;
  lastRequest = request;
  return request;
}

/** A request made of its parts, as by a pod without annotations at fault. */
export function createGpuRequest(milliCpu: number, gpus: number, milliEach: number): GpuRequest {
  const key = `${milliCpu} ${gpus} ${milliEach}`;
  let kind = kinds.get(key);
  if (kind === undefined) {
    kind = kinds.size;
    kinds.set(key, kind);
  }
  const isShare = gpus === 1 && milliEach < WHOLE_GPU_MILLI;
  const milliTotal = gpus * milliEach;
  return { gpus, milliEach, milliTotal, isShare, milliCpu, kind, fault: "" };
}

function readRequest({ annotations, requests: amounts }: PodTemplate): GpuRequest {
  const { milliCpu } = amounts;
  const whole = amounts.scalars.get(GPU_RESOURCE) ?? 0;
  const milliText = annotations.get(GPU_MILLI_ANNOTATION);
  const countText = annotations.get(GPU_COUNT_ANNOTATION);
  if (milliText === undefined && countText === undefined) {
    return createGpuRequest(milliCpu, whole, whole > 0 ? WHOLE_GPU_MILLI : 0);
  }
  const milli = integerIn(milliText ?? `${WHOLE_GPU_MILLI}`, WHOLE_GPU_MILLI);
  const count = integerIn(countText ?? "1", Number.MAX_SAFE_INTEGER);
  const fault = faultOf(milli, count, whole);
  if (fault !== "") return { ...createGpuRequest(milliCpu, 0, 0), fault };
  return createGpuRequest(milliCpu, count!, milli!);
}

function faultOf(milli: number | undefined, count: number | undefined, whole: number): string {
  if (milli === undefined) return `${GPU_MILLI_ANNOTATION} is no integer from 1 to 1000`;
  if (count === undefined) return `${GPU_COUNT_ANNOTATION} is no integer of at least 1`;
  // Both would count on the same devices: which of the two is meant cannot be known.
  if (whole > 0) return `both ${GPU_RESOURCE} and ${GPU_MILLI_ANNOTATION} are asked for`;
  return "";
}

function integerIn(text: string, max: number): number | undefined {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= max ? value : undefined;
}
