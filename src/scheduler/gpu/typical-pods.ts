// Typical pods: what a cluster's pods ask for, as a short list with weights.
//
// Fragmentation is measured against them: a GPU is wasted as far as the pods that usually come cannot
// use it. Rule of the FGD study (USENIX ATC 2023): the most frequent kinds that make up 95 % of all pods.

import { compareText } from "../../base/index.ts";

/** One kind of pod. Amounts per pod: milli-cpu, GPUs, thousandths of each GPU. */
export interface TypicalPod {
  readonly milliCpu: number;
  readonly gpus: number;
  readonly milliEach: number;
  /** GPU models it accepts; empty: any. */
  readonly models: ReadonlySet<string>;
  /** Share of this kind, above 0; the weights of a list sum to 1. */
  readonly weight: number;
}

/** What is counted of a pod; `gpuSpec` is its list of models as the trace writes it. */
export interface CountedPod {
  readonly milliCpu: number;
  readonly gpus: number;
  readonly milliEach: number;
  readonly gpuSpec: string;
}

/** Share of all pods, in per cent, that the typical ones make up at least. */
const COVERED_PERCENT = 95;

/** The typical pods among these, the most frequent kind first. */
export function typicalPodsOf(pods: readonly CountedPod[]): TypicalPod[] {
  const counts = new Map<string, { readonly pod: CountedPod; count: number }>();
  for (const pod of pods) {
    const key = `${pod.milliCpu} ${pod.gpus} ${pod.milliEach} ${pod.gpuSpec}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { pod, count: 1 });
    else known.count++;
  }
  const kinds = [...counts.values()].sort(
    (a, b) =>
      b.count - a.count ||
      b.pod.milliCpu - a.pod.milliCpu ||
      b.pod.milliEach - a.pod.milliEach ||
      b.pod.gpus - a.pod.gpus ||
      compareText(b.pod.gpuSpec, a.pod.gpuSpec),
  );
  const wanted = (COVERED_PERCENT * pods.length) / 100;
  let covered = 0;
  let length = 0;
  while (covered < wanted) covered += kinds[length++]!.count;
  const share = covered / pods.length;
  const isAll = length === kinds.length;
  return kinds.slice(0, length).map(({ pod, count }) => ({
    milliCpu: pod.milliCpu,
    gpus: pod.gpus,
    milliEach: pod.milliEach,
    models: new Set(pod.gpuSpec === "" ? [] : pod.gpuSpec.split("|")),
    weight: isAll ? count / pods.length : count / pods.length / share,
  }));
}
