// BlockSummaries: of every block of 64 nodes, the least and most of what decides how a pod suits them.
//
// For pods whose like was not seen lately: a look at the summary tells whether the pod fits the whole
// block or no node of it, and no node suits it better than the summary allows. It knows no pod. Blocks
// with a node in the journal are summed up again before anybody reads.

import { BLOCK_SHIFT, BLOCK_SIZE, FACTS, type NodeSlots, NOTHING } from "./node-slots.ts";

/** Facts of blocks over one cache. */
export class BlockSummaries {
  /** By slot: free cpu and free memory as parts of the whole (with defaults for what pods do not ask for), added up. */
  freeSums: Float64Array = new Float64Array(0);
  /** By slot: the larger of the two parts. */
  freeMosts: Float64Array = new Float64Array(0);
  /** By slot: milli-cpu, bytes and places for pods that nobody asked for; -Infinity where there is no node. */
  freeMilliCpu: Float64Array = new Float64Array(0);
  freeMemoryBytes: Float64Array = new Float64Array(0);
  freePods: Float64Array = new Float64Array(0);
  /** By block, two words each: bits of the slots with a node. */
  nodeBits: Int32Array = new Int32Array(0);
  /** By block: the highest sum and part; Infinity where such parts say nothing of the score. */
  freeSumBest: Float64Array = new Float64Array(0);
  freeMostBest: Float64Array = new Float64Array(0);
  /** By block: smallest and largest nodes. */
  milliCpuLeast: Float64Array = new Float64Array(0);
  milliCpuMost: Float64Array = new Float64Array(0);
  memoryBytesLeast: Float64Array = new Float64Array(0);
  memoryBytesMost: Float64Array = new Float64Array(0);
  /** By block: room for pods, milli-cpu and bytes that nobody asked for. */
  podsFreeLeast: Float64Array = new Float64Array(0);
  podsFreeMost: Float64Array = new Float64Array(0);
  milliCpuFreeLeast: Float64Array = new Float64Array(0);
  milliCpuFreeMost: Float64Array = new Float64Array(0);
  memoryBytesFreeLeast: Float64Array = new Float64Array(0);
  memoryBytesFreeMost: Float64Array = new Float64Array(0);
  /** By block. */
  nodeCounts: Int32Array = new Int32Array(0);
  private readonly slots: NodeSlots;
  private position = -1;
  private layoutEpoch = -1;

  constructor(slots: NodeSlots) {
    this.slots = slots;
  }

  /** Sums up what changed since the last call; the number of blocks that it looked through. */
  sync(): number {
    const { slots } = this;
    const { journal, journalEnd, markedIn } = slots;
    const behind = journalEnd - this.position;
    if (this.layoutEpoch !== slots.layoutEpoch || behind > journal.length) return this.rebuild();
    const round = slots.nextRound();
    let looked = 0;
    for (let at = this.position; at < journalEnd; at++) {
      const block = journal[at & (journal.length - 1)]! >> BLOCK_SHIFT;
      if (markedIn[block] === round) continue;
      markedIn[block] = round;
      this.sumUp(block);
      looked++;
    }
    this.position = journalEnd;
    return looked;
  }

  private rebuild(): number {
    const { slots } = this;
    const { slotCount } = slots;
    const blocks = slotCount >> BLOCK_SHIFT;
    this.freeSums = new Float64Array(slotCount);
    this.freeMosts = new Float64Array(slotCount);
    this.freeMilliCpu = new Float64Array(slotCount);
    this.freeMemoryBytes = new Float64Array(slotCount);
    this.freePods = new Float64Array(slotCount);
    this.nodeBits = new Int32Array(blocks * 2);
    this.freeSumBest = new Float64Array(blocks);
    this.freeMostBest = new Float64Array(blocks);
    this.milliCpuLeast = new Float64Array(blocks);
    this.milliCpuMost = new Float64Array(blocks);
    this.memoryBytesLeast = new Float64Array(blocks);
    this.memoryBytesMost = new Float64Array(blocks);
    this.podsFreeLeast = new Float64Array(blocks);
    this.podsFreeMost = new Float64Array(blocks);
    this.milliCpuFreeLeast = new Float64Array(blocks);
    this.milliCpuFreeMost = new Float64Array(blocks);
    this.memoryBytesFreeLeast = new Float64Array(blocks);
    this.memoryBytesFreeMost = new Float64Array(blocks);
    this.nodeCounts = new Int32Array(blocks);
    for (let block = 0; block < blocks; block++) this.sumUp(block);
    this.layoutEpoch = slots.layoutEpoch;
    this.position = slots.journalEnd;
    return blocks;
  }

  private sumUp(block: number): void {
    const { rowAt, facts } = this.slots;
    const { freeSums, freeMosts, freeMilliCpu, freeMemoryBytes, freePods, nodeBits } = this;
    nodeBits[block * 2] = 0;
    nodeBits[block * 2 + 1] = 0;
    let count = 0;
    let sumBest = -Infinity;
    let mostBest = -Infinity;
    let cpuLeast = Infinity;
    let cpuMost = 0;
    let memoryLeast = Infinity;
    let memoryMost = 0;
    let podsLeast = Infinity;
    let podsMost = -Infinity;
    let freeCpuLeast = Infinity;
    let freeCpuMost = -Infinity;
    let freeMemoryLeast = Infinity;
    let freeMemoryMost = -Infinity;
    const first = block << BLOCK_SHIFT;
    for (let slot = first; slot < first + BLOCK_SIZE; slot++) {
      if (rowAt[slot] === NOTHING) {
        freeSums[slot] = -Infinity;
        freeMosts[slot] = -Infinity;
        freePods[slot] = -Infinity;
        continue;
      }
      count++;
      nodeBits[slot >> 5]! |= 1 << (slot & 31);
      const at = slot * FACTS;
      const cpu = facts[at]!;
      const memory = facts[at + 1]!;
      const freeCpu = cpu - facts[at + 2]!;
      const freeMemory = memory - facts[at + 3]!;
      const podsFree = facts[at + 6]!;
      let sum = Infinity;
      let most = Infinity;
      if (isMeasured(cpu) && isMeasured(memory)) {
        const x = (cpu - facts[at + 4]!) / cpu;
        const y = (memory - facts[at + 5]!) / memory;
        sum = x + y;
        most = Math.max(x, y);
      }
      freeMilliCpu[slot] = freeCpu;
      freeMemoryBytes[slot] = freeMemory;
      freePods[slot] = podsFree;
      freeSums[slot] = sum;
      freeMosts[slot] = most;
      if (sum > sumBest) sumBest = sum;
      if (most > mostBest) mostBest = most;
      if (cpu < cpuLeast) cpuLeast = cpu;
      if (cpu > cpuMost) cpuMost = cpu;
      if (memory < memoryLeast) memoryLeast = memory;
      if (memory > memoryMost) memoryMost = memory;
      if (podsFree < podsLeast) podsLeast = podsFree;
      if (podsFree > podsMost) podsMost = podsFree;
      if (freeCpu < freeCpuLeast) freeCpuLeast = freeCpu;
      if (freeCpu > freeCpuMost) freeCpuMost = freeCpu;
      if (freeMemory < freeMemoryLeast) freeMemoryLeast = freeMemory;
      if (freeMemory > freeMemoryMost) freeMemoryMost = freeMemory;
    }
    this.nodeCounts[block] = count;
    this.freeSumBest[block] = sumBest;
    this.freeMostBest[block] = mostBest;
    this.milliCpuLeast[block] = cpuLeast;
    this.milliCpuMost[block] = cpuMost;
    this.memoryBytesLeast[block] = memoryLeast;
    this.memoryBytesMost[block] = memoryMost;
    this.podsFreeLeast[block] = podsLeast;
    this.podsFreeMost[block] = podsMost;
    this.milliCpuFreeLeast[block] = freeCpuLeast;
    this.milliCpuFreeMost[block] = freeCpuMost;
    this.memoryBytesFreeLeast[block] = freeMemoryLeast;
    this.memoryBytesFreeMost[block] = freeMemoryMost;
  }
}

/** Whether parts of that capacity give the score: there is some, and a hundred times it is exact. */
function isMeasured(capacity: number): boolean {
  return capacity > 0 && capacity * 100 <= Number.MAX_SAFE_INTEGER;
}
