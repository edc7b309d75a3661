// The pods that usually come: what a run's workload asks for, as a short list with counts.
//
// Free room is worth what can be put into it, so fragmentation is measured against these. The rule is
// that of the FGD study (USENIX ATC 2023): the most frequent kinds that make up 95 % of all pods.

import type { PodTemplate } from "../cluster/index.ts";
import { gpuRequestOf } from "../scheduler/index.ts";

/** One kind of pod; `count` is its weight, in pods. */
export interface UsualPod {
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  /** Thousandths of each GPU. */
  readonly milliEach: number;
  readonly count: number;
}

/** Pods of one template, expected or counted. */
export interface TemplateCount {
  readonly template: PodTemplate;
  readonly count: number;
}

/** Share of all pods, in per cent, that the usual ones make up at least. */
const COVERED_PERCENT = 95;

/** The usual pods of a workload, the most frequent kind first; kinds differ in what they ask for. */
export function usualPodsOf(templates: Iterable<TemplateCount>): UsualPod[] {
  return mostFrequent([...templates].map(({ template, count }) => kindOf(template, count)));
}

/** The usual pods by cpu and GPUs alone, as the FGD study counts them. */
export function usualGpuPodsOf(templates: Iterable<TemplateCount>): UsualPod[] {
  return mostFrequent(
    [...templates].map(({ template, count }) => ({ ...kindOf(template, count), memoryBytes: 0 })),
  );
}

function kindOf(template: PodTemplate, count: number): UsualPod {
  const { milliCpu, memoryBytes } = template.nodeRequests;
  const { gpus, milliEach } = gpuRequestOf(template);
  return { milliCpu, memoryBytes, gpus, milliEach, count };
}

function mostFrequent(pods: readonly UsualPod[]): UsualPod[] {
  const kinds = new Map<string, UsualPod>();
  for (const pod of pods) {
    if (pod.count <= 0) continue;
    const key = `${pod.milliCpu} ${pod.memoryBytes} ${pod.gpus} ${pod.milliEach}`;
    kinds.set(key, { ...pod, count: pod.count + (kinds.get(key)?.count ?? 0) });
  }
  const sorted = [...kinds.values()].sort(
    (a, b) =>
      b.count - a.count ||
      b.milliCpu - a.milliCpu ||
      b.milliEach - a.milliEach ||
      b.gpus - a.gpus ||
      b.memoryBytes - a.memoryBytes,
  );
  const wanted = (COVERED_PERCENT * sorted.reduce((sum, { count }) => sum + count, 0)) / 100;
  let covered = 0;
  let length = 0;
  while (length < sorted.length && covered < wanted) covered += sorted[length++]!.count;
  return sorted.slice(0, length);
}
