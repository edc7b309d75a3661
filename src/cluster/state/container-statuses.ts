// Container statuses: what the API shows of each container of a pod, packed in columns.
//
//   pod        first | count            its block of rows; none until a kubelet has written
//   container  state and flags | reason | exit code | restarts | started | finished
//   rare       the state before the present one, by row (only of containers that were restarted)
//
// Positions count init containers first, then main ones; names are the template's. Blocks are used
// again by size, so memory is bounded by the most pods of each size that lived at once. Only this
// file indexes these columns; who may write is the pod table's business.

import { assert, Float64Column, Int32Column, Interner } from "../../base/index.ts";
import { Uint16Column, Uint32Column, Uint8Column } from "../../base/index.ts";
import { NEVER_US } from "./identity.ts";
import type { PodIndex } from "./identity.ts";

/** Which of its three states a container is in; the numbers are the column's encoding. */
export const ContainerState = {
  Waiting: 0,
  Running: 1,
  Terminated: 2,
} as const;
Object.freeze(ContainerState);
/** One of the values of the constant of the same name. */
export type ContainerState = (typeof ContainerState)[keyof typeof ContainerState];

/** How a container ended; instants in microseconds, `NEVER_US` where nobody knows. */
export interface ContainerEnd {
  readonly reason: string;
  readonly exitCode: number;
  readonly startedUs: number;
  readonly finishedUs: number;
}

/** One container as `status.containerStatuses` shows it. What its state does not have is 0, "" or `NEVER_US`. */
export interface ContainerStatus extends ContainerEnd {
  readonly state: ContainerState;
  readonly isReady: boolean;
  readonly isStarted: boolean;
  readonly restartCount: number;
  /** lastState: how it ended before its present state; undefined if it never did. */
  readonly last: ContainerEnd | undefined;
}

/** What takes the values of a digest. */
export interface ContainerDigest {
  addNumber(value: number): void;
  addText(text: string): void;
}

const STATE_MASK = 3;
const READY_BIT = 4;
const STARTED_BIT = 8;
const NO_ROW = -1;

/** The container statuses of all pods. */
export class ContainerStatuses {
  private readonly firstColumn = new Int32Column(undefined, NO_ROW); // by pod
  private readonly countColumn = new Uint16Column(); // by pod
  private readonly flagsColumn = new Uint8Column();
  private readonly reasonColumn = new Uint16Column();
  private readonly exitCodeColumn = new Int32Column();
  private readonly restartCountColumn = new Uint32Column();
  private readonly startedUsColumn = new Float64Column();
  private readonly finishedUsColumn = new Float64Column();
  private readonly lasts = new Map<number, ContainerEnd>();
  private readonly reasons = new Interner(); // a closed vocabulary, so nothing is released
  /** Blocks that are free, by their size. */
  private readonly freeBlocks = new Map<number, number[]>();
  private rowsUsed = 0;

  constructor() {
    this.reasons.intern(""); // code 0: no reason
  }

  /** How many containers of the pod are known; 0 before its kubelet has written. */
  count(pod: PodIndex): number {
    return pod < this.firstColumn.length && this.firstColumn.at(pod) !== NO_ROW
      ? this.countColumn.at(pod)
      : 0;
  }

  /** Rows that memory is held for. */
  get capacity(): number {
    return this.rowsUsed;
  }

  /** The statuses of a pod by position; made anew at each call. */
  of(pod: PodIndex): ContainerStatus[] {
    return Array.from({ length: this.count(pod) }, (_, position) =>
      this.read(this.firstColumn.at(pod) + position),
    );
  }

  /**
   * Adds the present states of a pod's containers to a digest, in order of position; the states
   * before them were added when they were present.
   */
  addTo(digest: ContainerDigest, pod: PodIndex): void {
    const count = this.count(pod);
    const first = count === 0 ? 0 : this.firstColumn.at(pod);
    for (let row = first; row < first + count; row++) {
      digest.addNumber(this.flagsColumn.at(row));
      digest.addText(this.reasons.textOf(this.reasonColumn.at(row)));
      digest.addNumber(this.exitCodeColumn.at(row));
      digest.addNumber(this.restartCountColumn.at(row));
      digest.addNumber(this.startedUsColumn.at(row));
      digest.addNumber(this.finishedUsColumn.at(row));
    }
  }

  /** Replaces the statuses of a pod; false if they were the same. */
  set(pod: PodIndex, statuses: readonly ContainerStatus[]): boolean {
    if (this.count(pod) === 0) this.take(pod, statuses.length);
    assert(this.countColumn.at(pod) === statuses.length, "A pod has as many containers as before.");
    const first = this.firstColumn.at(pod);
    let isChanged = false;
    for (const [position, status] of statuses.entries()) {
      if (this.write(first + position, status)) isChanged = true;
    }
    return isChanged;
  }

  /** The pod is gone; its rows may be used again. */
  release(pod: PodIndex): void {
    const count = this.count(pod);
    if (count === 0) return;
    const first = this.firstColumn.at(pod);
    if (this.lasts.size > 0)
      for (let row = first; row < first + count; row++) this.lasts.delete(row);
    this.firstColumn.set(pod, NO_ROW);
    const free = this.freeBlocks.get(count);
    if (free === undefined) this.freeBlocks.set(count, [first]);
    else free.push(first);
  }

  private take(pod: PodIndex, count: number): void {
    assert(count > 0, "A pod without containers has no container statuses.");
    this.firstColumn.grow(pod + 1);
    this.countColumn.grow(pod + 1);
    this.firstColumn.set(pod, this.freeBlocks.get(count)?.pop() ?? this.newBlock(count));
    this.countColumn.set(pod, count);
    const first = this.firstColumn.at(pod);
    for (let row = first; row < first + count; row++) this.clear(row);
  }

  private newBlock(count: number): number {
    const first = this.rowsUsed;
    this.rowsUsed += count;
    this.flagsColumn.grow(this.rowsUsed);
    this.reasonColumn.grow(this.rowsUsed);
    this.exitCodeColumn.grow(this.rowsUsed);
    this.restartCountColumn.grow(this.rowsUsed);
    this.startedUsColumn.grow(this.rowsUsed);
    this.finishedUsColumn.grow(this.rowsUsed);
    return first;
  }

  private clear(row: number): void {
    this.flagsColumn.set(row, ContainerState.Waiting);
    this.reasonColumn.set(row, 0);
    this.exitCodeColumn.set(row, 0);
    this.restartCountColumn.set(row, 0);
    this.startedUsColumn.set(row, NEVER_US);
    this.finishedUsColumn.set(row, NEVER_US);
  }

  private read(row: number): ContainerStatus {
    const flags = this.flagsColumn.at(row);
    return {
      state: (flags & STATE_MASK) as ContainerState,
      isReady: (flags & READY_BIT) !== 0,
      isStarted: (flags & STARTED_BIT) !== 0,
      reason: this.reasons.textOf(this.reasonColumn.at(row)),
      exitCode: this.exitCodeColumn.at(row),
      restartCount: this.restartCountColumn.at(row),
      startedUs: this.startedUsColumn.at(row),
      finishedUs: this.finishedUsColumn.at(row),
      last: this.lasts.get(row),
    };
  }

  private write(row: number, status: ContainerStatus): boolean {
    const { state, isReady, isStarted, exitCode, restartCount, startedUs, finishedUs } = status;
    const flags = state | (isReady ? READY_BIT : 0) | (isStarted ? STARTED_BIT : 0);
    const reason = this.reasons.intern(status.reason);
    const isLastSame = isSameEnd(this.lasts.get(row), status.last);
    const isSame =
      isLastSame &&
      this.flagsColumn.at(row) === flags &&
      this.reasonColumn.at(row) === reason &&
      this.exitCodeColumn.at(row) === exitCode &&
      this.restartCountColumn.at(row) === restartCount &&
      this.startedUsColumn.at(row) === startedUs &&
      this.finishedUsColumn.at(row) === finishedUs;
    if (isSame) return false;
    this.flagsColumn.set(row, flags);
    this.reasonColumn.set(row, reason);
    this.exitCodeColumn.set(row, exitCode);
    this.restartCountColumn.set(row, restartCount);
    this.startedUsColumn.set(row, startedUs);
    this.finishedUsColumn.set(row, finishedUs);
    if (status.last !== undefined) this.lasts.set(row, status.last);
    else if (!isLastSame) this.lasts.delete(row);
    return true;
  }
}

function isSameEnd(a: ContainerEnd | undefined, b: ContainerEnd | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.reason === b.reason &&
    a.exitCode === b.exitCode &&
    a.startedUs === b.startedUs &&
    a.finishedUs === b.finishedUs
  );
}
