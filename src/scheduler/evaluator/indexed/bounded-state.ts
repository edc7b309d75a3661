// BoundedState: how well nodes suit one pod, worked out block by block where it can matter.
//
// For pods of their own kind, of which nothing is kept. A block whose every node has room is counted
// whole; a node is only judged when the bound of its block, and then its own, could reach the best total.
//
// The bound, x and y being the free parts of cpu and memory (with defaults), dx and dy what the pod takes:
//   least allocated = trunc(50 (max(0, x - dx) + max(0, y - dy)))
//                  <= 50 max(x + y - dx - dy, max(x, y) - min(dx, dy), 0)
//   balanced        = 50 + trunc((50 + after - before) / 2) <= 75.5 + 25 d
// where d = |dx - dy| if the pod has room there and both scores see the same requests, else max(dx, dy):
// the two shares used grow by no more than dx and dy. In a block dx and dy are least on its largest
// nodes, and the sum of both scores falls when one of them grows, as long as balance does not weigh more
// than twice fit. That is not so where a part is cut off at 0: there d counts as max(dx, dy) throughout.

import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { BlockSummaries } from "./block-summaries.ts";
import { BLOCK_SHIFT, BLOCK_SIZE, type NodeSlots, NOTHING } from "./node-slots.ts";
import type { NodeValues, ValueWeights } from "./node-value.ts";
import type { Suitability } from "./suitability.ts";

/** More than rounding can add to a bound. */
const SLACK = 1e-6;
/** Of blocks where the pod fits nowhere. */
const NO_BOUND = -1;
/** What a block's summary says of the pod. */
const FITS_NOWHERE = 0;
const FITS_EVERYWHERE = 1;
const FITS_SOMEWHERE = 2;

/** Whether the bound holds for such weights. */
export function isBounded({ fit, isLeast, cpu, memory, keyed }: ValueWeights): boolean {
  return fit > 0 && isLeast && cpu === memory && keyed.length === 0;
}

/** One pod at a time. */
export class BoundedState implements Suitability {
  readonly fitting: number[] = [];
  readonly partitionBest: number[] = [];
  private readonly cache: SchedulerCache;
  private readonly slots: NodeSlots;
  private readonly blocks: BlockSummaries;
  private values!: NodeValues;
  private weights!: ValueWeights;
  /** What the pod's images add at most. */
  private highestImages = 0;
  /** By slot: the value, and the round in which it was worked out. */
  private kept: Float64Array = new Float64Array(0);
  private keptIn: Int32Array = new Int32Array(0);
  private round = 0;
  /** By block: which nodes have room, the highest value there may be, and what of it is not fit's. */
  private fits: Uint8Array = new Uint8Array(0);
  /** By block, two words each: bits of the nodes with room, where not all have it. */
  private fitWords: Int32Array = new Int32Array(0);
  private bounds: Float64Array = new Float64Array(0);
  private constants: Float64Array = new Float64Array(0);
  /** By block: how much more balance may give, in free parts, where the score of a part is cut off at 0. */
  private corrections: Float64Array = new Float64Array(0);
  private bits: Uint32Array = new Uint32Array(0);

  constructor(cache: SchedulerCache, slots: NodeSlots, blocks: BlockSummaries) {
    this.cache = cache;
    this.slots = slots;
    this.blocks = blocks;
  }

  /** Takes up a pod; `isBounded` of its weights must hold. */
  begin(values: NodeValues, weights: ValueWeights): void {
    const { slots } = this;
    this.values = values;
    this.weights = weights;
    this.highestImages = values.images === undefined ? 0 : weights.images * values.images.highest;
    if (this.kept.length !== slots.slotCount || this.round > 1_000_000_000) {
      const blockCount = slots.slotCount >> BLOCK_SHIFT;
      this.kept = new Float64Array(slots.slotCount);
      this.keptIn = new Int32Array(slots.slotCount);
      this.fits = new Uint8Array(blockCount);
      this.fitWords = new Int32Array(blockCount * 2);
      this.bounds = new Float64Array(blockCount);
      this.constants = new Float64Array(blockCount);
      this.corrections = new Float64Array(blockCount);
      this.round = 0;
    }
    this.round++;
    const { operations } = this.cache;
    operations.treeSteps += this.blocks.sync();
    for (const { number, begin, end } of slots.partitions) {
      let fitting = 0;
      let best = 0;
      for (let block = begin >> BLOCK_SHIFT; block < end >> BLOCK_SHIFT; block++) {
        const count = this.countIn(block);
        fitting += count;
        const bound = count === 0 ? NO_BOUND : this.boundOf(block);
        this.bounds[block] = bound;
        if (bound > best) best = bound;
      }
      this.fitting[number] = fitting;
      this.partitionBest[number] = best;
      operations.treeSteps += (end - begin) >> BLOCK_SHIFT;
    }
  }

  valueAt(slot: number): number {
    if (this.keptIn[slot] !== this.round) {
      this.keptIn[slot] = this.round;
      const row = this.slots.rowAt[slot]!;
      this.kept[slot] = row === NOTHING ? 0 : this.values.valueOf(slot, row as NodeRow);
      this.cache.operations.nodesTouched++;
    }
    return this.kept[slot]!;
  }

  /** What no fact of a slot tells is not held: other resources, images, and capacities beyond exact sums. */
  hold(): boolean {
    const { values, slots } = this;
    if (values.wantsMore || values.images !== undefined) return false;
    for (const best of this.blocks.freeSumBest) if (best === Infinity) return false;
    slots.hold();
    return true;
  }

  heldValueAt(slot: number): number {
    if (this.keptIn[slot] === this.round) return this.kept[slot]!;
    return this.slots.readHeld(slot, (row) => this.values.valueOf(slot, row));
  }

  fitBits(): Uint32Array {
    const { length } = this.cache.nodeList;
    const words = (length + 31) >> 5;
    if (this.bits.length !== words) this.bits = new Uint32Array(words);
    const { bits, fits, slots } = this;
    bits.fill(0xffff_ffff);
    if ((length & 31) !== 0) bits[words - 1] = (1 << (length & 31)) - 1;
    const { fitWords, blocks } = this;
    for (let word = 0; word < fitWords.length; word++) {
      if (fits[word >> 1] === FITS_EVERYWHERE) continue;
      let refused = blocks.nodeBits[word]! & ~fitWords[word]!;
      while (refused !== 0) {
        const low = refused & -refused;
        refused ^= low;
        const position = slots.positionOf[(word << 5) + 31 - Math.clz32(low)]!;
        bits[position >> 5]! &= ~(1 << (position & 31));
      }
    }
    return bits;
  }

  scan(
    partition: number,
    addend: number,
    incumbent: number,
    foundIn: Int32Array,
    round: number,
    tied: number[],
  ): number {
    const { begin, end } = this.slots.partitions[partition]!;
    const firstBlock = begin >> BLOCK_SHIFT;
    const lastBlock = end >> BLOCK_SHIFT;
    const { bounds, fits } = this;
    // The most promising block first: most others need no look after it.
    let promising = firstBlock;
    for (let block = firstBlock; block < lastBlock; block++) {
      if (fits[block] !== FITS_NOWHERE && bounds[block]! > bounds[promising]!) promising = block;
    }
    let best = this.scanBlock(promising, addend, incumbent, foundIn, round, tied);
    for (let block = firstBlock; block < lastBlock; block++) {
      if (block !== promising) best = this.scanBlock(block, addend, best, foundIn, round, tied);
    }
    return best;
  }

  private scanBlock(
    block: number,
    addend: number,
    incumbent: number,
    foundIn: Int32Array,
    round: number,
    tied: number[],
  ): number {
    if (this.fits[block] === FITS_NOWHERE || this.bounds[block]! + addend < incumbent) {
      return incumbent;
    }
    this.cache.operations.treeSteps++;
    const { freeSums, freeMosts, milliCpuMost, memoryBytesMost } = this.blocks;
    const { scoreMilliCpu, scoreMemoryBytes } = this.values;
    const dx = scoreMilliCpu / milliCpuMost[block]!;
    const dy = scoreMemoryBytes / memoryBytesMost[block]!;
    const perPart = 50 * this.weights.fit;
    const constant = this.constants[block]! + addend;
    const correction = this.corrections[block]!;
    let best = incumbent;
    // What the free parts must come to, less what the pod takes, for the total to be reached.
    let needed = (best - constant) / perPart;
    const first = block << BLOCK_SHIFT;
    for (let slot = first; slot < first + BLOCK_SIZE; slot++) {
      const isBelow =
        needed > correction &&
        freeSums[slot]! < needed + dx + dy &&
        freeMosts[slot]! < needed - correction + Math.min(dx, dy);
      if (isBelow || foundIn[slot]! >= round) continue;
      const value = this.valueAt(slot);
      if (value === 0) continue;
      const total = value + addend;
      if (total < best) continue;
      if (total > best) {
        tied.length = 0;
        best = total;
        needed = (best - constant) / perPart;
      }
      tied.push(slot);
    }
    return best;
  }

  /** How many nodes of the block have room. */
  private countIn(block: number): number {
    const { blocks, values } = this;
    const count = blocks.nodeCounts[block]!;
    let fits = FITS_EVERYWHERE;
    if (count === 0) fits = FITS_NOWHERE;
    else if (values.needsRoom) {
      const { milliCpu, memoryBytes } = values;
      const lacks =
        blocks.podsFreeMost[block]! < 1 ||
        (milliCpu > 0 && milliCpu > blocks.milliCpuFreeMost[block]!) ||
        (memoryBytes > 0 && memoryBytes > blocks.memoryBytesFreeMost[block]!);
      const mayLack =
        values.wantsMore ||
        blocks.podsFreeLeast[block]! < 1 ||
        (milliCpu > 0 && milliCpu > blocks.milliCpuFreeLeast[block]!) ||
        (memoryBytes > 0 && memoryBytes > blocks.memoryBytesFreeLeast[block]!);
      if (lacks) fits = FITS_NOWHERE;
      else if (mayLack) fits = FITS_SOMEWHERE;
    }
    this.fits[block] = fits;
    if (fits === FITS_EVERYWHERE) return count;
    const fitting = fits === FITS_NOWHERE ? 0 : this.lookThrough(block);
    if (fitting === 0) {
      this.fits[block] = FITS_NOWHERE;
      this.fitWords[block * 2] = 0;
      this.fitWords[block * 2 + 1] = 0;
    }
    return fitting;
  }

  /** Marks which nodes of a block have room; how many. */
  private lookThrough(block: number): number {
    const { values, fitWords, slots } = this;
    const { freeMilliCpu, freeMemoryBytes, freePods } = this.blocks;
    // What is not asked for may be short.
    const milliCpu = values.milliCpu > 0 ? values.milliCpu : -Infinity;
    const memoryBytes = values.memoryBytes > 0 ? values.memoryBytes : -Infinity;
    const first = block << BLOCK_SHIFT;
    let fitting = 0;
    for (let half = first; half < first + BLOCK_SIZE; half += 32) {
      let word = 0;
      for (let slot = half; slot < half + 32; slot++) {
        if (
          freePods[slot]! < 1 ||
          freeMilliCpu[slot]! < milliCpu ||
          freeMemoryBytes[slot]! < memoryBytes ||
          (values.wantsMore && !values.hasRoom(slot, slots.rowAt[slot] as NodeRow))
        ) {
          continue;
        }
        word |= 1 << (slot & 31);
        fitting++;
      }
      fitWords[half >> 5] = word;
    }
    return fitting;
  }

  private boundOf(block: number): number {
    const { blocks, values, weights } = this;
    const sumBest = blocks.freeSumBest[block]!;
    let constant = SLACK - values.offset;
    constant += this.highestImages;
    if (sumBest === Infinity) {
      // Some node's score does not follow from its parts.
      if (values.isBalanced) constant += 100 * weights.balance;
      this.constants[block] = constant;
      this.corrections[block] = Infinity;
      return constant + 100 * weights.fit;
    }
    const dx = values.scoreMilliCpu / blocks.milliCpuMost[block]!;
    const dy = values.scoreMemoryBytes / blocks.memoryBytesMost[block]!;
    let correction = 0;
    if (values.isBalanced) {
      const most = Math.max(
        values.balancedMilliCpu / blocks.milliCpuLeast[block]!,
        values.balancedMemoryBytes / blocks.memoryBytesLeast[block]!,
      );
      const isTight = values.isAlike && weights.balance <= 2 * weights.fit;
      const shift = isTight ? Math.abs(dx - dy) : most;
      constant += weights.balance * (75.5 + 25 * shift);
      correction = (weights.balance * (most - shift)) / (2 * weights.fit);
    }
    this.constants[block] = constant;
    this.corrections[block] = correction;
    const part = Math.max(
      sumBest - dx - dy,
      blocks.freeMostBest[block]! - Math.min(dx, dy) + correction,
      correction,
    );
    return constant + 50 * weights.fit * part;
  }
}
