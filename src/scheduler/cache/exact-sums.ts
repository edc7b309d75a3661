// ExactSums: the sums of ResourceColumns as signed 64-bit integers, wraps included.
//
// Recorded edge cases hold amounts beyond 2^53, where upstream's int64 silently wraps. A cache made
// for such a case keeps these beside its columns, and the resource plugins then read only these.

import { exactResourcesOf, type ResourceList } from "../../cluster/index.ts";
import type { NodeRow } from "./node-row.ts";
import type { CountedRequests } from "./resource-columns.ts";

/** Amounts of one node as 64-bit integers. */
export interface ExactAmounts {
  milliCpu: bigint;
  memoryBytes: bigint;
  ephemeralBytes: bigint;
  pods: bigint;
  scalars: Map<string, bigint>;
}

/** What a node offers and what its pods ask for. */
export interface ExactNode {
  allocatable: ExactAmounts;
  requested: ExactAmounts;
  nonZero: ExactAmounts;
}

/** int64: the low 64 bits as two's complement. */
export function wrapInt64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** Exact sums by node row. */
export class ExactSums {
  private readonly nodes: ExactNode[] = [];

  pushRow(): void {
    this.nodes.push({ allocatable: zero(), requested: zero(), nonZero: zero() });
  }

  clearRequested(row: NodeRow): void {
    const node = this.at(row);
    node.requested = zero();
    node.nonZero = zero();
  }

  copyRow(from: NodeRow, to: NodeRow): void {
    const { allocatable, requested, nonZero } = this.at(from);
    this.nodes[to] = {
      allocatable: copy(allocatable),
      requested: copy(requested),
      nonZero: copy(nonZero),
    };
  }

  setAllocatable(row: NodeRow, allocatable: ResourceList): void {
    this.at(row).allocatable = amountsOf(allocatable);
  }

  count(row: NodeRow, pod: CountedRequests, sign: 1 | -1): void {
    const node = this.at(row);
    add(node.requested, amountsOf(pod.nodeRequests), BigInt(sign));
    add(node.nonZero, amountsOf(pod.nonZeroRequests), BigInt(sign));
  }

  at(row: NodeRow): ExactNode {
    return this.nodes[row]!;
  }
}

/** A resource list as exact amounts. */
export function amountsOf(list: ResourceList): ExactAmounts {
  const exact = exactResourcesOf(list);
  return {
    milliCpu: exact.milliCpu,
    memoryBytes: exact.memoryBytes,
    ephemeralBytes: exact.ephemeralStorageBytes,
    pods: exact.pods,
    scalars: new Map(exact.scalars),
  };
}

function zero(): ExactAmounts {
  return { milliCpu: 0n, memoryBytes: 0n, ephemeralBytes: 0n, pods: 0n, scalars: new Map() };
}

function copy(amounts: ExactAmounts): ExactAmounts {
  return { ...amounts, scalars: new Map(amounts.scalars) };
}

function add(sum: ExactAmounts, amounts: ExactAmounts, sign: bigint): void {
  sum.milliCpu = wrapInt64(sum.milliCpu + sign * amounts.milliCpu);
  sum.memoryBytes = wrapInt64(sum.memoryBytes + sign * amounts.memoryBytes);
  sum.ephemeralBytes = wrapInt64(sum.ephemeralBytes + sign * amounts.ephemeralBytes);
  for (const [name, amount] of amounts.scalars) {
    sum.scalars.set(name, wrapInt64((sum.scalars.get(name) ?? 0n) + sign * amount));
  }
}
