// KindKeys: texts that are equal for pods that no single node tells apart.
//
// What a pod asks for, its host ports, and everything of it that meets a node's object. Many classes
// (a job each, say) are of few kinds, and what is known of a kind outlives its classes.

import type { CycleState } from "../../framework/cycle-state.ts";
import type { FusedProfile } from "../fused/fused-profile.ts";
import type { PodClass } from "../fused/pod-class.ts";

/** Keys of kinds, made once per class. */
export class KindKeys {
  private readonly keys = new WeakMap<PodClass, string>();
  private readonly profileNumbers = new Map<FusedProfile, number>();

  /** `state` of the cycle says which plugins skip the pod. */
  keyOf(podClass: PodClass, state: CycleState): string {
    const key = this.ownKeyOf(podClass);
    // A plugin of the user's may skip a pod now and not then; the others go by its template.
    if (podClass.fused.keyed.length === 0) return key;
    return `${key} ${[...state.skipFilterPlugins].join(" ")}`;
  }

  private ownKeyOf(podClass: PodClass): string {
    const known = this.keys.get(podClass);
    if (known !== undefined) return known;
    const { template, scalars, statics, fused } = podClass;
    const { milliCpu, memoryBytes, ephemeralStorageBytes } = template.requests;
    const key = JSON.stringify([
      ...[this.numberOf(fused), statics.key, template.hostPorts, scalars],
      ...[milliCpu, memoryBytes, ephemeralStorageBytes],
    ]);
    this.keys.set(podClass, key);
    return key;
  }

  private numberOf(fused: FusedProfile): number {
    const known = this.profileNumbers.get(fused);
    if (known !== undefined) return known;
    const number = this.profileNumbers.size;
    this.profileNumbers.set(fused, number);
    return number;
  }
}
