// ResourceShare: how much of one resource a node would have given away with the pod on it.
//
// The two resource score plugins share this: which resources take part, what the node offers and
// what would be asked for. Amounts are numbers; caches of recorded edge cases hand out 64-bit values
// instead, and then every step wraps as upstream's int64 does.

import { isScalarResource, type ResourceList } from "../../cluster/index.ts";
import { amountsOf, type ExactAmounts, wrapInt64 } from "../cache/exact-sums.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";

/** A resource to be scored, with its weight. */
export interface ScoredResource {
  readonly name: string;
  readonly weight: number;
}

/** Which of the node's sums count cpu and memory: with defaults for unset requests, or as requested. */
export type UsedKind = "nonZero" | "requested";

/** One resource on one node. `allocatable` 0 means: it does not take part. */
export interface ResourceShare {
  readonly allocatable: number;
  readonly used: number;
  /** What the incoming pod asks for. */
  readonly wanted: number;
}

/** The same in 64 bits. */
export interface ExactShare {
  readonly allocatable: bigint;
  readonly used: bigint;
  readonly wanted: bigint;
}

const NO_SHARE: ResourceShare = { allocatable: 0, used: 0, wanted: 0 };
const NO_EXACT_SHARE: ExactShare = { allocatable: 0n, used: 0n, wanted: 0n };

/** The share of `name` on that node; a scalar the pod does not want does not take part. */
export function resourceShare(
  cache: SchedulerCache,
  row: NodeRow,
  requests: ResourceList,
  name: string,
  usedKind: UsedKind,
): ResourceShare {
  const sums = cache.resources;
  switch (name) {
    case "cpu":
      return {
        allocatable: sums.allocatableMilliCpu(row),
        used: usedKind === "nonZero" ? sums.nonZeroMilliCpu(row) : sums.requestedMilliCpu(row),
        wanted: requests.milliCpu,
      };
    case "memory":
      return {
        allocatable: sums.allocatableMemoryBytes(row),
        used:
          usedKind === "nonZero" ? sums.nonZeroMemoryBytes(row) : sums.requestedMemoryBytes(row),
        wanted: requests.memoryBytes,
      };
    case "ephemeral-storage":
      return {
        allocatable: sums.allocatableEphemeralBytes(row),
        used: sums.requestedEphemeralBytes(row),
        wanted: requests.ephemeralStorageBytes,
      };
    default: {
      const wanted = requests.scalars.get(name) ?? 0;
      if (wanted === 0 || !isScalarResource(name)) return NO_SHARE;
      const allocatable = sums.allocatableScalar(row, name);
      return { allocatable, used: sums.requestedScalar(row, name), wanted };
    }
  }
}

/** `resourceShare` for caches with 64-bit sums. */
export function exactShare(
  cache: SchedulerCache,
  row: NodeRow,
  requests: ResourceList,
  name: string,
  usedKind: UsedKind,
): ExactShare {
  const node = cache.exact!.at(row);
  const wanted = exactWanted(requests, name);
  if (wanted === 0n && isScalarResource(name)) return NO_EXACT_SHARE;
  const isDefaulted = name === "cpu" || name === "memory";
  const used = usedKind === "nonZero" && isDefaulted ? node.nonZero : node.requested;
  return { allocatable: pick(node.allocatable, name), used: pick(used, name), wanted };
}

/** What the pod asks of one resource, in 64 bits. */
export function exactWanted(requests: ResourceList, name: string): bigint {
  return pick(amountsOf(requests), name);
}

/** What the pod asks of one resource. */
export function wantedAmount(requests: ResourceList, name: string): number {
  switch (name) {
    case "cpu":
      return requests.milliCpu;
    case "memory":
      return requests.memoryBytes;
    case "ephemeral-storage":
      return requests.ephemeralStorageBytes;
    default:
      return requests.scalars.get(name) ?? 0;
  }
}

/** used + wanted in 64 bits. */
export function exactSum(share: ExactShare): bigint {
  return wrapInt64(share.used + share.wanted);
}

/** trunc(part x factor / whole) for integers below 2^53; exact also where the product is not. */
export function scaledQuotient(part: number, factor: number, whole: number): number {
  const product = part * factor;
  if (Number.isSafeInteger(product)) return Math.trunc(product / whole) + 0;
  return Number((BigInt(part) * BigInt(factor)) / BigInt(whole));
}

function pick(amounts: ExactAmounts, name: string): bigint {
  switch (name) {
    case "cpu":
      return amounts.milliCpu;
    case "memory":
      return amounts.memoryBytes;
    case "ephemeral-storage":
      return amounts.ephemeralBytes;
    default:
      return amounts.scalars.get(name) ?? 0n;
  }
}
