// Process columns: which pods are on which machine and what their processes do, one row per container.
//
//   row  ->  pod uid | machine | container | state | started | exited | exit code | next row of the pod
//
// The row of container 0 is made when a kubelet admits the pod and stands for its sandbox as well;
// other containers get rows when they first start. Rows are used again, so memory follows the pods
// that are there, not those that have passed through. Only this file indexes these columns.

import { Float64Column, Int32Column, Uint8Column } from "../../base/index.ts";
import { NEVER_US } from "./identity.ts";
import type { NodeIndex, Uid } from "./identity.ts";
import { RowLists } from "./row-lists.ts";
import { RowNameIndex } from "./row-name-index.ts";

/** Where a container stands on its machine. */
export const ContainerState = {
  /** Admitted, no process yet. */
  None: 0,
  Running: 1,
  Exited: 2,
} as const;
Object.freeze(ContainerState);
/** One of the values of the constant of the same name. */
export type ContainerState = (typeof ContainerState)[keyof typeof ContainerState];

/** The row that is none. */
export const NO_ROW = -1;

/** Pods on machines and their processes. */
export class ProcessTable {
  private readonly podUidColumn = new Float64Column();
  private readonly nodeColumn = new Int32Column();
  private readonly containerColumn = new Int32Column();
  private readonly stateColumn = new Uint8Column();
  private readonly startedUsColumn = new Float64Column();
  private readonly exitedUsColumn = new Float64Column();
  private readonly exitCodeColumn = new Int32Column();
  private readonly nextOfPodColumn = new Int32Column();
  private readonly podsOfNode = new RowLists(); // first rows, in order of admission
  private readonly index = new RowNameIndex(); // first rows, by machine and uid
  private readonly freeRows: number[] = [];
  private rowsUsed = 0;
  private wantedNode = -1 as NodeIndex;
  private wantedUid: Uid = -1;
  private readonly isWanted = (row: number): boolean =>
    this.podUidColumn.at(row) === this.wantedUid && this.nodeColumn.at(row) === this.wantedNode;

  /** Pods on all machines. */
  get podCount(): number {
    return this.index.size;
  }

  /** Rows that memory is held for. */
  get capacity(): number {
    return this.rowsUsed;
  }

  /** Puts a pod on a machine; the row of its first container. */
  addPod(node: NodeIndex, podUid: Uid): number {
    const row = this.takeRow(node, podUid, 0);
    this.podsOfNode.append(node, row);
    this.index.add(hashOf(node, podUid), row);
    return row;
  }

  /** The first row of a pod on a machine, or `NO_ROW`. */
  findPod(node: NodeIndex, podUid: Uid): number {
    this.wantedNode = node;
    this.wantedUid = podUid;
    return this.index.find(hashOf(node, podUid), this.isWanted);
  }

  /** Takes a pod with all its rows off its machine. */
  removePod(first: number): void {
    const node = this.nodeColumn.at(first) as NodeIndex;
    this.index.remove(hashOf(node, this.podUidColumn.at(first)), first);
    this.podsOfNode.remove(first);
    for (let row = first; row !== NO_ROW; row = this.nextOfPodColumn.at(row)) {
      this.freeRows.push(row);
    }
  }

  /** The row of a container of a pod, or `NO_ROW` if it never started. */
  findContainer(first: number, container: number): number {
    let row = first;
    while (row !== NO_ROW && this.containerColumn.at(row) !== container) {
      row = this.nextOfPodColumn.at(row);
    }
    return row;
  }

  /** Gives a further container of a pod a row. */
  addContainer(first: number, container: number): number {
    const node = this.nodeColumn.at(first) as NodeIndex;
    const row = this.takeRow(node, this.podUidColumn.at(first), container);
    let last = first;
    while (this.nextOfPodColumn.at(last) !== NO_ROW) last = this.nextOfPodColumn.at(last);
    this.nextOfPodColumn.set(last, row);
    return row;
  }

  /** First row of the pod admitted first on a machine, or `NO_ROW`. */
  firstPodOn(node: NodeIndex): number {
    return this.podsOfNode.first(node);
  }

  /** First row of the pod admitted next on the same machine, or `NO_ROW`. */
  nextPod(first: number): number {
    return this.podsOfNode.next(first);
  }

  /** The next container's row of the same pod, or `NO_ROW`. */
  nextContainer(row: number): number {
    return this.nextOfPodColumn.at(row);
  }

  podUid(row: number): Uid {
    return this.podUidColumn.at(row);
  }

  container(row: number): number {
    return this.containerColumn.at(row);
  }

  state(row: number): ContainerState {
    return this.stateColumn.at(row) as ContainerState;
  }

  startedUs(row: number): number {
    return this.startedUsColumn.at(row);
  }

  exitedUs(row: number): number {
    return this.exitedUsColumn.at(row);
  }

  exitCode(row: number): number {
    return this.exitCodeColumn.at(row);
  }

  /** The container's process runs from now on. */
  start(row: number, atUs: number): void {
    this.stateColumn.set(row, ContainerState.Running);
    this.startedUsColumn.set(row, atUs);
    this.exitedUsColumn.set(row, NEVER_US);
    this.exitCodeColumn.set(row, 0);
  }

  /** The container's process has ended. */
  exit(row: number, atUs: number, exitCode: number): void {
    this.stateColumn.set(row, ContainerState.Exited);
    this.exitedUsColumn.set(row, atUs);
    this.exitCodeColumn.set(row, exitCode);
  }

  private takeRow(node: NodeIndex, podUid: Uid, container: number): number {
    const row = this.freeRows.pop() ?? this.newRow();
    this.podUidColumn.set(row, podUid);
    this.nodeColumn.set(row, node);
    this.containerColumn.set(row, container);
    this.stateColumn.set(row, ContainerState.None);
    this.startedUsColumn.set(row, NEVER_US);
    this.exitedUsColumn.set(row, NEVER_US);
    this.exitCodeColumn.set(row, 0);
    this.nextOfPodColumn.set(row, NO_ROW);
    return row;
  }

  private newRow(): number {
    const rows = this.rowsUsed + 1;
    this.podUidColumn.grow(rows);
    this.nodeColumn.grow(rows);
    this.containerColumn.grow(rows);
    this.stateColumn.grow(rows);
    this.startedUsColumn.grow(rows);
    this.exitedUsColumn.grow(rows);
    this.exitCodeColumn.grow(rows);
    this.nextOfPodColumn.grow(rows);
    return this.rowsUsed++;
  }
}

/** Consecutive uids go to neighbouring buckets; a pod on two machines has two hashes. */
function hashOf(node: NodeIndex, podUid: Uid): number {
  return ((podUid >>> 0) ^ Math.imul(node + 1, 0x9e3779b1)) >>> 0;
}
