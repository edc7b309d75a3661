// Fragmentation: how much of a node's free GPU the pods that usually come could not use.
//
// The measure of the FGD study (USENIX ATC 2023). For each typical pod: all that is left of the node's
// GPUs if the pod does not fit there (or wants no GPU), otherwise only the devices with too little
// left for it; then the mean over the typical pods by weight. Memory plays no part.

import type { GpuState } from "./gpu-state.ts";
import type { TypicalPod } from "./typical-pods.ts";

/** The classes whose sums are added up at the end, in this order: sums of doubles depend on theirs. */
const CLASS = {
  lacksCpuAndGpu: 0,
  lacksGpu: 1,
  lacksCpu: 2,
  cpuOnlyFits: 3,
  cpuOnlyLacks: 4,
  notAccepted: 5,
} as const;
const CLASS_COUNT = 6;

/** Fragmentation of nodes against one list of typical pods. */
export class Fragmentation {
  private readonly typicalPods: readonly TypicalPod[];
  private readonly memo = new Map<string, number>();
  private readonly sumsScratch = new Float64Array(CLASS_COUNT);

  constructor(typicalPods: readonly TypicalPod[]) {
    this.typicalPods = typicalPods;
  }

  /**
   * Fragmented GPU in thousandths, an expectation and so a fraction.
   *
   * @param model of the node's GPUs; "" when unknown, which no list of models accepts.
   */
  of(milliCpuLeft: number, gpus: GpuState, model: string): number {
    const key = `${milliCpuLeft}/${gpus.key}/${model}`;
    let amount = this.memo.get(key);
    if (amount === undefined) {
      amount = this.compute(milliCpuLeft, gpus, model);
      this.memo.set(key, amount);
    }
    return amount;
  }

  private compute(milliCpuLeft: number, gpus: GpuState, model: string): number {
    const sums = this.sumsScratch.fill(0);
    for (const pod of this.typicalPods) {
      const hasCpu = milliCpuLeft >= pod.milliCpu;
      if (pod.gpus === 0) {
        sums[hasCpu ? CLASS.cpuOnlyFits : CLASS.cpuOnlyLacks]! += pod.weight * gpus.leftSum;
      } else if (pod.models.size > 0 && !pod.models.has(model)) {
        sums[CLASS.notAccepted]! += pod.weight * gpus.leftSum;
      } else if (devicesWith(gpus, pod.milliEach) < pod.gpus) {
        sums[hasCpu ? CLASS.lacksGpu : CLASS.lacksCpuAndGpu]! += pod.weight * gpus.leftSum;
      } else if (!hasCpu) {
        sums[CLASS.lacksCpu]! += pod.weight * gpus.leftSum;
      } else {
        sums[CLASS.lacksGpu]! += pod.weight * sumBelow(gpus, pod.milliEach);
      }
    }
    let amount = 0;
    for (const sum of sums) amount += sum;
    return amount;
  }
}

function devicesWith(gpus: GpuState, milli: number): number {
  let count = 0;
  for (const left of gpus.left) if (left >= milli) count++;
  return count;
}

function sumBelow(gpus: GpuState, milli: number): number {
  let sum = 0;
  for (const left of gpus.left) if (left < milli) sum += left;
  return sum;
}
