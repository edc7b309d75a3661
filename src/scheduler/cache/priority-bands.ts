// PriorityBands: how many pods of each priority a node has, and what they ask for.
//
// Preemption wants to know whether there is anybody to evict, and whether a node would have room
// without all of them, before it looks at a single pod. A band is one priority that occurs; clusters
// have few. With more than BANDS_MAX of them at a time nothing is kept, and the pods are counted.
//
//   row r, band b: index r * stride + b    podCounts  milliCpu  memoryBytes  ephemeralStorageBytes

import { Float64Column, Uint16Column } from "../../base/index.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { FreedRoom } from "./freed-room.ts";
import type { CacheObserver } from "./cache-observer.ts";
import type { NodeRow } from "./node-row.ts";
import type { SchedulerCache } from "./scheduler-cache.ts";

const BANDS_MAX = 16;
const STRIDE_MIN = 2;

/** Sums by node and priority; made when somebody first wants to evict. */
export class PriorityBands implements CacheObserver {
  /** Pods in all by band; a band without any may be given to another priority. */
  private readonly populations: number[] = [];
  private readonly priorities: number[] = [];
  private readonly bandOf = new Map<number, number>();
  private stride = STRIDE_MIN;
  private podCounts = new Uint16Column();
  private milliCpu = new Float64Column();
  private memoryBytes = new Float64Column();
  private ephemeralStorageBytes = new Float64Column();
  private isKept = true;
  private readonly cache: SchedulerCache;

  constructor(cache: SchedulerCache) {
    this.cache = cache;
    cache.observe(this);
    this.countAll();
  }

  /**
   * The bands of lower priority that have pods, as bits; 0: there is nobody to evict. Undefined: there
   * are too many priorities to say.
   */
  bandsBelow(priority: number): number | undefined {
    if (!this.isKept) return undefined;
    let bits = 0;
    for (let band = 0; band < this.priorities.length; band++) {
      if (this.populations[band]! > 0 && this.priorities[band]! < priority) bits |= 1 << band;
    }
    return bits;
  }

  /** Whether a node has pods of these bands. */
  hasAny(row: NodeRow, bands: number): boolean {
    const { raw } = this.podCounts;
    const first = row * this.stride;
    for (let left = bands, band = 0; left !== 0; left >>>= 1, band++) {
      if ((left & 1) === 1 && (raw[first + band] ?? 0) > 0) return true;
    }
    return false;
  }

  /** Adds what the pods of these bands on a node take up; extended resources are not in it. */
  addUp(row: NodeRow, bands: number, room: FreedRoom): void {
    const first = row * this.stride;
    if (first >= this.podCounts.length) return;
    for (let left = bands, band = 0; left !== 0; left >>>= 1, band++) {
      if ((left & 1) === 0) continue;
      const at = first + band;
      room.pods += this.podCounts.at(at);
      room.milliCpu += this.milliCpu.at(at);
      room.memoryBytes += this.memoryBytes.at(at);
      room.ephemeralStorageBytes += this.ephemeralStorageBytes.at(at);
    }
  }

  podAdded(row: NodeRow, pod: PodInfo): void {
    if (this.isKept) this.count(row, pod, 1);
  }

  podRemoved(row: NodeRow, pod: PodInfo): void {
    if (this.isKept) this.count(row, pod, -1);
  }

  podReplaced(row: NodeRow, before: PodInfo, after: PodInfo): void {
    if (!this.isKept || before.priority === after.priority) return;
    this.count(row, before, -1);
    this.count(row, after, 1);
  }

  nodeChanged(): void {
    // Pods stay on their row, whatever becomes of the node's object.
  }

  // ---- inside -----------------------------------------------------------------------------

  private count(row: NodeRow, { priority, template }: PodInfo, sign: 1 | -1): void {
    const band = this.bandOf.get(priority) ?? this.open(priority);
    if (band === -1) {
      this.isKept = false;
      return;
    }
    this.populations[band]! += sign;
    const at = row * this.stride + band;
    this.grow(row + 1);
    const { nodeRequests } = template;
    this.podCounts.set(at, this.podCounts.at(at) + sign);
    this.milliCpu.set(at, this.milliCpu.at(at) + sign * nodeRequests.milliCpu);
    this.memoryBytes.set(at, this.memoryBytes.at(at) + sign * nodeRequests.memoryBytes);
    const ephemeral = sign * nodeRequests.ephemeralStorageBytes;
    if (ephemeral !== 0) {
      this.ephemeralStorageBytes.set(at, this.ephemeralStorageBytes.at(at) + ephemeral);
    }
  }

  /** A band for a priority that has none; -1: there is none left. */
  private open(priority: number): number {
    let band = this.populations.indexOf(0);
    if (band === -1) {
      band = this.priorities.length;
      if (band === BANDS_MAX) return -1;
      this.populations.push(0);
    } else {
      this.bandOf.delete(this.priorities[band]!);
    }
    this.priorities[band] = priority;
    this.bandOf.set(priority, band);
    if (band >= this.stride) {
      this.stride *= 2;
      this.layOut();
    }
    return band;
  }

  private grow(rows: number): void {
    const length = rows * this.stride;
    this.podCounts.grow(length);
    this.milliCpu.grow(length);
    this.memoryBytes.grow(length);
    this.ephemeralStorageBytes.grow(length);
  }

  /** The stride has doubled: every row moves. */
  private layOut(): void {
    const half = this.stride / 2;
    const wider = <C extends Float64Column | Uint16Column>(old: C, made: C): C => {
      made.grow(old.length * 2);
      for (let at = 0; at < old.length; at++) {
        const value = old.at(at);
        if (value !== 0) made.set(Math.floor(at / half) * this.stride + (at % half), value);
      }
      return made;
    };
    this.podCounts = wider(this.podCounts, new Uint16Column());
    this.milliCpu = wider(this.milliCpu, new Float64Column());
    this.memoryBytes = wider(this.memoryBytes, new Float64Column());
    this.ephemeralStorageBytes = wider(this.ephemeralStorageBytes, new Float64Column());
  }

  private countAll(): void {
    for (const row of this.cache.usedRows()) {
      for (const pod of this.cache.podsOn(row)) if (this.isKept) this.count(row, pod, 1);
    }
  }
}
