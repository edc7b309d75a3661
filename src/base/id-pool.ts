// Small integer ids that are used again, and handles that tell the users of one id apart.
//
// Rows of tables and slots of queues are recycled, last released first, so that arrays stay
// dense. A generation per id counts its uses; a handle carries id and generation, so whoever
// still holds a handle to the previous user is told so instead of reaching the next one.

import { AssertionError } from "./assert.ts";
import { Uint32Column } from "./columns.ts";

/** A handle that no pool ever gives out. */
export const NO_HANDLE = 0;

// Handle layout: generation * 2 ** 32 + id. 32 bits of id and 21 of generation fill the 53 bits
// in which a double is exact.
const ID_SPAN = 2 ** 32;
const GENERATION_MAX = 2 ** 21 - 1;

/** Gives out ids 0, 1, 2, …, recycling released ones last-in-first-out. */
export class IdPool {
  // Odd while the id is in use, even while it is free; acquiring and releasing each add 1.
  private readonly generations: Uint32Column = new Uint32Column();
  private readonly freeIds: Uint32Column = new Uint32Column();
  private usedCount = 0;

  /** Ids in use now. */
  get liveCount(): number {
    return this.usedCount;
  }

  /** One more than the largest id ever given out: how long arrays indexed by id must be. */
  get idLimit(): number {
    return this.generations.length;
  }

  /** Takes an id: the one released last, or a new one. */
  acquire(): number {
    const freeCount = this.freeIds.length;
    let id: number;
    if (freeCount > 0) {
      id = this.freeIds.at(freeCount - 1);
      this.freeIds.truncate(freeCount - 1);
    } else {
      id = this.generations.push(0);
    }
    this.generations.set(id, this.generations.at(id) + 1);
    this.usedCount++;
    return id;
  }

  /** Returns an id; asserts that it was in use. Handles to it are dead from here on. */
  release(id: number): void {
    if (!this.isLive(id)) {
      throw new AssertionError(`Id ${id} is released but not in use`);
    }
    const generation = this.generations.at(id) + 1;
    this.generations.set(id, generation);
    this.usedCount--;
    // An id whose generations are used up is retired, so an old handle can never match again.
    if (generation < GENERATION_MAX) this.freeIds.push(id);
  }

  /** True while `id` is in use. */
  isLive(id: number): boolean {
    return id >= 0 && id < this.generations.length && (this.generations.at(id) & 1) === 1;
  }

  /** How often `id` was acquired and released: odd while in use. */
  generationOf(id: number): number {
    return this.generations.at(id);
  }

  /** The handle of an id in use: a safe integer, never NO_HANDLE. */
  handleOf(id: number): number {
    if (!this.isLive(id)) {
      throw new AssertionError(`Id ${id} has no handle: it is not in use`);
    }
    return packHandle(id, this.generations.at(id));
  }

  /** The id behind `handle`, or -1 when its user is gone (or it never was a handle). */
  findId(handle: number): number {
    const id = idOfHandle(handle);
    if (id >= this.generations.length) return -1;
    const generation = this.generations.at(id);
    return (generation & 1) === 1 && generation === generationOfHandle(handle) ? id : -1;
  }

  /** True while the user to whom `handle` was given has not released its id. */
  isLiveHandle(handle: number): boolean {
    return this.findId(handle) >= 0;
  }
}

/** Puts an id (below 2 ** 32) and its generation (below 2 ** 21) into one safe integer. */
export function packHandle(id: number, generation: number): number {
  return generation * ID_SPAN + id;
}

/** The id in a handle. */
export function idOfHandle(handle: number): number {
  return handle >>> 0;
}

/** The generation in a handle. */
export function generationOfHandle(handle: number): number {
  return (handle - (handle >>> 0)) / ID_SPAN;
}
