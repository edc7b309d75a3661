// Random numbers as a function of (stream, entity, draw index), without an object per entity.
//
// Nobody's draws move when someone else draws more, fewer or in another order: two strategies, or
// two worker counts, meet exactly the same world.

import { AssertionError } from "./assert.ts";
import type { EntityHash } from "./hash-text.ts";
import { seededStream } from "./random-stream.ts";
import { lastSecondWord, threefry2x32 } from "./threefry.ts";

// Counter layout: the lower 32 bits of the entity's hash in the first word; its upper 21 bits and
// the lower 11 of the draw index in the second. Higher bits of the draw index change the key, so
// (entity, draw index) never meets another pair in the same block.
const INDEX_BITS = 11;
const INDEX_MASK = 2 ** INDEX_BITS - 1;
const UPPER_SCALE = 2 ** 32;

/** The draws of every entity for one purpose in one replication. */
export class EntityDraws {
  private readonly key0: number;
  private readonly key1: number;
  private readonly isOpposed: boolean;

  /**
   * `name` as made by `streamName`; the key is the first 64 bits of that stream. Opposed draws are 1
   * minus those of the same name: low where they are high.
   */
  constructor(name: string, isOpposed: boolean = false) {
    this.isOpposed = isOpposed;
    const stream = seededStream(name);
    this.key0 = stream.nextUint32() | 0;
    this.key1 = stream.nextUint32() | 0;
  }

  /**
   * Draw number `drawIndex` (below 2 ** 32) of `entity`: strictly between 0 and 1, an odd multiple
   * of 2 ** -53, so that 1 minus it is exact and as good (antithetic pairs).
   */
  unit(entity: EntityHash, drawIndex: number): number {
    if (!(Number.isSafeInteger(entity) && entity >= 0)) {
      throw new AssertionError(`Not the hash of an entity: ${entity}`);
    }
    if (drawIndex >>> 0 !== drawIndex) {
      throw new AssertionError(`Not a draw index: ${drawIndex}`);
    }
    const count1 = ((entity / UPPER_SCALE) << INDEX_BITS) | (drawIndex & INDEX_MASK);
    const key1 = (this.key1 + (drawIndex >>> INDEX_BITS)) | 0;
    const upper = threefry2x32(this.key0, key1, entity | 0, count1);
    const unit = (upper * 2 ** 20 + (lastSecondWord() >>> 12) + 0.5) * 2 ** -52;
    return this.isOpposed ? 1 - unit : unit;
  }
}
