// NodeSlots: nodes in an order that suits search, and a journal of which of them changed.
//
// Nodes that every static rule in use treats alike (same taints, cordon and features, same values of the
// labels that live classes mention) form a partition. Slots are numbered partition by partition, each
// starts at a multiple of 64, so that a block of 64 slots never straddles two. A node that leaves its
// partition frees its slot; a partition that is full makes all nodes be numbered anew.

import { assert, Int32Column } from "../../../base/index.ts";
import type { NodeObject } from "../../../cluster/index.ts";
import type { CacheObserver } from "../../cache/cache-observer.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { HOSTNAME_KEY } from "../../plugins/spread-constraints.ts";
import { balance } from "../fused/fused-scores.ts";
import { isSameToPods } from "../fused/pod-counters.ts";

/** Slots per block, as a shift. */
export const BLOCK_SHIFT = 6;
/** Slots per block. */
export const BLOCK_SIZE = 64;
/** Numbers per slot in `facts`: one line of a processor's cache. */
export const FACTS = 8;
/** No node, or no slot. */
export const NOTHING = -1;

/** Nodes that are alike. */
export interface Partition {
  readonly number: number;
  readonly key: string;
  /** First slot, and the first one behind it; both multiples of the block size. */
  begin: number;
  end: number;
  /** Slots from here on were never used. */
  next: number;
  readonly free: number[];
  nodeCount: number;
  /** A slot with a node, or NOTHING; it stands for all of them. */
  sample: number;
}

/** A slot as it was. */
interface HeldSlot {
  readonly row: number;
  readonly facts: Float64Array;
}

/** Slots, partitions and the journal over one cache. */
export class NodeSlots implements CacheObserver {
  partitions: Partition[] = [];
  /** Row by slot; NOTHING where there is none. */
  rowAt: Int32Array = new Int32Array(0);
  /** Slot by row; NOTHING where there is no node. */
  readonly slotOf: Int32Column = new Int32Column(16, NOTHING);
  /**
   * What every signature reads of a node that changed, side by side by slot (`FACTS` numbers each): cpu
   * and memory that there are, are asked for, and are asked for with defaults; room for pods; how evenly
   * cpu and memory are used, as NodeResourcesBalancedAllocation sees it before the pod comes.
   */
  facts: Float64Array = new Float64Array(0);
  /** Partition number by block. */
  partitionOfBlock: Int32Array = new Int32Array(0);
  /** Place in the node list by slot, as of the last `refresh`. */
  positionOf: Int32Array = new Int32Array(0);
  /** Rises when slots are numbered anew: whatever is kept by slot is void. */
  layoutEpoch = 0;
  /** Rises when partitions may treat classes otherwise: nodes came, went or moved. */
  partitionEpoch = 0;
  /** Rises when positions changed. */
  listEpoch = 0;
  /** Slots that changed, in a ring; `journalEnd` counts all entries ever. */
  journal: Int32Array = new Int32Array(4096);
  journalEnd = 0;
  /** By slot and by block: the round in which somebody came by. */
  seenIn: Int32Array = new Int32Array(0);
  markedIn: Int32Array = new Int32Array(0);
  private round = 0;
  private readonly cache: SchedulerCache;
  private readonly keys = new Set<string>();
  private readonly byKey = new Map<string, Partition>();
  private isLaidOut = false;
  private list: readonly NodeRow[] | undefined;
  /** Slots that changed since `hold`, as they were then. */
  private readonly held = new Map<number, HeldSlot>();
  private isHolding = false;

  constructor(cache: SchedulerCache) {
    this.cache = cache;
    cache.observe(this);
  }

  get slotCount(): number {
    return this.rowAt.length;
  }

  /** Makes partitions tell nodes apart by these labels. */
  mention(keys: Iterable<string>): void {
    for (const key of keys) {
      if (this.keys.has(key) || key === HOSTNAME_KEY) continue;
      this.keys.add(key);
      this.isLaidOut = false;
    }
  }

  /** Brings slots and positions up to date; called in each cycle before anything is read. */
  refresh(): void {
    this.isHolding = false;
    if (!this.isLaidOut) this.layOut();
    const list = this.cache.nodeList;
    if (this.list === list) return;
    this.list = list;
    this.listEpoch++;
    const { slotOf } = this;
    for (let at = 0; at < list.length; at++) this.positionOf[slotOf.raw[list[at]!]!] = at;
  }

  /** Remembers how slots are now, until the next `refresh`. */
  hold(): void {
    this.held.clear();
    this.isHolding = true;
  }

  /** What `read` makes of the facts of a slot as they were at `hold`; 0 where there was no node. */
  readHeld(slot: number, read: (row: NodeRow) => number): number {
    assert(this.isHolding, "slots are held until the next search");
    const held = this.held.get(slot);
    const row = held === undefined ? this.rowAt[slot]! : held.row;
    if (row === NOTHING) return 0;
    if (held === undefined) return read(row as NodeRow);
    const { facts } = this;
    const at = slot * FACTS;
    const current = facts.slice(at, at + FACTS);
    facts.set(held.facts, at);
    const value = read(row as NodeRow);
    facts.set(current, at);
    return value;
  }

  podAdded(row: NodeRow): void {
    this.note(row);
  }

  podRemoved(row: NodeRow, _pod: PodInfo): void {
    this.note(row);
  }

  podReplaced(row: NodeRow): void {
    // It takes the same room; only the copy of the node's images may become another one.
    if (this.cache.hasOldImages(row)) this.note(row);
  }

  nodeChanged(row: NodeRow, before: NodeObject | undefined, after: NodeObject | undefined): void {
    if (!this.isLaidOut) return;
    this.slotOf.grow(row + 1);
    if (before !== undefined && after !== undefined && isSameToPods(before, after)) {
      this.note(row);
      return;
    }
    const slot = this.slotOf.raw[row]!;
    const old = slot === NOTHING ? undefined : this.partitionAt(slot);
    const key = after === undefined ? undefined : this.keyOf(after);
    if (old !== undefined && old.key === key) {
      this.note(row);
      return;
    }
    this.partitionEpoch++;
    if (old !== undefined) this.leave(old, row, slot);
    if (key === undefined) return;
    const partition = this.byKey.get(key);
    if (partition === undefined || !this.enter(partition, row)) this.isLaidOut = false;
    else this.list = undefined;
  }

  /** A round that no slot and no block has been marked in. */
  nextRound(): number {
    if (this.round > 1_000_000_000) {
      this.seenIn.fill(0);
      this.markedIn.fill(0);
      this.round = 0;
    }
    return ++this.round;
  }

  partitionAt(slot: number): Partition {
    return this.partitions[this.partitionOfBlock[slot >> BLOCK_SHIFT]!]!;
  }

  // ---- inside -------------------------------------------------------------------------------

  private note(row: NodeRow): void {
    const slot = this.slotOf.raw[row] ?? NOTHING;
    if (slot === NOTHING || !this.isLaidOut) return;
    this.keepHeld(slot);
    this.weigh(row, slot);
    this.push(slot);
  }

  private keepHeld(slot: number): void {
    if (!this.isHolding || this.held.has(slot)) return;
    const at = slot * FACTS;
    this.held.set(slot, { row: this.rowAt[slot]!, facts: this.facts.slice(at, at + FACTS) });
  }

  private weigh(row: NodeRow, slot: number): void {
    const sums = this.cache.resources;
    const { facts } = this;
    const at = slot * FACTS;
    const cpu = sums.allocatableMilliCpu(row);
    const memory = sums.allocatableMemoryBytes(row);
    const usedCpu = sums.requestedMilliCpu(row);
    const usedMemory = sums.requestedMemoryBytes(row);
    facts[at] = cpu;
    facts[at + 1] = memory;
    facts[at + 2] = usedCpu;
    facts[at + 3] = usedMemory;
    facts[at + 4] = sums.nonZeroMilliCpu(row);
    facts[at + 5] = sums.nonZeroMemoryBytes(row);
    facts[at + 6] = sums.allocatablePods(row) - sums.podCount(row);
    if (cpu === 0 || memory === 0) return;
    facts[at + 7] = balance(Math.min(1, usedCpu / cpu), Math.min(1, usedMemory / memory));
  }

  private push(slot: number): void {
    this.journal[this.journalEnd & (this.journal.length - 1)] = slot;
    this.journalEnd++;
    this.cache.operations.journalEntries++;
  }

  private leave(partition: Partition, row: NodeRow, slot: number): void {
    this.keepHeld(slot);
    this.slotOf.raw[row] = NOTHING;
    this.rowAt[slot] = NOTHING;
    partition.free.push(slot);
    partition.nodeCount--;
    if (partition.sample === slot) partition.sample = this.findSample(partition);
    this.push(slot);
  }

  private enter(partition: Partition, row: NodeRow): boolean {
    const slot =
      partition.free.pop() ?? (partition.next < partition.end ? partition.next++ : NOTHING);
    if (slot === NOTHING) return false;
    this.keepHeld(slot);
    this.slotOf.raw[row] = slot;
    this.rowAt[slot] = row;
    partition.nodeCount++;
    partition.sample = slot;
    this.weigh(row, slot);
    this.push(slot);
    return true;
  }

  private findSample({ begin, next }: Partition): number {
    for (let slot = begin; slot < next; slot++) if (this.rowAt[slot] !== NOTHING) return slot;
    return NOTHING;
  }

  private layOut(): void {
    const { cache, slotOf } = this;
    const rowsByKey = new Map<string, NodeRow[]>();
    for (const row of cache.nodeList) {
      const key = this.keyOf(cache.node(row));
      const rows = rowsByKey.get(key);
      if (rows === undefined) rowsByKey.set(key, [row]);
      else rows.push(row);
    }
    this.byKey.clear();
    this.partitions = [];
    slotOf.raw.fill(NOTHING);
    slotOf.grow(cache.rowCount);
    let begin = 0;
    for (const [key, rows] of rowsByKey) {
      // Nodes of one size share blocks, so that what holds for all of a block says more.
      rows.sort((a, b) => this.compareSizes(a, b));
      const blocks = Math.ceil((rows.length + Math.ceil(rows.length / 8)) / BLOCK_SIZE);
      const end = begin + blocks * BLOCK_SIZE;
      const partition: Partition = {
        ...{ number: this.partitions.length, key, begin, end, next: begin + rows.length },
        ...{ free: [], nodeCount: rows.length, sample: begin },
      };
      this.partitions.push(partition);
      this.byKey.set(key, partition);
      begin = end;
    }
    this.rowAt = new Int32Array(begin).fill(NOTHING);
    this.facts = new Float64Array(begin * FACTS);
    this.positionOf = new Int32Array(begin);
    this.partitionOfBlock = new Int32Array(begin >> BLOCK_SHIFT);
    this.seenIn = new Int32Array(begin);
    this.markedIn = new Int32Array(begin >> BLOCK_SHIFT);
    this.round = 0;
    for (const { number, key, begin: first, end } of this.partitions) {
      this.partitionOfBlock.fill(number, first >> BLOCK_SHIFT, end >> BLOCK_SHIFT);
      for (const [at, row] of rowsByKey.get(key)!.entries()) {
        this.rowAt[first + at] = row;
        slotOf.raw[row] = first + at;
        this.weigh(row, first + at);
      }
    }
    let ring = 4096;
    while (ring < begin * 2) ring *= 2;
    this.journal = new Int32Array(ring);
    this.journalEnd = 0;
    this.layoutEpoch++;
    this.partitionEpoch++;
    this.list = undefined;
    this.isLaidOut = true;
    cache.operations.rebuiltRows += cache.nodeList.length;
  }

  private compareSizes(a: NodeRow, b: NodeRow): number {
    const { resources } = this.cache;
    return (
      resources.allocatableMilliCpu(a) - resources.allocatableMilliCpu(b) ||
      resources.allocatableMemoryBytes(a) - resources.allocatableMemoryBytes(b) ||
      a - b
    );
  }

  /** Equal just for nodes that all static rules in use treat alike. */
  private keyOf({ meta, taints, unschedulable, declaredFeatures }: NodeObject): string {
    const labels: (string | null)[] = [];
    for (const key of this.keys) labels.push(meta.labels.get(key) ?? null);
    const shownTaints = taints.map(({ key, value, effect }) => [key, value, effect]);
    const hasHostname = meta.labels.has(HOSTNAME_KEY);
    return JSON.stringify([labels, shownTaints, unschedulable, declaredFeatures, hasHostname]);
  }
}
