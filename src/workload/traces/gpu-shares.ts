// Shares of GPUs in traces: the annotation that holds one, and the note about schedulers that cannot share.
//
// Kubernetes has no resource for a share, so traces carry it as the annotation that the scheduler plugin
// GpuShare reads; every other scheduler takes such a pod for one that asks for no GPU.

import type { TraceNote } from "../trace.ts";

/** Annotation of pods: thousandths of the one GPU that is shared. */
export const GPU_SHARE_ANNOTATION = "alibabacloud.com/gpu-milli";

/** What must be said of so many pods with a share. */
export function gpuSharesNote(count: number): TraceNote {
  return {
    code: "GPU_SHARE_IGNORED",
    message:
      "pods ask for a share of a GPU; without the plugin GpuShare these pods ask for no GPU here",
    count,
    changesScheduling: true,
    simulatedBy: "GpuShare",
  };
}
