// Whom the eviction manager evicts first. A pure order.
//
// Memory and disk: pods that use more than they asked for come first, then lower priority, then the
// larger excess. Processes: lower priority, then more of them. The QoS class is not asked for.

import type { KubeletPod } from "./kubelet-pod.ts";

/** What counts of a pod. */
export interface EvictionCandidate {
  readonly record: KubeletPod;
  readonly priority: number;
  readonly used: number;
  /** Request of the resource; 0 where there is no such request (processes). */
  readonly requested: number;
}

/** Candidates, first to go first; equals stay in the order given. */
export function rankForEviction(
  candidates: readonly EvictionCandidate[],
  isOfProcesses: boolean,
): EvictionCandidate[] {
  return candidates
    .map((candidate, place) => ({ candidate, place }))
    .sort((a, b) => {
      const [x, y] = [a.candidate, b.candidate];
      const byExcess = isOfProcesses ? 0 : Number(exceeds(y)) - Number(exceeds(x));
      return byExcess || x.priority - y.priority || excess(y) - excess(x) || a.place - b.place;
    })
    .map(({ candidate }) => candidate);
}

function excess({ used, requested }: EvictionCandidate): number {
  return used - requested;
}

function exceeds(candidate: EvictionCandidate): boolean {
  return excess(candidate) > 0;
}
