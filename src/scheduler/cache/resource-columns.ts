// ResourceColumns: per node what may be used and what is asked for, one column per fact.
//
// One row per node the scheduler knows, row 0 is the scratch row. Common resources have columns,
// rare ones (extended, huge pages) a map per row. Amounts are integers, exact up to 2^53.
//
//   allocatable  milliCpu memoryBytes ephemeralBytes pods   what the node offers to pods
//   requested    milliCpu memoryBytes ephemeralBytes        sum over its pods, as requested
//   nonZero      milliCpu memoryBytes                       the same with 100m / 200Mi where unset
//   podCount                                                pods on it, assumed ones included

import { Float64Column } from "../../base/index.ts";
import type { ResourceList } from "../../cluster/index.ts";
import type { NodeRow } from "./node-row.ts";

/** The two request vectors of a pod that node sums are made of. */
export interface CountedRequests {
  readonly nodeRequests: ResourceList;
  readonly nonZeroRequests: ResourceList;
}

const NO_SCALARS: ReadonlyMap<string, number> = new Map();

/** The arrays behind the columns, by row; valid until a row is added. */
export interface ResourceArrays {
  readonly allocatableMilliCpu: Float64Array;
  readonly allocatableMemoryBytes: Float64Array;
  readonly allocatableEphemeralBytes: Float64Array;
  readonly allocatablePods: Float64Array;
  readonly requestedMilliCpu: Float64Array;
  readonly requestedMemoryBytes: Float64Array;
  readonly requestedEphemeralBytes: Float64Array;
  readonly nonZeroMilliCpu: Float64Array;
  readonly nonZeroMemoryBytes: Float64Array;
  readonly podCount: Float64Array;
}

/** Sums by node row. Negative free amounts are possible (a node may be over-committed). */
export class ResourceColumns {
  private readonly allocatableMilliCpuColumn = new Float64Column();
  private readonly allocatableMemoryBytesColumn = new Float64Column();
  private readonly allocatableEphemeralBytesColumn = new Float64Column();
  private readonly allocatablePodsColumn = new Float64Column();
  private readonly requestedMilliCpuColumn = new Float64Column();
  private readonly requestedMemoryBytesColumn = new Float64Column();
  private readonly requestedEphemeralBytesColumn = new Float64Column();
  private readonly nonZeroMilliCpuColumn = new Float64Column();
  private readonly nonZeroMemoryBytesColumn = new Float64Column();
  private readonly podCountColumn = new Float64Column();
  private readonly allocatableScalarMaps: ReadonlyMap<string, number>[] = [];
  private readonly requestedScalarMaps: Map<string, number>[] = [];
  private known: ResourceArrays | undefined;

  /** Appends an empty row. */
  pushRow(): void {
    this.known = undefined;
    for (const column of this.columns()) column.push(0);
    this.allocatableScalarMaps.push(NO_SCALARS);
    this.requestedScalarMaps.push(new Map());
  }

  /** Sets the sums of a row to zero; what it offers stays. */
  clearRequested(row: NodeRow): void {
    this.requestedMilliCpuColumn.set(row, 0);
    this.requestedMemoryBytesColumn.set(row, 0);
    this.requestedEphemeralBytesColumn.set(row, 0);
    this.nonZeroMilliCpuColumn.set(row, 0);
    this.nonZeroMemoryBytesColumn.set(row, 0);
    this.podCountColumn.set(row, 0);
    this.requestedScalarMaps[row] = new Map();
  }

  copyRow(from: NodeRow, to: NodeRow): void {
    for (const column of this.columns()) column.set(to, column.at(from));
    this.allocatableScalarMaps[to] = this.allocatableScalarMaps[from]!;
    this.requestedScalarMaps[to] = new Map(this.requestedScalarMaps[from]!);
  }

  setAllocatable(row: NodeRow, allocatable: ResourceList): void {
    this.allocatableMilliCpuColumn.set(row, allocatable.milliCpu);
    this.allocatableMemoryBytesColumn.set(row, allocatable.memoryBytes);
    this.allocatableEphemeralBytesColumn.set(row, allocatable.ephemeralStorageBytes);
    this.allocatablePodsColumn.set(row, allocatable.pods);
    this.allocatableScalarMaps[row] = allocatable.scalars;
  }

  /** Adds (sign 1) or takes away (sign -1) one pod. */
  count(row: NodeRow, pod: CountedRequests, sign: 1 | -1): void {
    const { nodeRequests: requests, nonZeroRequests } = pod;
    addTo(this.requestedMilliCpuColumn, row, sign * requests.milliCpu);
    addTo(this.requestedMemoryBytesColumn, row, sign * requests.memoryBytes);
    addTo(this.requestedEphemeralBytesColumn, row, sign * requests.ephemeralStorageBytes);
    addTo(this.nonZeroMilliCpuColumn, row, sign * nonZeroRequests.milliCpu);
    addTo(this.nonZeroMemoryBytesColumn, row, sign * nonZeroRequests.memoryBytes);
    addTo(this.podCountColumn, row, sign);
    if (requests.scalars.size === 0) return;
    const sums = this.requestedScalarMaps[row]!;
    for (const [name, amount] of requests.scalars) {
      sums.set(name, (sums.get(name) ?? 0) + sign * amount);
    }
  }

  /** Whether the sums of the row are exact integers; beyond 2^53 only 64-bit sums would be right. */
  isExact(row: NodeRow): boolean {
    return (
      Number.isSafeInteger(this.requestedMilliCpuColumn.at(row)) &&
      Number.isSafeInteger(this.requestedMemoryBytesColumn.at(row)) &&
      Number.isSafeInteger(this.requestedEphemeralBytesColumn.at(row)) &&
      Number.isSafeInteger(this.nonZeroMemoryBytesColumn.at(row))
    );
  }

  /** The arrays for passes over many nodes, or for code that passes are made of. */
  arrays(): ResourceArrays {
    this.known ??= this.currentArrays();
    return this.known;
  }

  private currentArrays(): ResourceArrays {
    return {
      allocatableMilliCpu: this.allocatableMilliCpuColumn.raw,
      allocatableMemoryBytes: this.allocatableMemoryBytesColumn.raw,
      allocatableEphemeralBytes: this.allocatableEphemeralBytesColumn.raw,
      allocatablePods: this.allocatablePodsColumn.raw,
      requestedMilliCpu: this.requestedMilliCpuColumn.raw,
      requestedMemoryBytes: this.requestedMemoryBytesColumn.raw,
      requestedEphemeralBytes: this.requestedEphemeralBytesColumn.raw,
      nonZeroMilliCpu: this.nonZeroMilliCpuColumn.raw,
      nonZeroMemoryBytes: this.nonZeroMemoryBytesColumn.raw,
      podCount: this.podCountColumn.raw,
    };
  }

  allocatableMilliCpu(row: NodeRow): number {
    return this.allocatableMilliCpuColumn.at(row);
  }
  allocatableMemoryBytes(row: NodeRow): number {
    return this.allocatableMemoryBytesColumn.at(row);
  }
  allocatableEphemeralBytes(row: NodeRow): number {
    return this.allocatableEphemeralBytesColumn.at(row);
  }
  allocatablePods(row: NodeRow): number {
    return this.allocatablePodsColumn.at(row);
  }
  /** 0 when the node does not list the resource. */
  allocatableScalar(row: NodeRow, name: string): number {
    return this.allocatableScalarMaps[row]!.get(name) ?? 0;
  }
  requestedMilliCpu(row: NodeRow): number {
    return this.requestedMilliCpuColumn.at(row);
  }
  requestedMemoryBytes(row: NodeRow): number {
    return this.requestedMemoryBytesColumn.at(row);
  }
  requestedEphemeralBytes(row: NodeRow): number {
    return this.requestedEphemeralBytesColumn.at(row);
  }
  requestedScalar(row: NodeRow, name: string): number {
    return this.requestedScalarMaps[row]!.get(name) ?? 0;
  }
  nonZeroMilliCpu(row: NodeRow): number {
    return this.nonZeroMilliCpuColumn.at(row);
  }
  nonZeroMemoryBytes(row: NodeRow): number {
    return this.nonZeroMemoryBytesColumn.at(row);
  }
  podCount(row: NodeRow): number {
    return this.podCountColumn.at(row);
  }

  private columns(): Float64Column[] {
    return [
      this.allocatableMilliCpuColumn,
      this.allocatableMemoryBytesColumn,
      this.allocatableEphemeralBytesColumn,
      this.allocatablePodsColumn,
      this.requestedMilliCpuColumn,
      this.requestedMemoryBytesColumn,
      this.requestedEphemeralBytesColumn,
      this.nonZeroMilliCpuColumn,
      this.nonZeroMemoryBytesColumn,
      this.podCountColumn,
    ];
  }
}

function addTo(column: Float64Column, row: number, amount: number): void {
  if (amount !== 0) column.set(row, column.at(row) + amount);
}
