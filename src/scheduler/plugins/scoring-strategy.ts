// The three scoring strategies of NodeResourcesFit: spread, pack, or follow a shape.
//
// Pure arithmetic of one resource on one node, in numbers and in 64-bit integers (scheduler-plugins
// N3). Division truncates toward zero, as upstream's int64 does.

import { wrapInt64 } from "../cache/exact-sums.ts";
import { type ExactShare, exactSum, type ResourceShare, scaledQuotient } from "./resource-share.ts";

/** Names of the strategies as configurations spell them. */
export type StrategyKind = "LeastAllocated" | "MostAllocated" | "RequestedToCapacityRatio";

/** A corner of the shape: at `utilization` percent the score is `score` (0 to 100). */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** Score of one participating resource, 0 to 100. */
export function resourceScore(
  kind: StrategyKind,
  shape: readonly ShapePoint[],
  share: ResourceShare,
): number {
  const { allocatable } = share;
  const asked = share.used + share.wanted;
  switch (kind) {
    case "LeastAllocated":
      return asked > allocatable ? 0 : scaledQuotient(allocatable - asked, 100, allocatable);
    case "MostAllocated":
      return scaledQuotient(Math.min(asked, allocatable), 100, allocatable);
    case "RequestedToCapacityRatio": {
      const utilization = asked > allocatable ? 100 : scaledQuotient(asked, 100, allocatable);
      return shapeScore(shape, utilization);
    }
  }
}

/** The same in 64 bits, wrapping as upstream. */
export function exactResourceScore(
  kind: StrategyKind,
  shape: readonly ShapePoint[],
  share: ExactShare,
): bigint {
  const { allocatable } = share;
  const asked = exactSum(share);
  switch (kind) {
    case "LeastAllocated":
      if (asked > allocatable) return 0n;
      return wrapInt64(wrapInt64(allocatable - asked) * 100n) / allocatable;
    case "MostAllocated": {
      const capped = smaller(asked, allocatable);
      return wrapInt64(capped * 100n) / allocatable;
    }
    case "RequestedToCapacityRatio": {
      const utilization = asked > allocatable ? 100n : wrapInt64(asked * 100n) / allocatable;
      return BigInt(shapeScore(shape, Number(utilization)));
    }
  }
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

/** The broken line through the points; flat beyond its ends. */
export function shapeScore(shape: readonly ShapePoint[], utilization: number): number {
  for (const [index, point] of shape.entries()) {
    if (utilization > point.utilization) continue;
    if (index === 0) return point.score;
    const left = shape[index - 1]!;
    const rise = (point.score - left.score) * (utilization - left.utilization);
    return left.score + Math.trunc(rise / (point.utilization - left.utilization));
  }
  return shape[shape.length - 1]!.score;
}
