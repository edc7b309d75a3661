// Whom a kubelet stops to make room for a critical pod. A pure choice.
//
// Guaranteed pods only for what all others together cannot free, then Burstable, then BestEffort;
// inside a class always the pod whose requests come closest to what is still needed.

import type { QosClass, ResourceList } from "../../cluster/index.ts";
import type { KubeletPod } from "./kubelet-pod.ts";
import type { Shortage } from "./node-room.ts";

/** A pod that may be stopped. */
export interface Victim {
  readonly record: KubeletPod;
  readonly qosClass: QosClass;
  readonly requests: ResourceList;
}

/** What is still to be freed, by resource. */
type Need = ReadonlyMap<string, number>;

/** The victims, or undefined if all of them together are not enough. */
export function chooseVictims(
  shortages: readonly Shortage[],
  candidates: readonly Victim[],
): readonly KubeletPod[] | undefined {
  const need: Need = new Map(
    shortages.map(({ resource, requested, used, capacity }) => [
      resource,
      requested - (capacity - used),
    ]),
  );
  const ofClass = (qosClass: QosClass): Victim[] =>
    candidates.filter((victim) => victim.qosClass === qosClass);
  const [bestEffort, burstable, guaranteed] = [
    ofClass("BestEffort"),
    ofClass("Burstable"),
    ofClass("Guaranteed"),
  ];
  if (without(need, candidates).size > 0) return undefined;
  const fromGuaranteed = closest(without(need, [...bestEffort, ...burstable]), guaranteed);
  const fromBurstable = closest(without(need, [...bestEffort, ...fromGuaranteed]), burstable);
  const fromBestEffort = closest(without(need, [...fromBurstable, ...fromGuaranteed]), bestEffort);
  return [...fromBestEffort, ...fromBurstable, ...fromGuaranteed].map(({ record }) => record);
}

/** The need that is left once these are gone. */
function without(need: Need, victims: readonly Victim[]): Need {
  const left = new Map(need);
  for (const victim of victims) {
    for (const [resource, amount] of left) {
      left.set(resource, amount - amountOf(victim, resource));
    }
  }
  return new Map([...left].filter(([, amount]) => amount > 0));
}

/** Takes the closest pod again and again until nothing is needed. */
function closest(need: Need, among: readonly Victim[]): Victim[] {
  const left = [...among];
  const taken: Victim[] = [];
  let missing = need;
  while (missing.size > 0 && left.length > 0) {
    let best = 0;
    for (let i = 1; i < left.length; i++) {
      if (compare(left[i]!, left[best]!, missing) < 0) best = i;
    }
    const [victim] = left.splice(best, 1) as [Victim];
    taken.push(victim);
    missing = without(missing, [victim]);
  }
  return taken;
}

/** By distance, then smaller memory, then smaller cpu request. */
function compare(a: Victim, b: Victim, need: Need): number {
  return (
    distance(a, need) - distance(b, need) ||
    a.requests.memoryBytes - b.requests.memoryBytes ||
    a.requests.milliCpu - b.requests.milliCpu
  );
}

function distance(victim: Victim, need: Need): number {
  let sum = 0;
  for (const [resource, amount] of need) {
    const missing = Math.max(0, amount - amountOf(victim, resource)) / amount;
    sum += missing * missing;
  }
  return sum;
}

function amountOf({ requests }: Victim, resource: string): number {
  if (resource === "pods") return 1;
  if (resource === "cpu") return requests.milliCpu;
  if (resource === "memory") return requests.memoryBytes;
  if (resource === "ephemeral-storage") return requests.ephemeralStorageBytes;
  return requests.scalars.get(resource) ?? 0;
}
