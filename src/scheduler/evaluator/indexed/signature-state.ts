// SignatureState: how well every node suits pods of one request signature, kept up to date.
//
// A signature is what a pod asks for and which images it has: everything of it that meets the state of
// a single node. Per slot one number (0: does not fit, else 1 + the weighted scores of fit, balance and
// images, less what they never fall below), the highest of each block and partition, the number of
// fitting nodes, and a bit per place in the node list. The journal says which slots to look at again.

import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import { BLOCK_SHIFT, BLOCK_SIZE, type NodeSlots, NOTHING } from "./node-slots.ts";
import type { NodeValues } from "./node-value.ts";
import type { Suitability } from "./suitability.ts";

/** As narrow as the highest value permits. */
type ValueColumn = Uint8Array | Uint16Array | Uint32Array;

/** What is kept for one signature. */
export class SignatureState implements Suitability {
  /** Value by slot. */
  values: ValueColumn = new Uint8Array(0);
  /** Highest value by block and by partition. */
  blockBest: ValueColumn = new Uint8Array(0);
  partitionBest: number[] = [];
  /** Fitting nodes by partition. */
  fitting: number[] = [];
  /** When it was last asked for, as a number of the journal. */
  private position = -1;
  private layoutEpoch = -1;
  private bits: Uint32Array = new Uint32Array(0);
  private bitsEpoch = -1;
  private nodeCount = -1;
  /** Blocks whose highest value became another one, in the replay under way. */
  private readonly lowered: number[] = [];
  private readonly cache: SchedulerCache;
  private readonly slots: NodeSlots;
  private readonly judge: NodeValues;

  /** `judge` says of a node 0, or 1 plus the score above its least value. */
  constructor(cache: SchedulerCache, slots: NodeSlots, judge: NodeValues) {
    this.cache = cache;
    this.slots = slots;
    this.judge = judge;
  }

  /** Brings everything but the bits up to date. */
  sync(): void {
    const { slots, cache } = this;
    const behind = slots.journalEnd - this.position;
    const nodeCount = cache.nodeList.length;
    const isStale =
      this.layoutEpoch !== slots.layoutEpoch ||
      behind > slots.journal.length ||
      behind > slots.slotCount ||
      (nodeCount !== this.nodeCount && this.judge.images !== undefined);
    this.nodeCount = nodeCount;
    if (isStale) this.rebuild();
    else if (behind > 0) this.replay();
    this.position = slots.journalEnd;
  }

  valueAt(slot: number): number {
    return this.values[slot]!;
  }

  hold(): boolean {
    return true;
  }

  /** Values follow the cache in `sync` alone. */
  heldValueAt(slot: number): number {
    return this.values[slot]!;
  }

  scan(
    partition: number,
    addend: number,
    incumbent: number,
    foundIn: Int32Array,
    round: number,
    tied: number[],
  ): number {
    const { values, blockBest } = this;
    const { begin, end } = this.slots.partitions[partition]!;
    const firstBlock = begin >> BLOCK_SHIFT;
    const lastBlock = end >> BLOCK_SHIFT;
    this.cache.operations.treeSteps += lastBlock - firstBlock;
    let best = incumbent;
    for (let block = firstBlock; block < lastBlock; block++) {
      const highest = blockBest[block]!;
      if (highest === 0 || highest + addend < best) continue;
      const first = block << BLOCK_SHIFT;
      for (let slot = first; slot < first + BLOCK_SIZE; slot++) {
        const value = values[slot]!;
        if (value === 0) continue;
        const total = value + addend;
        if (total < best || foundIn[slot]! >= round) continue;
        if (total > best) tied.length = 0;
        best = total;
        tied.push(slot);
      }
    }
    return best;
  }

  /** Bits by place in the node list: 1 = fits. */
  fitBits(): Uint32Array {
    const { slots } = this;
    if (this.bitsEpoch !== slots.listEpoch) this.rebuildBits();
    return this.bits;
  }

  private replay(): void {
    const { slots, judge } = this;
    const { journal, journalEnd, rowAt, seenIn } = slots;
    const mask = journal.length - 1;
    const round = slots.nextRound();
    this.lowered.length = 0;
    let replayed = 0;
    for (let at = this.position; at < journalEnd; at++) {
      const slot = journal[at & mask]!;
      if (seenIn[slot] === round) continue;
      seenIn[slot] = round;
      replayed++;
      const row = rowAt[slot]!;
      const value = row === NOTHING ? 0 : judge.valueOf(slot, row as NodeRow);
      if (value !== this.values[slot]) this.set(slot, value, round);
    }
    if (this.lowered.length > 0) this.lowerBlocks();
    this.cache.operations.journalReplays += replayed;
    this.cache.operations.nodesTouched += replayed;
  }

  private set(slot: number, value: number, round: number): void {
    const { values, blockBest } = this;
    const { markedIn } = this.slots;
    const old = values[slot]!;
    values[slot] = value;
    const block = slot >> BLOCK_SHIFT;
    const partition = this.slots.partitionOfBlock[block]!;
    if (old === 0 || value === 0) this.flip(slot, partition, value !== 0);
    const best = blockBest[block]!;
    if (value >= best) {
      blockBest[block] = value;
      if (value > this.partitionBest[partition]!) this.partitionBest[partition] = value;
    } else if (old === best && markedIn[block] !== round) {
      // Others of the block may follow: it is looked through once, at the end.
      markedIn[block] = round;
      this.lowered.push(block);
    }
  }

  private flip(slot: number, partition: number, fits: boolean): void {
    this.fitting[partition]! += fits ? 1 : -1;
    const { slots } = this;
    if (this.bitsEpoch !== slots.listEpoch) return;
    const position = slots.positionOf[slot]!;
    if (fits) this.bits[position >> 5]! |= 1 << (position & 31);
    else this.bits[position >> 5]! &= ~(1 << (position & 31));
  }

  /** Finds the highest values of blocks that may have lost theirs, and of their partitions. */
  private lowerBlocks(): void {
    const { values, blockBest, partitionBest, slots, lowered } = this;
    const { partitionOfBlock, partitions } = slots;
    for (let at = 0; at < lowered.length; at++) {
      const block = lowered[at]!;
      const was = blockBest[block]!;
      const first = block << BLOCK_SHIFT;
      let best = 0;
      for (let slot = first; slot < first + BLOCK_SIZE; slot++) {
        const value = values[slot]!;
        if (value > best) best = value;
      }
      blockBest[block] = best;
      const partition = partitionOfBlock[block]!;
      if (best === was || was !== partitionBest[partition]) continue;
      const { begin, end } = partitions[partition]!;
      let highest = 0;
      // Blocks that are still to be looked through count with what they had.
      for (let other = begin >> BLOCK_SHIFT; other < end >> BLOCK_SHIFT; other++) {
        if (blockBest[other]! > highest) highest = blockBest[other]!;
      }
      this.cache.operations.treeSteps++;
      partitionBest[partition] = highest;
    }
    this.cache.operations.treeSteps += lowered.length;
  }

  private rebuild(): void {
    const { slots, cache } = this;
    const { slotCount } = slots;
    if (this.values.length !== slotCount || this.layoutEpoch !== slots.layoutEpoch) {
      this.values = columnFor(this.judge.highest, slotCount);
      const blocks = slotCount >> BLOCK_SHIFT;
      this.blockBest = columnFor(this.judge.highest, blocks);
    }
    this.layoutEpoch = slots.layoutEpoch;
    this.bitsEpoch = -1;
    const { values, blockBest, judge } = this;
    for (const { number, begin, end } of slots.partitions) {
      let fitting = 0;
      let highest = 0;
      for (let block = begin >> BLOCK_SHIFT; block < end >> BLOCK_SHIFT; block++) {
        let best = 0;
        const first = block << BLOCK_SHIFT;
        for (let slot = first; slot < first + BLOCK_SIZE; slot++) {
          const row = slots.rowAt[slot]!;
          const value = row === NOTHING ? 0 : judge.valueOf(slot, row as NodeRow);
          values[slot] = value;
          if (value > 0) fitting++;
          if (value > best) best = value;
        }
        blockBest[block] = best;
        if (best > highest) highest = best;
      }
      this.fitting[number] = fitting;
      this.partitionBest[number] = highest;
    }
    cache.operations.rebuiltRows += cache.nodeList.length;
    cache.operations.nodesTouched += cache.nodeList.length;
  }

  private rebuildBits(): void {
    const { slots, values } = this;
    const words = (this.cache.nodeList.length + 31) >> 5;
    if (this.bits.length === words) this.bits.fill(0);
    else this.bits = new Uint32Array(words);
    const { bits } = this;
    for (const { begin, next } of slots.partitions) {
      for (let slot = begin; slot < next; slot++) {
        if (values[slot] === 0) continue;
        const position = slots.positionOf[slot]!;
        bits[position >> 5]! |= 1 << (position & 31);
      }
    }
    this.bitsEpoch = slots.listEpoch;
    this.cache.operations.rebuiltRows += this.cache.nodeList.length;
  }
}

function columnFor(highest: number, length: number): ValueColumn {
  if (highest <= 0xff) return new Uint8Array(length);
  return highest <= 0xffff ? new Uint16Array(length) : new Uint32Array(length);
}
