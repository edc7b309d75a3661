// The arithmetic of a Deployment's rollout: how far it may go above and below its size, how much the
// ReplicaSets grow or shrink in one sync, and how a resize is shared out while a rollout is under way.
//
// Pure functions over sizes, so that the vectors of Kubernetes' own functions can be checked one by
// one. Who is asked to do it, and when, is deployment.ts.

/** A count or a percentage ("25%"), as manifests have it. */
export type CountOrPercent = number | string;

/** `value` of `total`; percentages are rounded up or down, counts are taken as they are. */
export function scaledCount(value: CountOrPercent, total: number, roundUp: boolean): number {
  if (typeof value === "number") return value;
  const percent = Number(value.slice(0, -1));
  const exact = (percent * total) / 100;
  return roundUp ? Math.ceil(exact) : Math.floor(exact);
}

/** Resolved bounds of a rolling update. */
export interface RolloutBounds {
  readonly surge: number;
  readonly unavailable: number;
}

/** Surge rounds up, unavailable down; both zero would stand still, so unavailable becomes 1. */
export function rolloutBounds(
  replicas: number,
  maxSurge: CountOrPercent,
  maxUnavailable: CountOrPercent,
): RolloutBounds {
  const surge = scaledCount(maxSurge, replicas, true);
  const unavailable = scaledCount(maxUnavailable, replicas, false);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

/** Pods that may be missing: none when the size is 0, never more than the size. */
export function unavailableAllowed(replicas: number, bounds: RolloutBounds): number {
  return replicas === 0 ? 0 : Math.min(bounds.unavailable, replicas);
}

/** One ReplicaSet of a Deployment as the arithmetic sees it. */
export interface ReplicaSetSize {
  readonly size: number;
  readonly available: number;
}

/** Size of the new ReplicaSet after a scale-up step (or its first size): room left below replicas + surge. */
export function newReplicaSetSize(
  replicas: number,
  surge: number,
  totalSize: number,
  newSize: number,
): number {
  if (newSize > replicas) return replicas;
  const limit = replicas + surge;
  if (totalSize >= limit) return newSize;
  return newSize + Math.min(limit - totalSize, replicas - newSize);
}

/**
 * Sizes of the old ReplicaSets (oldest first) after one scale-down step of a rolling update: first
 * those that are not available are given up, then available ones as far as the budget allows. The
 * second part works on the availability seen before the first, as upstream does.
 */
export function oldReplicaSetSizes(
  replicas: number,
  unavailable: number,
  newOne: ReplicaSetSize,
  old: readonly ReplicaSetSize[],
): number[] {
  const sizes = old.map((one) => one.size);
  const total = sizes.reduce((sum, size) => sum + size, 0) + newOne.size;
  const availableMin = replicas - unavailable;
  const newUnavailable = newOne.size - newOne.available;
  const scaledDownMax = total - availableMin - newUnavailable;
  if (scaledDownMax <= 0) return sizes;
  let done = 0;
  for (const [index, one] of old.entries()) {
    if (done >= scaledDownMax) break;
    if (one.size === 0 || one.available >= one.size) continue;
    const step = Math.min(scaledDownMax - done, one.size - one.available);
    sizes[index] = one.size - step;
    done += step;
  }
  const available = old.reduce((sum, one) => sum + one.available, newOne.available);
  let budget = available - availableMin;
  for (const [index, size] of sizes.entries()) {
    if (budget <= 0) break;
    const step = Math.min(size, budget);
    sizes[index] = size - step;
    budget -= step;
  }
  return sizes;
}

/** An active ReplicaSet for a proportional resize; sequence = creation order. */
export interface ProportionalShare {
  readonly size: number;
  readonly sequence: number;
  /** Annotation max-replicas, or the size the Deployment's status reports if it is missing. */
  readonly maxReplicas: number;
}

/** New sizes, in the order of `shares`, when the Deployment is resized in the middle of a rollout. */
export function proportionalSizes(
  replicas: number,
  surge: number,
  shares: readonly ProportionalShare[],
): number[] {
  const target = replicas > 0 ? replicas + surge : 0;
  const sizes = shares.map((share) => share.size);
  const toAdd = target - sizes.reduce((sum, size) => sum + size, 0);
  if (toAdd === 0) return sizes;
  const order = shares.map((_, index) => index);
  order.sort((i, j) => compareShares(shares[i]!, shares[j]!, toAdd > 0));
  let added = 0;
  for (const index of order) {
    const share = shares[index]!;
    const fraction = shareOf(share, replicas, surge);
    const left = toAdd - added;
    const step =
      toAdd > 0 ? Math.max(0, Math.min(fraction, left)) : Math.min(0, Math.max(fraction, left));
    sizes[index] = share.size + step;
    added += step;
  }
  const first = order[0];
  if (first !== undefined) sizes[first] = Math.max(0, sizes[first]! + toAdd - added);
  return sizes;
}

function compareShares(a: ProportionalShare, b: ProportionalShare, growing: boolean): number {
  if (a.size !== b.size) return b.size - a.size;
  return growing ? b.sequence - a.sequence : a.sequence - b.sequence;
}

/** round(size x (replicas + surge) / max-replicas) - size, halves away from zero; all of it when scaling to 0. */
function shareOf(share: ProportionalShare, replicas: number, surge: number): number {
  if (replicas === 0) return -share.size;
  const divisor = share.maxReplicas > 0 ? share.maxReplicas : share.size;
  if (divisor === 0) return 0;
  const exact = (share.size * (replicas + surge)) / divisor;
  return Math.floor(exact + 0.5) - share.size;
}
