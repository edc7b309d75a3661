// The arithmetic of a Deployment's rollout: how far it may go above and below its size, how much the
// ReplicaSets grow or shrink in one sync, and how a resize is shared out while a rollout is under way.
//
// Pure functions over sizes, so that the vectors of Kubernetes' own functions can be checked one by
// one. Who is asked to do it, and when, is deployment.ts.

import { type IntOrPercent, resolveIntOrPercent } from "../cluster/index.ts";

/** Resolved bounds of a rolling update. */
export interface RolloutBounds {
  readonly surge: number;
  readonly unavailable: number;
}

/** Surge rounds up, unavailable down; both zero would stand still, so unavailable becomes 1. */
export function rolloutBounds(
  replicas: number,
  maxSurge: IntOrPercent,
  maxUnavailable: IntOrPercent,
): RolloutBounds {
  const surge = resolveIntOrPercent(maxSurge, replicas, "up");
  const unavailable = resolveIntOrPercent(maxUnavailable, replicas, "down");
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

/** A resize of one old ReplicaSet, by its place in the list. */
export interface ResizeStep {
  readonly index: number;
  readonly size: number;
}

/**
 * The resizes of old ReplicaSets (oldest first) in one scale-down step of a rolling update: first
 * those that are not available are given up, then available ones as far as the budget allows. The
 * second part works on the availability seen before the first, as upstream does.
 */
export function oldReplicaSetSteps(
  replicas: number,
  unavailable: number,
  newOne: ReplicaSetSize,
  old: readonly ReplicaSetSize[],
): ResizeStep[] {
  const steps: ResizeStep[] = [];
  const sizes = old.map((one) => one.size);
  const total = sizes.reduce((sum, size) => sum + size, 0) + newOne.size;
  const availableMin = replicas - unavailable;
  const newUnavailable = newOne.size - newOne.available;
  const scaledDownMax = total - availableMin - newUnavailable;
  if (scaledDownMax <= 0) return steps;
  const shrink = (index: number, by: number): void => {
    sizes[index] = sizes[index]! - by;
    steps.push({ index, size: sizes[index]! });
  };
  let cleaned = 0;
  for (const [index, one] of old.entries()) {
    const step = Math.min(scaledDownMax - cleaned, one.size - one.available);
    if (step <= 0) continue;
    shrink(index, step);
    cleaned += step;
  }
  const available = old.reduce((sum, one) => sum + one.available, newOne.available);
  let budget = available - availableMin;
  for (let index = 0; index < sizes.length; index++) {
    const step = Math.min(sizes[index]!, budget);
    if (step <= 0) continue;
    shrink(index, step);
    budget -= step;
  }
  return steps;
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
