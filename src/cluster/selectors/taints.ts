// Taints and tolerations: which pods a node repels.
//
// tolerationSeconds plays no role in scheduling; it is kept for eviction by NoExecute taints. The
// alpha operators Lt and Gt are off in this release and tolerate nothing (S3).

/** What a taint does to pods that do not tolerate it. */
export type TaintEffect = "NoSchedule" | "PreferNoSchedule" | "NoExecute";

/** A mark on a node. */
export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: TaintEffect;
  /** RFC 3339 seconds since 1970, when NoExecute timing was recorded. */
  readonly timeAddedSeconds?: number;
}

/** A pod's permission to ignore taints. Empty key and effect match every key and effect. */
export interface Toleration {
  readonly key: string;
  /** "" means Equal. */
  readonly operator: string;
  readonly value: string;
  readonly effect: TaintEffect | "";
  /** How long a NoExecute taint is tolerated; undefined = for ever. */
  readonly tolerationSeconds: number | undefined;
}

/** Whether the toleration covers the taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== "" && toleration.effect !== taint.effect) return false;
  if (toleration.key !== "" && toleration.key !== taint.key) return false;
  switch (toleration.operator) {
    case "":
    case "Equal":
      return toleration.value === taint.value;
    case "Exists":
      return true;
    default:
      return false;
  }
}

/** Whether some toleration covers the taint. */
export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  for (let at = 0; at < tolerations.length; at++) {
    if (tolerates(tolerations[at]!, taint)) return true;
  }
  return false;
}

/** The effects that keep a pod from a node. */
export const FILTERING_EFFECTS: readonly TaintEffect[] = ["NoSchedule", "NoExecute"];

/** The first taint, in list order, that has one of the effects and is not tolerated. */
export function findUntoleratedTaint(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  effects: readonly TaintEffect[] = FILTERING_EFFECTS,
): Taint | undefined {
  // By index, here and in other places that are asked once per node: before it is compiled, a loop over
  // an iterator makes an object per step.
  for (let at = 0; at < taints.length; at++) {
    const taint = taints[at]!;
    if (effects.includes(taint.effect) && !isTolerated(taint, tolerations)) return taint;
  }
  return undefined;
}
